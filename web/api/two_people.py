"""What is proposed about a task before a second person agrees (两人决定, decision 60)."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import Conflict
from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from domain.two_people import PROPOSAL_HOLDS, TWO_PEOPLE
from runtime.four_eyes import tasks_need_two
from storage.tasks.proposals import open_proposal, propose_outcome
from storage.tasks.rows import TaskRow
from web.foundation.context import Context
from web.views.wording import OUTCOMES


def two_agree(ctx: Context, kind: TaskKind, outcome: TaskOutcome) -> bool:
    """Whether a second person has to confirm this outcome of a task."""
    settings = ctx.settings
    return (kind, outcome) in TWO_PEOPLE and tasks_need_two(settings.four_eyes, played=settings.sandbox)


def check_free(session: Session, row: TaskRow, outcome: TaskOutcome, by: str, now: datetime) -> None:
    """Nothing where no proposal waits, or where its proposer says the same again.

    Raises:
        Conflict: one waits, which is settled first (`PROPOSAL_OPEN`).
    """
    waits = open_proposal(session, row.id, now)
    if waits is None or (waits.proposed_by, waits.outcome) == (by, outcome):
        return
    said = OUTCOMES[TaskOutcome(waits.outcome)]
    raise Conflict(f"{waits.proposed_by} 已提出“{said}”，请先复核、退回或由他收回", code="PROPOSAL_OPEN")


def put_forward(session: Session, ctx: Context, row: TaskRow, outcome: TaskOutcome, reason: str, by: str) -> None:
    """Propose an outcome for a task, which is locked; what is proposed already stays as it was said first."""
    now = ctx.now()
    if open_proposal(session, row.id, now) is None:
        until = now + PROPOSAL_HOLDS / ctx.settings.time_scale
        propose_outcome(session, row.id, outcome, reason, by=by, now=now, until=until)
