"""What an authority has said of the papers with its RESULT_SENT: what comes back, and what stays in its file."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.named_papers import NamedPaper
from domain.naming import CaseUpdate
from domain.terms import WireEvent
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow


class PapersSaidBack(Frozen):
    """Of one handling. `papers`, `kept`: None where the authority names none, () where it says that there are none.

    `tracking_no`, `seal_no`: of the parcel that brings them. `sent_at`: when it was sent, by the authority's word.
    """

    tracking_no: str | None
    seal_no: str | None
    papers: tuple[NamedPaper, ...] | None
    kept: tuple[NamedPaper, ...] | None
    sent_at: datetime


def papers_said_back(session: Session, inbox: Inbox, handling_no: str) -> PapersSaidBack | None:
    """The RESULT_SENT of this handling that took effect, opened; None before it has come."""
    sent = select(InboxRow).filter_by(
        handling_no=handling_no, event_name=WireEvent.RESULT_SENT, update_name=CaseUpdate.AUTHORITY_EVENT
    )
    row = session.scalar(sent.order_by(InboxRow.order.desc()).limit(1))
    if row is None:
        return None
    message = inbox.message_of(row)
    said = message.payload
    return PapersSaidBack(
        tracking_no=said.tracking_no,
        seal_no=said.seal_no,
        papers=said.papers,
        kept=said.kept,
        sent_at=message.occurred_at,
    )
