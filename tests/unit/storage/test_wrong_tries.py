"""Wrong tries are counted in a table that cannot grow, also by many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from storage.people.wrong_tries import SLOTS, TRIES, WITHIN, WrongTryRow, give_back, slot_of, take_try

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def tried(database, slots, now=NOW):
    with database.write() as session:
        return take_try(session, slots, now)


def test_the_eleventh_waits_until_a_quarter_of_an_hour_after_the_first(database):
    assert [tried(database, {7}, NOW + i * MINUTE) for i in range(TRIES)] == [None] * TRIES
    assert tried(database, {7}, NOW + 12 * MINUTE) == 3 * MINUTE
    assert tried(database, {8}, NOW + 12 * MINUTE) is None
    assert tried(database, {7}, NOW + WITHIN + MINUTE) is None


def test_one_of_two_slots_is_enough_to_wait(database):
    for _ in range(TRIES):
        tried(database, {7})
    assert tried(database, {7, 8}) == WITHIN


def test_what_was_right_is_no_try(database):
    for _ in range(3 * TRIES):
        assert tried(database, {7, 8}) is None
        with database.write() as session:
            give_back(session, {7, 8})


def test_many_at_once_gain_nothing(database):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tried(database, {7}), range(4 * TRIES)))
    assert answers.count(None) == TRIES


@pytest.mark.parametrize("kind", ["number", "address"])
def test_the_table_has_an_end_and_keeps_no_key(database, kind):
    slots = {slot_of(b"k" * 32, kind, f"198.51.100.{i}") for i in range(300)}
    assert all(0 <= slot < SLOTS for slot in slots) and len(slots) > 290
    assert slot_of(b"k" * 32, "number", "x") != slot_of(b"k" * 32, "address", "x")
    tried(database, slots)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(WrongTryRow)) == len(slots)
