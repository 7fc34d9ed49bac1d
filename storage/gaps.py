"""What was parked and waits too long: gaps that nothing has filled, cases of ours that did not come."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from domain.terms import Partner
from domain.wire import Verdict
from storage.cases import HandlingRow
from storage.inbox_row import InboxRow, InboxState
from storage.tasks import open_task


def handlings_with_gaps(session: Session, partner: Partner, now: datetime) -> list[HandlingRow]:
    """Handlings whose early events have waited long enough: their status must be asked for."""
    early = select(InboxRow.handling_no).filter_by(sender=partner, state=InboxState.PARKED, verdict=Verdict.EARLY)
    waiting = HandlingRow.handling_no.in_(early.where(InboxRow.park_until <= now))
    return list(session.scalars(select(HandlingRow).where(waiting).order_by(HandlingRow.handling_no)))


def wait_longer(session: Session, handling_no: str, until: datetime) -> None:
    """The authority could not be asked, or says nothing newer: its early events wait on."""
    early = select(InboxRow).filter_by(handling_no=handling_no, state=InboxState.PARKED, verdict=Verdict.EARLY)
    for row in session.scalars(early):
        row.park_until = until


def give_up_parked(session: Session, now: datetime) -> int:
    """Messages whose case did not come within 72 h are dead, and an operator hears of it; how many."""
    parked = select(InboxRow).filter_by(state=InboxState.PARKED, verdict=None).where(InboxRow.park_until <= now)
    waited = list(session.scalars(parked.with_for_update(skip_locked=True)))
    for row in waited:
        row.state, row.error = InboxState.DEAD, "CASE_NEVER_CAME"
        key = f"dead/{row.sender}/{row.message_id}"
        open_task(session, key=key, kind=TaskKind.UNDELIVERABLE_EVENT, handling_no=row.handling_no, now=now)
    return len(waited)
