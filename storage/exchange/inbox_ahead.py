"""What the inbox looks at before it judges, read for many messages of one sender at once, their handlings locked."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from domain.inbound import InboundMessage
from storage.cases.rows import HandlingRow
from storage.exchange.inbox_row import CITY, InboxRow, InboxState


class Awaited(NamedTuple):
    """The handling that a new message is about, locked, and what is parked for it."""

    handling: HandlingRow
    parked: list[InboxRow]


def look_ahead(session: Session, messages: Sequence[InboundMessage]) -> dict[str, Awaited]:
    """Message id → what it is about, of those messages that are new and about a handling of their sender's.

    `messages`: of one sender, each about another handling. Two statements.
    """
    if not messages:
        return {}
    numbers, ids = [said.handling_no for said in messages], [said.message_id for said in messages]
    # In the order of their numbers: two who want the same wait for each other only.
    locked = select(HandlingRow).where(HandlingRow.handling_no.in_(numbers)).order_by(HandlingRow.handling_no)
    handlings = {row.handling_no: row for row in session.scalars(locked.with_for_update())}
    sender = messages[0].partner or CITY
    same = and_(InboxRow.sender == sender, InboxRow.message_id.in_(ids))
    waits = and_(InboxRow.handling_no.in_(numbers), InboxRow.state == InboxState.PARKED)
    rows = list(session.scalars(select(InboxRow).where(or_(same, waits)).order_by(InboxRow.seq, InboxRow.id)))
    known = {row.message_id for row in rows if row.sender == sender}
    return {
        said.message_id: Awaited(handlings[said.handling_no], [row for row in rows if _waits_for(row, said)])
        for said in messages
        if said.message_id not in known and _is_of(handlings.get(said.handling_no), said)
    }


def _is_of(handling: HandlingRow | None, said: InboundMessage) -> bool:
    return handling is not None and handling.partner == (said.partner and said.partner.value)


def _waits_for(row: InboxRow, said: InboundMessage) -> bool:
    return row.handling_no == said.handling_no and row.state == InboxState.PARKED
