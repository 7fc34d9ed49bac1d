"""`/handlings`: the officer who decides in-city matters, through the same events as any authority (decisions.md 7)."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from sqlalchemy.orm import Session

from domain.errors import Conflict
from domain.wire import Verdict, judge
from storage.cases.holdings import hold
from storage.cases.proposals import ProposalRow, propose, with_key
from storage.cases.rows import HandlingRow
from storage.cases.within import handlings_within
from storage.keyset import narrowed, read_page
from storage.officer_queue import officer_list
from web.answers.handlings import DecisionTaken, HandlingList
from web.api.decisions import (
    Said,
    bind_result,
    check_taken,
    in_its_round,
    is_known,
    locked,
    moved_on,
    said_in,
    take,
    two_decide,
)
from web.foundation.context import Context, Ctx
from web.foundation.paging import After, mark_of, token_of
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import DecisionRequest
from web.security.session import Officer
from web.views.handlings import WITH_ITEM, handling_shown
from web.views.officer_words import already_said

router = APIRouter(prefix="/api/v1/handlings", tags=["审批"])


@router.get("", operation_id="listHandlings", response_model=HandlingList)
def queue(
    officer: Officer,
    ctx: Ctx,
    mine: bool = False,
    after: After = None,
    size: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """In-city handlings of the caller's departments, by the law's deadlines: the undecided, then what is to be
    dispatched.

    `mine`: undecided ones only. `next`: the page after this one. Refused: 422 CURSOR.
    """
    with ctx.database.read() as session:
        listed = narrowed(officer_list(undecided_only=mine), handlings_within(officer))
        page = read_page(session, WITH_ITEM, listed, size=size, after=mark_of(after))
        with ctx.reference_data.one_calendar():
            shown = [handling_shown(session, ctx, row) for row in page.rows]
        return {"handlings": shown, "next": token_of(page.next)}


@router.post("/{handling_no}/decisions", status_code=202, operation_id="decideHandling", response_model=DecisionTaken)
def decide(
    handling_no: str,
    decision: DecisionRequest,
    officer: Officer,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> dict[str, Any]:
    """One event about an in-city handling, said by its officer; it counts as an authority's of any network does.

    What two officers decide (setting FOUR_EYES) is only proposed by this: `proposalId` says so, and another confirms.
    Who says something has the handling from now on. Again with the same key: no second effect.
    Refused: 404 HANDLING_UNKNOWN; 409 TRANSITION, HELD, PROPOSAL_OPEN; 422 EVENT_UNKNOWN, INVALID, SUPPLEMENT_TWICE,
    DOCUMENT_UNKNOWN, IDEMPOTENCY_KEY_REUSED.
    """
    said = said_in(decision, officer.username)
    with ctx.database.write() as session:
        handling = locked(session, handling_no)
        proposed = with_key(session, handling_no, key)
        if proposed is None and not is_known(session, handling_no, key):
            _check_free(handling, officer.username)
            if decision.seen not in (None, handling.applied_count):
                raise moved_on(already_said(session, ctx, handling))
            hold(session, ctx.sealer, handling, officer.username, by=officer.username, now=ctx.now(), reason="")
            if two_decide(ctx, said.event):
                proposed = _propose(session, ctx, handling, said, key)
        if proposed is not None:
            return _proposed(proposed, said.content == proposed.decision(ctx.sealer))
        taken = take(session, ctx, handling, said, key=key)
        before = "" if taken.verdict is Verdict.APPLIED else already_said(session, ctx, handling)
    check_taken(taken, before)
    ctx.notify()
    received_at = taken.received_at.isoformat()
    return {"handlingNo": handling_no, "event": said.event, "receivedAt": received_at, "proposalId": None}


def _propose(session: Session, ctx: Context, handling: HandlingRow, said: Said, key: str) -> ProposalRow:
    round_ = in_its_round(handling, said).round
    if judge(handling.progress, said.event, None, round_) is not Verdict.APPLIED:
        raise moved_on(already_said(session, ctx, handling))
    now = ctx.now()
    bind_result(session, handling, said, now)
    return propose(session, ctx.sealer, handling, key=key, event=said.event, content=said.content, by=said.by, now=now)


def _proposed(row: ProposalRow, same: bool) -> dict[str, Any]:
    if not same:
        raise Unprocessable("同一个幂等键不能用于不同的内容", code="IDEMPOTENCY_KEY_REUSED")
    return {
        "handlingNo": row.handling_no,
        "event": row.event,
        "receivedAt": row.proposed_at.isoformat(),
        "proposalId": row.id,
    }


def _check_free(handling: HandlingRow, officer: str) -> None:
    """What a colleague has is taken over first, and what waits for a second officer is settled first."""
    if handling.held_by not in (None, officer):
        told = f"这件由 {handling.held_by} 办理，需要时请先接手并说明理由"
        raise Conflict(told, code="HELD")
    if handling.proposal_id is not None:
        raise Conflict("这件有一项决定在等复核，请先复核、退回或收回", code="PROPOSAL_OPEN")
