"""What was parked and waits too long: gaps that nothing has filled, cases of ours that did not come."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from domain.terms import Partner
from domain.troubles import Subject
from domain.wire import Verdict
from storage.base import Database
from storage.cases.rows import HandlingRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.row_isolation import RowIsolation
from storage.tasks.rows import open_task


def handlings_with_gaps(session: Session, partner: Partner, now: datetime) -> list[HandlingRow]:
    """Handlings whose early events have waited until `park_until`: the partner must be queried for their status."""
    early = select(InboxRow.handling_no).filter_by(sender=partner, state=InboxState.PARKED, verdict=Verdict.EARLY)
    waiting = HandlingRow.handling_no.in_(early.where(InboxRow.park_until <= now))
    return list(session.scalars(select(HandlingRow).where(waiting).order_by(HandlingRow.handling_no)))


def wait_longer(session: Session, handling_no: str, until: datetime) -> None:
    """Let the early events of a handling wait until `until`: a query failed, or brought nothing newer."""
    early = select(InboxRow).filter_by(handling_no=handling_no, state=InboxState.PARKED, verdict=Verdict.EARLY)
    for row in session.scalars(early):
        row.park_until = until


def give_up_parked(database: Database, now: datetime) -> int:
    """Mark messages dead whose case did not come within 72 h, with a task for an operator; returns how many.

    The task's key: `dead/{sender}/{message_id}`. Each in a transaction of its own.

    Raises:
        ExceptionGroup: of RowFailed, at the end, where some could not be written.
    """
    with database.read() as session:
        waited = list(session.scalars(_parked_too_long(now)))
    given_up, rows = 0, RowIsolation()
    for row in waited:
        with rows.each(Subject(key=f"{row.sender}/{row.message_id}", handling_no=row.handling_no)):
            given_up += _give_up(database, row.id, now)
    rows.report()
    return given_up


def _parked_too_long(now: datetime) -> Select[InboxRow]:
    return select(InboxRow).filter_by(state=InboxState.PARKED, verdict=None).where(InboxRow.park_until <= now)


def _give_up(database: Database, row_id: int, now: datetime) -> bool:
    """Not where its case has come in this very moment."""
    with database.write() as session:
        row = session.scalar(_parked_too_long(now).filter_by(id=row_id).with_for_update(skip_locked=True))
        if row is None:
            return False
        row.state, row.error = InboxState.DEAD, "CASE_NEVER_CAME"
        key = f"dead/{row.sender}/{row.message_id}"
        open_task(
            session, key=key, kind=TaskKind.UNDELIVERABLE_EVENT, handling_no=row.handling_no, now=now, data=row.facts
        )
        return True
