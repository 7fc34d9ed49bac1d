"""The exchange log's two bounds, on both databases: polls that brought nothing, and bodies with no other home."""

import hashlib
from datetime import timedelta

from sqlalchemy import func, select

from storage.base import Database
from storage.exchange.exchange_log import (
    BODIES_KEPT,
    EMPTY,
    ExchangeBodyRow,
    ExchangeRow,
    keep_body,
    note_exchange,
    note_poll,
)
from tests.unit.storage.casework import NOW, SEALER

BODY = '{"applicant":{"name":"张三"}}'.encode()


def line(verdict: str, partner: str = "southwest", at=NOW) -> ExchangeRow:
    sha256 = hashlib.sha256(BODY).hexdigest()
    return ExchangeRow(
        at=at, partner=partner, direction="out", kind="exch0002", message_id="c", verdict=verdict, sha256=sha256
    )


def counted(database: Database, table=ExchangeRow, **which) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**which)) or 0


def test_a_year_of_empty_polls_is_a_week_of_lines(database: Database):
    with database.write() as session:
        note_poll(session, line("OK"))
        note_exchange(session, line("SW900001"))
        note_poll(session, line(EMPTY, "interprovincial"))
        for hour in range(0, 365 * 24, 6):
            note_poll(session, line(EMPTY, at=NOW + timedelta(hours=hour)), keep=timedelta(days=7))
    assert counted(database, partner="southwest", verdict=EMPTY) == 7 * 4 + 1
    assert counted(database, partner="interprovincial") == 1  # another network's are its own affair
    assert counted(database, verdict="OK") == counted(database, verdict="SW900001") == 1  # what says something stays


def test_a_body_is_kept_once_sealed_and_for_half_a_year(database: Database):
    with database.write() as session:
        for _ in range(100):
            row = line("CY4091", "sichuan")
            keep_body(session, SEALER, row, BODY)
            note_exchange(session, row)
    with database.read() as session:
        (kept,) = session.scalars(select(ExchangeBodyRow))
        assert set(session.scalars(select(ExchangeRow.body))) == {kept.place}
    assert "张三".encode() not in kept.sealed
    assert SEALER.open(kept.sealed, kept.place) == BODY
    later = line("CY4001", "interprovincial", NOW + BODIES_KEPT + timedelta(seconds=1))
    with database.write() as session:
        keep_body(session, SEALER, later, b"x")
    assert counted(database, ExchangeBodyRow) == 1
