"""Gaps in an authority's sequence that nothing has filled: found here, asked about by the relay."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.wire import Verdict
from storage.inbox import InboxRow, InboxState


def handlings_with_gaps(session: Session, now: datetime) -> list[str]:
    """Handlings whose early events have waited long enough: their status must be asked for."""
    early = select(InboxRow.handling_no).filter_by(state=InboxState.PARKED, verdict=Verdict.EARLY)
    return list(session.scalars(early.where(InboxRow.park_until <= now).distinct().order_by(InboxRow.handling_no)))


def wait_longer(session: Session, handling_no: str, until: datetime) -> None:
    """The authority could not be asked, or says nothing newer: its early events wait on."""
    early = select(InboxRow).filter_by(handling_no=handling_no, state=InboxState.PARKED, verdict=Verdict.EARLY)
    for row in session.scalars(early):
        row.park_until = until
