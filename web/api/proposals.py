"""`/handlings/{no}/proposals`: decisions that a second officer confirms or sends back (四眼, decision 44)."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.inbound import IntakeOutcome
from domain.wire import Verdict, judge
from storage.cases.proposals import ProposalEnd, ProposalRow, finish
from storage.cases.rows import HandlingRow
from web.answers.handlings import ProposalEnded
from web.api.decisions import in_its_round, locked, moved_on, said_in, take
from web.foundation.context import Ctx
from web.foundation.request_schemas import DecisionRequest, RequestSchema
from web.security.session import Officer
from web.views.officer_words import already_said

router = APIRouter(prefix="/api/v1/handlings", tags=["审批"])


class ReturnRequest(RequestSchema):
    """`POST …/return`. `reason`: what is to be mended, for its proposer."""

    reason: str = Field(min_length=2, max_length=300)


@router.post(
    "/{handling_no}/proposals/{proposal_id}/confirm",
    status_code=202,
    operation_id="confirmProposal",
    response_model=ProposalEnded,
)
def confirm(handling_no: str, proposal_id: int, officer: Officer, ctx: Ctx) -> dict[str, Any]:
    """A second officer agrees, and the decision is said. Again by the same officer: no second effect.

    Refused: 404 HANDLING_UNKNOWN, PROPOSAL_UNKNOWN; 409 SAME_OFFICER, PROPOSAL_ENDED, TRANSITION (what was proposed
    can't be said any more, and is void).
    """
    with ctx.database.write() as session:
        handling = locked(session, handling_no)
        row = _of(session, handling, proposal_id)
        if _ended(row, ProposalEnd.CONFIRMED, officer.username):
            return _answer(row)
        if row.proposed_by == officer.username:
            raise Conflict("复核须由另一名审批人员进行", code="SAME_OFFICER")
        said = said_in(DecisionRequest.model_validate_json(row.decision(ctx.sealer)), row.proposed_by)
        before = already_said(session, ctx, handling)
        now = ctx.now()
        fits = judge(handling.progress, said.event, None, in_its_round(handling, said).round) is Verdict.APPLIED
        if fits:
            taken = take(session, ctx, handling, said, key=f"proposal-{row.id}")
            fits = taken.outcome is IntakeOutcome.JUDGED and taken.verdict is Verdict.APPLIED
        finish(
            ctx.sealer, handling, row, ProposalEnd.CONFIRMED if fits else ProposalEnd.OVERTAKEN,
            by=officer.username, now=now,
        )  # fmt: skip
        answer = _answer(row)
    if not fits:
        raise moved_on(before)
    ctx.notify()
    return answer


@router.post(
    "/{handling_no}/proposals/{proposal_id}/return", operation_id="returnProposal", response_model=ProposalEnded
)
def send_back(handling_no: str, proposal_id: int, given: ReturnRequest, officer: Officer, ctx: Ctx) -> dict[str, Any]:
    """Sent back by a second officer, or recalled by its own proposer; nothing is said. Again: no second effect.

    Refused: 404 HANDLING_UNKNOWN, PROPOSAL_UNKNOWN; 409 PROPOSAL_ENDED.
    """
    with ctx.database.write() as session:
        handling = locked(session, handling_no)
        row = _of(session, handling, proposal_id)
        own = row.proposed_by == officer.username
        end = ProposalEnd.RECALLED if own else ProposalEnd.RETURNED
        if not _ended(row, end, officer.username):
            finish(ctx.sealer, handling, row, end, by=officer.username, now=ctx.now(), reason=given.reason)
        return _answer(row)


def _of(session: Session, handling: HandlingRow, proposal_id: int) -> ProposalRow:
    row = session.get(ProposalRow, proposal_id)
    if row is None or row.handling_no != handling.handling_no:
        raise NotFound("没有这项待复核的决定", code="PROPOSAL_UNKNOWN")
    return row


def _ended(row: ProposalRow, wanted: ProposalEnd, officer: str) -> bool:
    """Whether it has this end already, by this officer. Raises Conflict (PROPOSAL_ENDED) for another end."""
    if row.outcome is None:
        return False
    if (row.outcome, row.ended_by) != (wanted, officer):
        raise Conflict(f"已由 {row.ended_by} 处理：{ProposalEnd(row.outcome).label}", code="PROPOSAL_ENDED")
    return True


def _answer(row: ProposalRow) -> dict[str, Any]:
    return {"handlingNo": row.handling_no, "proposalId": row.id, "event": row.event, "outcome": row.outcome}
