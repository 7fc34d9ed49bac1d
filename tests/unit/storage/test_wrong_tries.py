"""Wrong tries are counted in a table that cannot grow, also by many at once; wide bounds burden nobody narrowly."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from storage.people.wrong_tries import (
    BOUNDS,
    SLOTS,
    TRIES,
    WITHIN,
    Counted,
    WrongTryRow,
    give_back,
    slot_of,
    take_try,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ONE, TWO = Counted.PAIR * SLOTS + 7, Counted.PAIR * SLOTS + 8


def tried(database, slots, now=NOW):
    with database.write() as session:
        return take_try(session, slots, now)


def test_the_eleventh_waits_until_a_quarter_of_an_hour_after_the_first(database):
    assert [tried(database, {ONE}, NOW + i * MINUTE) for i in range(TRIES)] == [None] * TRIES
    assert tried(database, {ONE}, NOW + 12 * MINUTE) == 3 * MINUTE
    assert tried(database, {TWO}, NOW + 12 * MINUTE) is None
    assert tried(database, {ONE}, NOW + WITHIN + MINUTE) is None


def test_one_of_two_slots_is_enough_to_wait(database):
    for _ in range(TRIES):
        tried(database, {ONE})
    assert tried(database, {ONE, TWO}) == WITHIN


def test_what_was_right_is_no_try(database):
    for _ in range(3 * TRIES):
        assert tried(database, {ONE, TWO}) is None
        with database.write() as session:
            give_back(session, {ONE, TWO})


def test_many_at_once_gain_nothing(database):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tried(database, {ONE}), range(4 * TRIES)))
    assert answers.count(None) == TRIES


def tries(database, slot):
    with database.read() as session:
        row = session.get(WrongTryRow, slot)
        return row.tries if row is not None else 0


def test_who_has_used_up_his_own_tries_burdens_neither_his_address_nor_the_number(database):
    pair, address, number = (kind * SLOTS + 7 for kind in (Counted.PAIR, Counted.ADDRESS, Counted.NUMBER))
    for _ in range(5 * TRIES):
        tried(database, {pair, address, number})
    assert [tries(database, slot) for slot in (address, number)] == [TRIES, TRIES]


def test_a_number_that_waits_for_everybody_costs_nobody_his_own_tries(database):
    number = Counted.NUMBER * SLOTS + 7
    most, within = BOUNDS[Counted.NUMBER]
    assert [tried(database, {number}) for _ in range(most)] == [None] * most
    assert tried(database, {TWO, number}) == within > WITHIN
    assert tries(database, TWO) == 0
    assert tried(database, {TWO, number}, NOW + within + MINUTE) is None


@pytest.mark.parametrize("kind", Counted)
def test_the_table_has_an_end_and_keeps_no_key(database, kind):
    slots = {slot_of(b"k" * 32, kind, f"198.51.100.{i}") for i in range(300)}
    assert all(kind * SLOTS <= slot < (kind + 1) * SLOTS for slot in slots) and len(slots) > 290
    assert len({slot_of(b"k" * 32, other, "x") % SLOTS for other in Counted}) == len(Counted)
    tried(database, slots)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(WrongTryRow)) == len(slots)
