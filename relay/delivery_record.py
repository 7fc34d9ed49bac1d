"""What became of a delivery, recorded: when it is delivered again, and who gets a task where nobody takes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy import select, update
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

_Row = TypeVar("_Row", InboxRow, UpdateRow)

log = structlog.get_logger(__name__)


def note_all(session: Session, delivered: Sequence[tuple[PendingUpdate, Answer]], now: datetime) -> list[bool]:
    """Record what became of some deliveries. True for each: settled, so that the next of its workflow may follow.

    `now`: aware. An authority's message that is dead (CLOSED, or `MAX_REFUSALS` refusals) opens a task for an operator;
    any other Update that is refused for good goes to `relay.rejected_updates`.
    """
    heard = [one.row_id for one, answer in delivered if one.message and _is_plain(answer)]
    _note_heard(session, heard)
    left = [(one, answer) for one, answer in delivered if one.row_id not in heard or not one.message]
    messages = _locked(session, InboxRow, [one.row_id for one, _ in left if one.message])
    updates = _locked(session, UpdateRow, [one.row_id for one, _ in left if not one.message])
    with session.no_autoflush:  # all of it is written in one go at the end
        noted = {
            (one.message, one.row_id): _note(
                session, messages[one.row_id] if one.message else updates[one.row_id], one, answer, now
            )
            for one, answer in left
        }
    return [noted.get((one.message, one.row_id), True) for one, _ in delivered]


def _is_plain(answer: Answer) -> bool:
    return answer.delivery is Delivery.TAKEN and not answer.opened


def _note_heard(session: Session, ids: Sequence[int]) -> None:
    """The rule: messages that their cases have taken. One statement, and not read again before it."""
    if not ids:
        return
    heard = update(InboxRow).where(InboxRow.id.in_(ids), InboxRow.state.in_(UNDELIVERED))
    values = {"state": InboxState.APPLIED, "attempts": InboxRow.attempts + 1, "error": None, "due_at": None}
    session.execute(heard.values(values), execution_options={"synchronize_session": False})


def _locked(session: Session, table: type[_Row], ids: Sequence[int]) -> dict[int, _Row]:
    """In the order of their ids: two who want the same wait for each other only."""
    if not ids:
        return {}
    wanted = select(table).where(table.id.in_(ids)).order_by(table.id).with_for_update()
    return {row.id: row for row in session.scalars(wanted)}


def _note(session: Session, row: InboxRow | UpdateRow, one: PendingUpdate, answer: Answer, now: datetime) -> bool:
    if isinstance(row, InboxRow):
        settled = _note_message(session, row, answer, now)
    else:
        settled = _note_update(session, row, answer, now)
    case_no = case_no_of(one.workflow_id)
    if answer.opened and case_no is not None:
        settle_kinds(session, [TaskKind.CASE_BROKEN], now, End.GOES_ON, case_no=case_no)  # somebody listens again
    return settled


def _note_message(session: Session, row: InboxRow, answer: Answer, now: datetime) -> bool:
    """An outage counts for nothing; five refusals by its case, or a case that is closed for good, make it dead."""
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


def _note_update(session: Session, row: UpdateRow, answer: Answer, now: datetime) -> bool:
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
