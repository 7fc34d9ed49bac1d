"""What a desk of one network lists (合作方): open handlings by state, clocks on either side, what did not go well."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, exists, func, select, text
from sqlalchemy.orm import Session

from domain.messages import Responsible
from domain.terms import OUTCOMES, CaseStatus, Partner
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.cases.tallies import Tally, tallies
from storage.exchange.exchange_log import ExchangeBodyRow, ExchangeRow
from storage.exchange.inbox_row import InboxRow, InboxState, associated_data_of
from storage.exchange.outbox import CommandRow, CommandState, command_place
from storage.keyset import AnySelect, Segment, partial_index
from storage.sealing import Sealer

GOOD: Final = ("OK", "0000", "00", "000000000000", "DUPLICATE", "APPLIED", "EARLY", "LATE", "EMPTY")
"""Verdicts after which nobody has to do anything."""

_NOT_GOOD: Final = f"verdict NOT IN ({', '.join(repr(verdict) for verdict in GOOD)})"

partial_index("ix_inbox_dead", InboxRow.sender, InboxRow.received_at, where=f"state = '{InboxState.DEAD}'")
_RUNNING: Final = (DeadlineRow.responsible, DeadlineRow.due_at, DeadlineRow.id)
partial_index("ix_deadline_running", *_RUNNING, where="stopped_at IS NULL")
Index("ix_exchange_message", ExchangeRow.message_id, ExchangeRow.partner, ExchangeRow.direction)
partial_index("ix_exchange_not_good", ExchangeRow.partner, ExchangeRow.id, where=_NOT_GOOD)
_BY_STATUS: Final = (HandlingRow.partner, HandlingRow.status, HandlingRow.handling_no)
partial_index("ix_handling_partner_status", *_BY_STATUS, where="partner IS NOT NULL")


def not_good_list(partner: Partner) -> tuple[Segment, ...]:
    """Lines of the exchange log that did not end well, latest first."""
    where = (ExchangeRow.partner == partner, text(_NOT_GOOD))
    return (Segment(where=where, id=ExchangeRow.id, descending=True, numbered=True),)


def counted_by_status(session: Session, partner: Partner) -> dict[str, int]:
    """Handlings of a network by status; those with an outcome are left out."""
    kept = tallies(session, Tally.NETWORK)[Tally.NETWORK].items()
    found = {key.removeprefix(f"{partner}/"): count for key, count in kept if key.startswith(f"{partner}/")}
    return {status: count for status, count in found.items() if status not in OUTCOMES}


def status_list(partner: Partner, status: CaseStatus) -> tuple[Segment, ...]:
    """Handlings of a network in one status, by number, the newest first."""
    where = (HandlingRow.partner == partner, HandlingRow.status == status)
    return (Segment(where=where, id=HandlingRow.handling_no, descending=True),)


def clocks_of(
    session: Session, partner: Partner, parties: Collection[Responsible], limit: int
) -> list[tuple[DeadlineRow, HandlingRow, CaseRow]]:
    """Running clocks of a network's handlings for which one of `parties` is responsible, what ends soonest first.

    Looked for party by party, each in the order of its own index.
    """
    if not counted_by_status(session, partner):
        return []
    found = sorted(soon for party in parties for soon in _soonest(session, partner, party, limit))
    ids = [clock_id for _, clock_id in found[:limit]]
    rows = (
        select(DeadlineRow, HandlingRow, CaseRow)
        .join(HandlingRow, HandlingRow.handling_no == DeadlineRow.handling_no)
        .join(CaseRow, CaseRow.case_no == DeadlineRow.case_no)
        .where(DeadlineRow.id.in_(ids))
        .order_by(DeadlineRow.due_at, DeadlineRow.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(rows)]


def _soonest(session: Session, partner: Partner, party: Responsible, limit: int) -> list[tuple[datetime, int]]:
    """(end, id) of the clocks of one party that end first."""
    theirs = exists().where(HandlingRow.handling_no == DeadlineRow.handling_no, HandlingRow.partner == partner)
    query = select(DeadlineRow.due_at, DeadlineRow.id).where(text("stopped_at IS NULL"), theirs)
    some = query.where(DeadlineRow.responsible == party).order_by(DeadlineRow.due_at, DeadlineRow.id).limit(limit)
    return [(row[0], row[1]) for row in session.execute(some)]


def not_delivered(session: Session, partner: Partner, since: datetime, limit: int) -> int:
    """Messages of theirs since then that wait for a person on our side, `limit` at most."""
    dead = (InboxRow.sender == partner, text(f"state = '{InboxState.DEAD}'"), InboxRow.received_at >= since)
    return _up_to(session, limit, select(InboxRow.id).where(*dead))


def not_sent(session: Session, partner: Partner, since: datetime, until: datetime, limit: int) -> int:
    """Commands of ours from that time, not sent or refused, whose cases are open; `limit` at most."""
    waits = CommandRow.state.in_((CommandState.RENDERED, CommandState.REFUSED))
    ours = (CommandRow.partner == partner, CommandRow.rendered_at.between(since, until), waits)
    still_open = select(CommandRow.key).join(HandlingRow, HandlingRow.handling_no == CommandRow.handling_no)
    still_open = still_open.join(CaseRow, CaseRow.case_no == HandlingRow.case_no).where(CaseRow.closed_at.is_(None))
    return _up_to(session, limit, still_open.where(*ours))


def attempts_of(session: Session, line: ExchangeRow, limit: int) -> Sequence[ExchangeRow]:
    """Every line about the same message, the first one first; the line alone where it has no id."""
    if not line.message_id:
        return [line]
    same = select(ExchangeRow).filter_by(partner=line.partner, direction=line.direction, message_id=line.message_id)
    return session.scalars(same.order_by(ExchangeRow.id).limit(limit)).all()


def counted_attempts(session: Session, partner: Partner, message_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """(direction, message id) → how many lines there are."""
    wanted = (ExchangeRow.partner == partner, ExchangeRow.message_id.in_([one for one in message_ids if one]))
    columns = (ExchangeRow.direction, ExchangeRow.message_id)
    found = session.execute(select(*columns, func.count()).where(*wanted).group_by(*columns))
    return {(direction, message_id): count for direction, message_id, count in found}


def kept_body(session: Session, sealer: Sealer, line: ExchangeRow) -> bytes | None:
    """The bytes of a line, opened: of a message, a command, or beside the log; None for files and batches."""
    place = line.body or ""
    row: Any
    if place == associated_data_of(line.partner, line.message_id):
        row = session.scalar(select(InboxRow).filter_by(sender=line.partner, message_id=line.message_id))
        return sealer.open(row.raw, place) if row is not None else None
    if place == command_place(line.message_id):
        row = session.get(CommandRow, line.message_id)
        return sealer.open(row.content, place) if row is not None else None
    row = session.get(ExchangeBodyRow, place)
    return sealer.open(row.sealed, place) if row is not None else None


def message_of(session: Session, line: ExchangeRow) -> InboxRow | CommandRow | None:
    """The message or the command that a line is about; None where it is about neither."""
    if line.direction == "out":
        return session.get(CommandRow, line.message_id)
    return session.scalar(select(InboxRow).filter_by(sender=line.partner, message_id=line.message_id))


def _up_to(session: Session, limit: int, found: AnySelect) -> int:
    return session.scalar(select(func.count()).select_from(found.limit(limit).subquery())) or 0
