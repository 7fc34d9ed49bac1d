"""Used nonces: exactly one of many wins, and memory ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from storage.base import Base, Database
from storage.exchange.nonces import forget_expired_nonces, remember_nonce

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = NOW + timedelta(seconds=600)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'kuayu.db'}"
    opened = Database(url if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def remember(database: Database, nonce: str = "n1", partner: str = "sichuan", now: datetime = NOW) -> bool:
    with database.write() as session:
        return remember_nonce(session, partner, nonce, now=now, until=now + timedelta(seconds=600))


def test_once_per_partner(database):
    assert remember(database)
    assert not remember(database)
    assert remember(database, partner="interprovincial")
    assert remember(database, "n2")


def test_its_memory_includes_its_end(database):
    assert remember(database)
    assert not remember(database, now=LATER)
    assert remember(database, now=LATER + timedelta(seconds=1))


def test_a_rolled_back_one_was_not_used(database):
    with pytest.raises(ZeroDivisionError), database.write() as session:
        assert remember_nonce(session, "sichuan", "n1", now=NOW, until=LATER)
        _ = 1 / 0
    assert remember(database)


def test_one_of_twenty_wins(database):
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: remember(database), range(20))) == 1


def test_what_still_counts_is_not_dropped(database):
    assert remember(database)
    with database.write() as session:
        assert forget_expired_nonces(session, LATER) == 0
    assert not remember(database, now=LATER)


def test_used_again_it_is_remembered_anew(database):
    assert remember(database)
    again = LATER + timedelta(seconds=1)
    assert remember(database, now=again)
    assert not remember(database, now=again + timedelta(seconds=600))


def test_expired_ones_are_dropped(database):
    remember(database, "n1")
    remember(database, "n2", now=LATER)
    with database.write() as session:
        assert forget_expired_nonces(session, LATER + timedelta(seconds=1)) == 1
    assert not remember(database, "n2", now=LATER)
