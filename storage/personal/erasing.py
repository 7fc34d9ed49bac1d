"""Erasing what is personal of a case in its tables (个人信息删除), as registry.toml says: row by row, column by column.

What is sealed is written over by something sealed that says nothing, so that every reader goes on; rows that are
nothing but personal are deleted. The skeleton stays, and so does the audit trail, which holds nobody's data. What lies
elsewhere (old versions of rows, journals, copies) ends with the case's key (`storage.case_keys`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import Column, ColumnElement, Table, delete, null, or_, select, update
from sqlalchemy.orm import Session

from domain.dossier import ERASED_NAME, Consent, Dossier
from domain.errors import Misconfigured
from domain.inbound import EventPayload, InboundMessage
from domain.outbound import Person
from domain.terms import ApplicantType, IdType
from storage.base import Base
from storage.cases.applicant_keys import forgotten_key
from storage.exchange.southwest import OutBatchState
from storage.personal.registry import Entries, Link, registry
from storage.sealed_types import belonging_to
from storage.sealing import Sealer

NOTHING: Final = b"{}"
"""What lies sealed where something was: whoever reads JSON finds none."""
_OVER: Final = (OutBatchState.CONFIRMED, OutBatchState.VOID)


class _Ending(NamedTuple):
    """Whose data end now."""

    sealer: Sealer
    case_no: str
    now: datetime


_Over = Callable[[_Ending, Mapping[str, Any]], bytes]


def erase_rows(session: Session, sealer: Sealer, case_no: str, now: datetime) -> None:
    """Erase everything personal of a case in all tables, in the caller's writing transaction; again without harm.

    What is left is sealed with the key that seals for the case now.
    """
    ending = _Ending(sealer, case_no, now)
    for entries in registry().tables.values():
        if entries.of is None:
            continue
        table = _table(entries.name)
        mine = _of_case(table, entries.of, case_no)
        if entries.deleted:
            session.execute(delete(table).where(mine))
        else:
            _write_over(session, ending, table, entries, mine)


@contextmanager
def thoroughly(session: Session) -> Iterator[None]:
    """What is deleted or written over within the block is overwritten in the file too (SQLite)."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
        session.flush()
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _of_case(table: Table, link: Link, case_no: str) -> ColumnElement[bool]:
    """Which rows of a table belong to the case."""
    handling, leg, task, exchange, row = map(_table, ("handling", "leg", "task", "exchange", "southwest_row_out"))
    handlings = select(handling.c.handling_no).where(handling.c.case_no == case_no)
    match link:
        case Link.CASE:
            return table.c.case_no == case_no
        case Link.HANDLING:
            return table.c.handling_no.in_(handlings)
        case Link.LEG:
            return table.c.leg_id.in_(select(leg.c.leg_id).where(leg.c.case_no == case_no))
        case Link.CLAIM:
            claim = _table("claim")
            return table.c.claim_id.in_(select(claim.c.claim_id).where(claim.c.case_no == case_no))
        case Link.MATTER:
            return _matters(table, case_no)
        case Link.TASK:
            return table.c.task_id.in_(select(task.c.id).where(_matters(task, case_no)))
        case Link.PLACE:
            bodies = select(exchange.c.body).where(exchange.c.handling_no.in_(handlings), exchange.c.body.is_not(None))
            return table.c.place.in_(bodies)
        case Link.BATCH:  # one that may be asked for again stays as it is
            batches = select(row.c.batch_id).where(row.c.handling_no.in_(handlings), row.c.batch_id.is_not(None))
            return table.c.id.in_(batches) & table.c.state.in_(_OVER)


def _matters(task: Table, case_no: str) -> ColumnElement[bool]:
    """Tasks of the case, of its handlings and of its parcels: not each names the case."""
    handling, leg = _table("handling"), _table("leg")
    handlings = select(handling.c.handling_no).where(handling.c.case_no == case_no)
    legs = select(leg.c.leg_id).where(leg.c.case_no == case_no)
    return or_(task.c.case_no == case_no, task.c.handling_no.in_(handlings), task.c.leg_id.in_(legs))


def _write_over(session: Session, ending: _Ending, table: Table, entries: Entries, mine: ColumnElement[bool]) -> None:
    columns = [table.c[name] for name in registry().erased(entries)]
    for row in session.execute(select(table).where(mine)).mappings().all():
        fresh = {column.name: _instead(ending, column, entries, dict(row)) for column in columns}
        of_row = [column == row[column.name] for column in table.primary_key.columns]
        session.execute(update(table).where(*of_row).values(fresh))


def _instead(
    ending: _Ending, column: Column[Any], entries: Entries, row: Mapping[str, Any]
) -> ColumnElement[Any] | bytes | str | dict[str, Any]:
    """What stands in a column afterwards."""
    over = _WRITTEN_OVER.get((entries.name, column.name))
    if over is not None:
        return over(ending, row)
    kept, dropped = row[column.name], entries.drops.get(column.name)
    if dropped is not None and kept is not None:
        left: dict[str, Any] = {name: value for name, value in kept.items() if name not in dropped}
        return belonging_to(ending.case_no, left)  # type: ignore[no-any-return]
    if column.name in entries.places and kept:
        return ending.sealer.seal(NOTHING, entries.places[column.name].format_map(row), of=ending.case_no)
    return null() if column.nullable else belonging_to(ending.case_no, "")


def _dossier(ending: _Ending, row: Mapping[str, Any]) -> bytes:
    place = f"case/{row['case_no']}"
    try:
        kept = Dossier.model_validate_json(ending.sealer.open(row["dossier"], place))
    except (Misconfigured, InvalidTag):  # its key is gone: nobody reads it any more
        nobody = Person(type=ApplicantType.PERSONAL, name="", id_type=IdType.RESIDENT, id_number="", phone="")
        kept = Dossier(applicant=nobody, consent=Consent(version="", accepted=True))
    return ending.sealer.seal(kept.erased(ending.now).model_dump_json().encode(), place)


def _face(ending: _Ending, row: Mapping[str, Any]) -> bytes:
    return ending.sealer.seal(ERASED_NAME.encode(), f"face/{row['case_no']}")


def _key(ending: _Ending, row: Mapping[str, Any]) -> bytes:
    return forgotten_key(ending.sealer, row["case_no"])


def _message(ending: _Ending, row: Mapping[str, Any]) -> bytes:
    """That it was said, by whom and when; nothing of what it said."""
    place = f"inbox/{row['sender']}/{row['message_id']}"
    try:
        said = InboundMessage.model_validate_json(ending.sealer.open(row["message"], place))
    except (Misconfigured, InvalidTag):
        return ending.sealer.seal(NOTHING, place, of=ending.case_no)
    left = EventPayload(
        round=said.payload.round,
        deadline_workdays=said.payload.deadline_workdays,
        extended_workdays=said.payload.extended_workdays,
        deemed=said.payload.deemed,
    )
    emptied = said.model_copy(update={"content": b"", "payload": left})
    return ending.sealer.seal(emptied.model_dump_json().encode(), place, of=ending.case_no)


_WRITTEN_OVER: Final[Mapping[tuple[str, str], _Over]] = {
    ("case_file", "dossier"): _dossier,
    ("case_face", "name"): _face,
    ("applicant_key", "sealed"): _key,
    ("inbox", "message"): _message,
}
"""(table, column) → what is written over it, where readers need more than nothing."""
