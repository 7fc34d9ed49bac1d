"""`/tasks/{id}/proposals`: what a second person confirms or sends back (两人决定, decision 60)."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.messages import TaskOutcome
from domain.tasks import RULES, TaskKind
from domain.two_people import ProposalEnding
from storage.people.users import LoggedIn
from storage.tasks.proposals import TaskProposalRow
from storage.tasks.rows import TaskRow, lines_of
from web.answers.tasks import TaskShown
from web.api.overtaken import task_changed, task_done
from web.api.tasks import locked_task, settle
from web.foundation.context import Context, Ctx
from web.foundation.request_schemas import RequestSchema
from web.security.session import TaskActor
from web.views.tasks import shown_tasks
from web.views.wording import PROPOSAL_ENDINGS

router = APIRouter(prefix="/api/v1/tasks", tags=["待办"])


class ConfirmRequest(RequestSchema):
    """`POST …/confirm`. `lines`: how many lines of the task were on the page; what has come since is read first."""

    lines: int | None = Field(default=None, ge=0)


class SendBackRequest(RequestSchema):
    """`POST …/return`. `reason`: why not, for its proposer."""

    reason: str = Field(min_length=2, max_length=300)


@router.post("/{task_id}/proposals/{proposal_id}/confirm", operation_id="confirmOutcome", response_model=TaskShown)
def confirm(task_id: str, proposal_id: int, given: ConfirmRequest, person: TaskActor, ctx: Ctx) -> dict[str, Any]:
    """A second person agrees, and the task is resolved as was proposed. Again by the same one: no second effect.

    Refused: 403 ROLE; 404 TASK_UNKNOWN, PROPOSAL_UNKNOWN; 409 SAME_PERSON, PROPOSAL_ENDED, TASK_DONE, TASK_CHANGED; or
    as the step that the outcome carries out refuses it.
    """
    with ctx.database.write() as session:
        row = locked_task(session, task_id, person)
        proposal = _of(session, row, proposal_id)
        if _ended(ctx, proposal, ProposalEnding.CONFIRMED, person):
            return shown_tasks(session, ctx, person, [row])[0]
        if proposal.proposed_by == person.username:
            raise Conflict("这是您自己提出的，须由另一个人复核", code="SAME_PERSON")
        if given.lines is not None and len(lines_of(session, [row.id]).get(row.id, [])) > given.lines:
            raise task_changed(shown_tasks(session, ctx, person, [row])[0], given.lines)
        void = row.resolved_at is not None or proposal.outcome not in RULES[TaskKind(row.kind)][2]
        proposal.finish(
            ProposalEnding.OVERTAKEN if void else ProposalEnding.CONFIRMED, ctx.now(), None if void else person.username
        )
        if not void:
            outcome, first = TaskOutcome(proposal.outcome), proposal.proposed_by
            settle(session, ctx, row, outcome, proposal.reason, first, second=person.username)
        session.flush()
        answer = shown_tasks(session, ctx, person, [row])[0]
    if void:
        raise task_done(row) if row.resolved_at is not None else _no_longer()
    ctx.notify()
    return answer


@router.post("/{task_id}/proposals/{proposal_id}/return", operation_id="returnOutcome", response_model=TaskShown)
def send_back(task_id: str, proposal_id: int, given: SendBackRequest, person: TaskActor, ctx: Ctx) -> dict[str, Any]:
    """Sent back by a second person, or recalled by its own proposer: the task is open again. Again: no second effect.

    Refused: 403 ROLE; 404 TASK_UNKNOWN, PROPOSAL_UNKNOWN; 409 PROPOSAL_ENDED.
    """
    with ctx.database.write() as session:
        row = locked_task(session, task_id, person)
        proposal = _of(session, row, proposal_id)
        own = proposal.proposed_by == person.username
        ending = ProposalEnding.RECALLED if own else ProposalEnding.RETURNED
        if not _ended(ctx, proposal, ending, person):
            proposal.finish(ending, ctx.now(), person.username, given.reason)
            session.flush()
        return shown_tasks(session, ctx, person, [row])[0]


def _of(session: Session, row: TaskRow, proposal_id: int) -> TaskProposalRow:
    proposal = session.get(TaskProposalRow, proposal_id)
    if proposal is None or proposal.task_id != row.id:
        raise NotFound("没有这项待复核的处理", code="PROPOSAL_UNKNOWN")
    return proposal


def _ended(ctx: Context, proposal: TaskProposalRow, wanted: ProposalEnding, person: LoggedIn) -> bool:
    """Whether it has this end already, by this person. Raises Conflict (PROPOSAL_ENDED) for another end."""
    ending = proposal.ending_at(ctx.now())
    if ending is None:
        return False
    if (ending, proposal.ended_by) != (wanted, person.username):
        by = f"由 {proposal.ended_by} " if proposal.ended_by else ""
        raise Conflict(f"这项处理已{by}{PROPOSAL_ENDINGS[ending]}", code="PROPOSAL_ENDED")
    return True


def _no_longer() -> Conflict:
    return Conflict("这个待办的情况已变，原来的处理不再适用，请重新处理", code="PROPOSAL_ENDED")
