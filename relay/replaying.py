"""Replay (重放): an operator lets a dead message be told, or judged, once more; the Update's id keeps it single."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from storage.cases import lock_handling
from storage.exchange import note_security_event
from storage.inbox import Inbox
from storage.inbox_row import InboxRow, InboxState


def replay(session: Session, inbox: Inbox, row_id: int, *, by: str, now: datetime) -> InboxState:
    """Returns the message's new state; the relay does the rest. Leaves a security event that names who asked.

    Raises:
        NotFound: no such message.
        Conflict: it is not dead, or its case has still not come.
    """
    row = session.get(InboxRow, row_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条消息", code="MESSAGE_UNKNOWN")
    if row.state != InboxState.DEAD:
        raise Conflict("这条消息不需要重放", code="MESSAGE_NOT_DEAD")
    if row.update is not None:
        row.state, row.attempts, row.error = InboxState.NEW, 0, None
    else:
        _judge_anew(session, inbox, row, now)
    note_security_event(session, "operator", "INBOX_REPLAY", now, handling_no=row.handling_no, detail=by)
    return InboxState(row.state)


def _judge_anew(session: Session, inbox: Inbox, row: InboxRow, now: datetime) -> None:
    """It was given up because its case did not come in time; perhaps it has come since."""
    if lock_handling(session, row.handling_no) is None:
        raise Conflict("办件仍未登记，暂时不能重放", code="CASE_UNKNOWN")
    row.state, row.error = InboxState.PARKED, None
    session.flush()
    inbox.adopt(session, row.handling_no, now)
