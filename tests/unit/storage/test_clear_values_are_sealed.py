"""Migration 0042 over rows in clear: the same values afterwards, sealed, and nothing left of what was in clear."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import JSON, Double, String, column, insert, select, table, text

from domain.errors import Misconfigured
from storage.base import Database, UtcDateTime
from storage.migrating import _config as config_of
from storage.migrating import migrate
from storage.parcels.legs import CourierRow
from storage.parcels.scans import ScanEventRow
from storage.parcels.suspensions import SuspensionRow
from storage.sealing import kid_of
from tests.sealing import SEALER

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LAT, LON, WHY, NOTE = 29.5412345678, 106.5187654321, "大坪正街发洪水", "狗很凶请先打电话"
_SCANS = 1003  # more than one page


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'k.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = Database(url, SEALER)
    config = config_of(database.engine)
    command.upgrade(config, "0042")
    command.downgrade(config, "0042-1")
    at = [column(name, UtcDateTime()) for name in ("from_at", "to_at", "declared_at")]
    suspended = table("suspension", column("reason", String()), column("by"), *at)
    courier = table("courier", *map(column, ("courier_id", "outlet_id", "on_duty")), column("lat", Double()),
                    column("lon", Double()))  # fmt: skip
    names = ("event_id", "source", "device_id", "device_seq", "said_id", "code", "kind", "actor", "clock_suspect",
             "second_approval", "payload_sha256")  # fmt: skip
    times = [column(name, UtcDateTime()) for name in ("occurred_at", "corrected_at", "recorded_at")]
    scan = table("scan_event", *map(column, names), column("payload", JSON()), *times)
    with database.engine.begin() as connection:
        when = dict.fromkeys(("from_at", "to_at", "declared_at"), NOW)
        connection.execute(insert(suspended).values(reason=WHY, by="s", **when))
        connection.execute(insert(courier).values(courier_id="c1", outlet_id="o", on_duty=True, lat=LAT, lon=LON))
        scans = [
            dict(zip(names, (f"e{n}", "device", "d", n, f"s{n}", "x", "LOST", "a", False, False, "h"), strict=True))
            | {"payload": {"note": NOTE, "n": n}}
            | dict.fromkeys(("occurred_at", "corrected_at", "recorded_at"), NOW)
            for n in range(_SCANS)
        ]
        connection.execute(insert(scan), scans)
    yield database
    database.close()


def test_values_are_the_same_and_sealed(before):
    migrate(before.engine)
    with before.read() as session:
        assert session.scalars(select(SuspensionRow.reason)).one() == WHY
        seen = session.get_one(CourierRow, "c1")
        assert (seen.lat, seen.lon) == (LAT, LON)
        payloads = session.scalars(select(ScanEventRow.payload).order_by(ScanEventRow.device_seq)).all()
        assert payloads == [{"note": NOTE, "n": n} for n in range(_SCANS)]
        raw = session.execute(text("SELECT payload FROM scan_event")).scalars().all()
        assert {kid_of(bytes(one)) for one in raw} == {"s1"}


def test_nothing_in_clear_is_left_in_the_files(before, tmp_path):
    if before.engine.dialect.name != "sqlite":
        return  # PostgreSQL's own vacuum takes it away
    migrate(before.engine)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("k.db*"))
    assert b"scan_event" in kept
    for words in (WHY, NOTE):
        assert words.encode() not in kept and words.encode("unicode_escape") not in kept


def test_it_can_be_taken_back(before):
    migrate(before.engine)
    config = config_of(before.engine)
    command.downgrade(config, "0042-1")
    with before.engine.connect() as connection:
        clear = table("suspension", column("reason", String()))
        assert connection.scalar(select(clear.c.reason)) == WHY
        assert connection.scalar(select(table("courier", column("lat", Double())).c.lat)) == LAT
    migrate(before.engine)
    with before.read() as session:
        assert session.scalars(select(SuspensionRow.reason)).one() == WHY


def test_without_keys_nothing_is_changed(before):
    stranger = Database(before.engine.url.render_as_string(hide_password=False))
    with pytest.raises(Misconfigured, match="SEAL_KEYS"):
        migrate(stranger.engine)
    stranger.close()
    migrate(before.engine)
    with before.read() as session:
        assert session.scalars(select(SuspensionRow.reason)).one() == WHY
