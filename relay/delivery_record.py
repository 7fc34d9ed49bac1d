"""What became of a delivery, recorded: when it is delivered again, and who gets a task where nobody takes it."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from domain.matters import End
from domain.naming import case_no_of
from domain.tasks import TaskKind
from relay.pending_updates import UNDELIVERED, PendingUpdate, pause
from relay.rejected_updates import report_rejected
from relay.update_delivery import Answer, Delivery
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.pending_updates import UpdateRow
from storage.tasks.rows import open_task, settle_kinds

MAX_REFUSALS = 5
_OUTCOME_UNKNOWN = ("TIMEOUT", "DEADLINE_EXCEEDED", "CANCELLED")
"""The Update was sent, and what became of it was not heard: repeated under its id, it counts once."""

log = structlog.get_logger(__name__)


def note(session: Session, one: PendingUpdate, answer: Answer, now: datetime) -> bool:
    """Record what became of one delivery. True: settled, so that the next Update of its workflow may follow.

    `now`: aware. An authority's message that is dead (CLOSED, or `MAX_REFUSALS` refusals) opens a task for an operator;
    any other Update that is refused for good goes to `relay.rejected_updates`.
    """
    settled = _note_message(session, one, answer, now) if one.message else _note_update(session, one, answer, now)
    case_no = case_no_of(one.workflow_id)
    if answer.opened and case_no is not None:
        settle_kinds(session, [TaskKind.CASE_BROKEN], now, End.GOES_ON, case_no=case_no)  # somebody listens again
    return settled


def _note_message(session: Session, one: PendingUpdate, answer: Answer, now: datetime) -> bool:
    """An outage counts for nothing; five refusals by its case, or a case that is closed for good, make it dead."""
    row = session.get_one(InboxRow, one.row_id, with_for_update=True)
    if row.state not in UNDELIVERED:
        return True  # by another process
    row.error = answer.code or None
    row.attempts += 1
    row.refusals += answer.delivery is Delivery.REFUSED
    row.due_at = _again_at(answer, row.attempts, now)
    if answer.delivery is Delivery.TAKEN:
        row.state = InboxState.APPLIED
    elif answer.delivery is Delivery.CLOSED or row.refusals >= MAX_REFUSALS:
        row.state = InboxState.DEAD
        _open_task_of_operator(session, row, now)
    elif answer.code in _OUTCOME_UNKNOWN:
        row.state = InboxState.DELIVERED
    return row.state not in UNDELIVERED


def _note_update(session: Session, one: PendingUpdate, answer: Answer, now: datetime) -> bool:
    row = session.get_one(UpdateRow, one.row_id, with_for_update=True)
    if row.delivered_at is not None:
        return True
    row.attempts += 1
    row.refusal = None if answer.delivery is Delivery.TAKEN else answer.code
    if answer.delivery not in (Delivery.TAKEN, Delivery.REFUSED, Delivery.CLOSED):
        row.due_at = _again_at(answer, row.attempts, now)
        return False
    row.delivered_at, row.due_at = now, None
    if answer.delivery is not Delivery.TAKEN:
        report_rejected(session, row, now)
    return True


def _again_at(answer: Answer, tries: int, now: datetime) -> datetime | None:
    match answer.delivery:
        case Delivery.REFUSED:
            return now + pause(tries)
        case Delivery.AWAY if (
            answer.code in _OUTCOME_UNKNOWN
        ):  # this one hangs; where the server is away, all are alike
            return now + pause(tries)
        case Delivery.MISSING:
            return now + pause(tries, missing=True)
        case _:
            return None


def _open_task_of_operator(session: Session, row: InboxRow, now: datetime) -> None:
    log.error("message_dead", sender=row.sender, message_id=row.message_id, code=row.error)
    open_task(
        session,
        key=f"dead/{row.sender}/{row.message_id}",
        kind=TaskKind.UNDELIVERABLE_EVENT,
        case_no=row.case_no,
        handling_no=row.handling_no,
        now=now,
        data=row.facts,
    )
