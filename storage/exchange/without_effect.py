"""Messages that were acknowledged and had no effect: not delivered, given up, or without a line in the history."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.naming import CaseUpdate
from domain.tasks import TaskKind
from domain.terms import Partner, WireEvent
from storage.cases.rows import CaseEventRow
from storage.exchange.inbox_row import InboxRow, InboxState

SETTLED_WITHIN = timedelta(minutes=5)
"""What was acknowledged reaches its case within seconds; what is younger than this is no finding yet."""

_TRACES = frozenset({*WireEvent, TaskKind.CONTRADICTION, TaskKind.SAID_AFTER_END, TaskKind.COMMAND_REFUSED})


class WithoutEffect(Frozen):
    """One such message. `message_id` and `state` are those of its row in the inbox; `seq` None on B."""

    handling_no: str
    message_id: str
    event: str
    seq: int | None
    state: InboxState


def without_effect(session: Session, sender: Partner | None, begin: datetime, now: datetime) -> list[WithoutEffect]:
    """Messages without effect that came since `begin` and at least 5 minutes ago, by handling.

    From one network, or from all and our own officers (None).
    """
    query = select(InboxRow).where(InboxRow.received_at >= begin, InboxRow.received_at < now - SETTLED_WITHIN)
    query = query.where(InboxRow.update_name.is_not(None), _of(sender))
    found: list[WithoutEffect] = []
    told: dict[str, list[InboxRow]] = {}
    for row in session.scalars(query.order_by(InboxRow.handling_no, InboxRow.order)):
        if row.state == InboxState.APPLIED:
            told.setdefault(row.handling_no, []).append(row)
        else:
            found.append(_found(row))
    for handling_no, rows in told.items():
        found += [_found(row) for row in _untraced(session, handling_no, rows)]
    return found


def _of(sender: Partner | None) -> ColumnElement[bool]:
    return InboxRow.sender == sender if sender is not None else InboxRow.sender.is_not(None)


def _untraced(session: Session, handling_no: str, rows: list[InboxRow]) -> list[InboxRow]:
    """Each effect leaves its own kind in the history, or that of the task that asks a person about it."""
    kinds = select(CaseEventRow.kind).where(CaseEventRow.handling_no == handling_no, CaseEventRow.kind.in_(_TRACES))
    traces = Counter(session.scalars(kinds))
    missing = []
    for row in rows:
        own = TaskKind.CONTRADICTION if row.update_name == CaseUpdate.HOLD else row.event_name
        trace = next((kind for kind in (own, TaskKind.CONTRADICTION, TaskKind.SAID_AFTER_END) if traces[kind]), None)
        if trace is None:
            missing.append(row)
        else:
            traces[trace] -= 1
    return missing


def _found(row: InboxRow) -> WithoutEffect:
    return WithoutEffect(
        handling_no=row.handling_no,
        message_id=row.message_id,
        event=row.event_name,
        seq=row.seq,
        state=InboxState(row.state),
    )
