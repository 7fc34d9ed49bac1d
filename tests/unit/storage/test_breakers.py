"""Breakers on both databases: opened by failures in a row, one probe at a time, closed by an answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from domain.terms import Partner
from storage.exchange.breakers import Standing, breaker_of, claim_probe, note_answer, note_failure
from tests.unit.storage.casework import NOW, later

SICHUAN, MINUTE = Partner.SICHUAN, timedelta(seconds=60)


def fail(database, now=NOW) -> None:
    with database.write() as session:
        note_failure(session, SICHUAN, now, limit=3, probe_at=now + MINUTE)


def standing(database, partner=SICHUAN) -> Standing:
    with database.read() as session:
        return breaker_of(session, partner)


def claim(database, now) -> bool:
    with database.write() as session:
        return claim_probe(session, SICHUAN, now, MINUTE)


def test_it_opens_at_the_limit_and_keeps_its_first_time(database):
    fail(database)
    fail(database)
    assert standing(database) == Standing(failures=2)
    fail(database, later(seconds=5))
    fail(database, later(seconds=9))
    assert standing(database) == Standing(failures=4, opened_at=later(seconds=5), probe_at=later(seconds=65))
    assert standing(database, Partner.SOUTHWEST) == Standing()


def test_failures_at_once_are_all_counted(database):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fail(database), range(24)))
    assert standing(database).failures == 24


def test_one_of_many_probes_each_minute(database):
    for _ in range(3):
        fail(database)
    assert not claim(database, later(seconds=59))
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: claim(database, later(seconds=60)), range(16))) == 1
    assert not claim(database, later(seconds=119))
    assert claim(database, later(seconds=120))


def test_a_failed_probe_waits_for_its_turn(database):
    for _ in range(3):
        fail(database)
    assert claim(database, later(seconds=60))
    fail(database, later(seconds=70))
    assert standing(database).probe_at == later(seconds=120)


def test_an_answer_closes_it_and_counting_starts_anew(database):
    for _ in range(3):
        fail(database)
    with database.write() as session:
        note_answer(session, SICHUAN)
    assert standing(database) == Standing()
    assert not claim(database, later(seconds=60))
    fail(database)
    assert standing(database) == Standing(failures=1)
