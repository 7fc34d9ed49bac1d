"""Serials, secrets and notice times over several processes (two objects on one database stand for two of them)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretBytes
from sqlalchemy import select

from domain.errors import PartnerUnavailable
from domain.outbound import Rendered
from domain.terms import CommandKind, Partner
from partners.interprovincial.secret import Secret
from storage.base import Base, Database
from storage.exchange.exchange_log import ExchangeRow
from storage.exchange.interprovincial import (
    InterprovincialSecret,
    NoticeTimesInDatabase,
    SecretsInDatabase,
    SerialsInDatabase,
)
from storage.exchange.outbox import store_rendered
from storage.sealing import Sealer

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NUMBER = "50010320261123000003X"
SEALER = Sealer({"s1": b"k" * 32})


@pytest.fixture
def database(tmp_path: Path):
    opened = Database(f"sqlite:///{tmp_path / 'kuayu.db'}")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def secrets_of(database: Database, clock: list[datetime]) -> SecretsInDatabase[Secret]:
    return SecretsInDatabase(
        database,
        SEALER,
        lambda: clock[0],
        make=lambda key, ends_at: Secret(key=SecretBytes(key), ends_at=ends_at),
        key_of=lambda secret: secret.key.get_secret_value(),
    )


def secret(text: str) -> Secret:
    return Secret(key=SecretBytes(text.encode()), ends_at=NOW + timedelta(hours=1))


def test_no_serial_is_given_twice(database: Database):
    processes = [SerialsInDatabase(database, lambda: NOW) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda turn: processes[turn % 3].next_serial(), range(4500)))
    assert len(set(taken)) == 4500
    assert all(100_000_000_000 <= serial <= 999_999_999_999 for serial in taken)


def test_an_emptied_database_does_not_repeat_serials(database: Database, tmp_path: Path):
    before = [SerialsInDatabase(database, lambda: NOW).next_serial() for _ in range(3)]
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    Base.metadata.create_all(fresh.engine)
    later = SerialsInDatabase(fresh, lambda: NOW + timedelta(minutes=1)).next_serial()
    fresh.close()
    assert later > max(before)


def test_processes_share_a_secret_and_one_call_renews_it(database: Database):
    clock, calls = [NOW], []
    processes = [secrets_of(database, clock) for _ in range(4)]

    def fetch() -> Secret:
        calls.append(1)
        return secret("one")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda turn: processes[turn % 4].renew(None, 10, fetch), range(16)))
    assert len(calls) == 1
    assert {process.held() for process in processes} == {(secret("one"),)}


def test_a_failed_renewal_leaves_the_way_free(database: Database):
    memory = secrets_of(database, [NOW])

    def broken() -> Secret:
        raise PartnerUnavailable("暂时不可用")

    with pytest.raises(PartnerUnavailable):
        memory.renew(None, 1, broken)
    memory.renew(None, 0, lambda: secret("one"))
    assert memory.held() == (secret("one"),)


def test_a_killed_renewer_blocks_for_30_s_only(database: Database):
    clock = [NOW]
    killed, alive = secrets_of(database, clock), secrets_of(database, clock)
    assert killed._claim()
    alive.renew(None, 0, lambda: secret("one"))
    assert alive.held() == ()
    clock[0] = NOW + timedelta(seconds=31)
    alive.renew(None, 0, lambda: secret("one"))
    assert alive.held() == (secret("one"),)


def test_newest_first_and_sealed_at_rest(database: Database, tmp_path: Path):
    clock = [NOW]
    memory = secrets_of(database, clock)
    memory.renew(None, 0, lambda: secret("first-plain-text"))
    clock[0] = NOW + timedelta(minutes=1)
    memory.renew(secret("first-plain-text"), 0, lambda: secret("second-plain-text"))
    memory.renew(secret("first-plain-text"), 0, lambda: secret("third"))  # somebody else was first
    assert memory.held() == (secret("second-plain-text"), secret("first-plain-text"))
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("kuayu.db*"))
    assert b"plain-text" not in stored


def test_ended_secrets_are_forgotten(database: Database):
    clock = [NOW]
    memory = secrets_of(database, clock)
    memory.renew(None, 0, lambda: secret("old"))
    clock[0] = NOW + timedelta(days=3)
    late = Secret(key=SecretBytes(b"new"), ends_at=clock[0] + timedelta(hours=1))
    memory.renew(secret("old"), 0, lambda: late)
    assert memory.held() == (late,)


def test_notice_times_follow_from_what_is_stored_even_inside_a_transaction(database: Database):
    times = NoticeTimesInDatabase(database)

    def told(key: str, tz: str, at: datetime) -> Rendered:
        meta = {"operation": "Notify", "tz": tz, "at": at.isoformat()}
        return Rendered(
            partner=Partner.INTERPROVINCIAL,
            key=key,
            kind=CommandKind.NOTICE,
            handling_no=NUMBER,
            content=b"<DATA/>",
            meta=meta,
        )

    with database.write() as session:  # the writer's lock is held, as while a command is rendered
        at = times.notice_time(NUMBER, "01", "a", NOW.replace(microsecond=5))
        store_rendered(session, SEALER, told("a", "01", at), NOW)
    assert at == NOW
    assert times.notice_time(NUMBER, "01", "b", NOW) == NOW + timedelta(seconds=1)
    assert times.notice_time(NUMBER, "02", "c", NOW) == NOW
    assert times.notice_time(NUMBER, "01", "a", NOW + timedelta(hours=1)) == NOW


def test_every_call_for_a_secret_has_a_line_that_does_not_tell_it(database: Database):
    memory = secrets_of(database, [NOW])
    with pytest.raises(PartnerUnavailable):
        memory.renew(None, 0, lambda: _raise(PartnerUnavailable("繁忙", code="REFRESH_BUSY")))
    memory.renew(None, 0, lambda: secret("one"))
    memory.renew(None, 0, lambda: secret("never fetched"))  # somebody has renewed it meanwhile: no call
    with database.read() as session:
        failed, got = session.scalars(select(ExchangeRow).order_by(ExchangeRow.id))
        (kept,) = session.scalars(select(InterprovincialSecret))
    assert (failed.kind, failed.verdict, failed.body) == ("refreshSecret", "REFRESH_BUSY", None)
    assert (got.kind, got.verdict, got.message_id) == ("refreshSecret", "OK", kept.id)
    assert SEALER.open(kept.sealed, got.body) == b"one"
    assert got.sha256 == hashlib.sha256(kept.sealed).hexdigest()


def _raise(fault: Exception):
    raise fault
