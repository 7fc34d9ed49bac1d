"""Replay (重放): an operator has a dead message delivered, or judged, once more; the Update's id keeps it single."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.matters import End
from storage.cases.rows import lock_handling
from storage.exchange.exchange_log import note_security_event
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.tasks.rows import settle_task


def replay(session: Session, inbox: Inbox, row_id: int, *, by: str, now: datetime) -> InboxState:
    """Take a dead message up again; returns its new state, NEW or what the judgement gives. The relay does the rest.

    `row_id`: of the inbox. `by`: the operator's user name, kept in the security event that this leaves.

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
        row.state, row.attempts, row.refusals, row.error, row.due_at = InboxState.NEW, 0, 0, None, None
    else:
        _judge_anew(session, inbox, row, now)
    settle_task(session, f"dead/{row.sender}/{row.message_id}", now, End.REPLAYED)
    note_security_event(session, "operator", "INBOX_REPLAY", now, handling_no=row.handling_no, detail=by)
    return InboxState(row.state)


def _judge_anew(session: Session, inbox: Inbox, row: InboxRow, now: datetime) -> None:
    """It was given up because its case did not come in time; perhaps it has come since."""
    if lock_handling(session, row.handling_no) is None:
        raise Conflict("办件仍未登记，暂时不能重放", code="CASE_UNKNOWN")
    row.state, row.error = InboxState.PARKED, None
    session.flush()
    inbox.adopt(session, row.handling_no, now)
