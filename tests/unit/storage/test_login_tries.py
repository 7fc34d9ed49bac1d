"""Each wrong password costs a longer wait; guesses from elsewhere cost the owner of a name none."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from storage.people.login_places import KNOWN_FOR, LoginPlaceRow, is_known, place_of, remember_place
from storage.people.login_tries import PATIENCE, WAITS, Login, count_try, forgive, slots_of, waiting, was_right
from storage.people.wrong_tries import SLOTS, Counted, WrongTryRow

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
KEY = b"k" * 32
MINUTE = timedelta(minutes=1)
FREE = PATIENCE[Login.PAIR].free
HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


def slots(username="clerk", network=ELSEWHERE, *, known=False):
    return slots_of(KEY, username, network, known=known)


def tried(database, where, now=NOW):
    """A wrong one: how long it has to wait, or whether the waits begin with it."""
    with database.read() as session:
        wait = waiting(session, where, now)
    if wait is not None:
        return wait
    with database.write() as session:
        return count_try(session, where, now)


def test_five_are_free_and_then_each_waits_longer(database):
    where, now = slots(), NOW
    assert [tried(database, where, now) for _ in range(FREE)] == [False] * (FREE - 1) + [True]
    for wait in (*WAITS, WAITS[-1], WAITS[-1]):
        assert tried(database, where, now) == wait
        assert tried(database, where, now + wait - MINUTE / 60) == MINUTE / 60
        now += wait
        assert tried(database, where, now) is False
    assert [wait // MINUTE for wait in WAITS] == [1, 2, 4, 8, 15]


def test_what_waits_is_not_counted(database):
    where = slots()
    for _ in range(FREE + 20):
        tried(database, where)
    assert tried(database, where, NOW + WAITS[0]) is False
    assert tried(database, where, NOW + WAITS[0]) == WAITS[1]


def test_a_long_silence_is_a_new_beginning(database):
    where = slots()
    for _ in range(FREE):
        tried(database, where)
    later = NOW + WAITS[0] + PATIENCE[Login.PAIR].forgotten + MINUTE
    assert [tried(database, where, later) for _ in range(FREE)] == [False] * (FREE - 1) + [True]


def test_many_at_once_gain_nothing(database):
    where = slots()

    def wrong(_):
        with database.write() as session:
            return count_try(session, where, NOW)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(wrong, range(4 * FREE)))
    assert [isinstance(answer, bool) for answer in answers].count(True) == FREE
    assert answers.count(True) == 1
    assert answers.count(WAITS[0]) == 3 * FREE


def test_a_stranger_makes_nobody_wait_who_is_where_he_always_is(database):
    for number in range(400):
        tried(database, slots(network=f"203.0.{number}.9"))
        tried(database, slots(network=HOME))  # as if from the same house, but not by who is known there
    assert isinstance(tried(database, slots(network="192.0.2.1")), timedelta), "the name waits for all strangers"
    assert tried(database, slots(network=HOME, known=True)) is False


def test_a_name_that_waits_here_does_not_wait_elsewhere_and_another_does_not_wait_here(database):
    for _ in range(FREE):
        tried(database, slots())
    assert tried(database, slots(network=HOME)) is False
    assert tried(database, slots("officer")) is False


def test_one_address_has_a_bound_for_all_names(database):
    free = PATIENCE[Login.ADDRESS].free
    answers = [tried(database, slots(f"nobody-{number}")) for number in range(free + 1)]
    assert (answers[-2], answers[-1]) == (True, WAITS[0])
    assert tried(database, slots("clerk", network=HOME)) is False


def test_the_right_password_forgets_ones_own_and_nothing_of_others(database):
    where = slots()
    address = slots_of(KEY, "other", ELSEWHERE, known=False) & where
    for _ in range(FREE - 1):
        tried(database, where)
    for _ in range(3):
        tried(database, slots("officer"))
    with database.write() as session:
        assert count_try(session, where, NOW) is True
        was_right(session, where, NOW)
    with database.read() as session:
        tries = {row.slot: row.tries for row in session.scalars(select(WrongTryRow))}
    assert [tries[slot] for slot in address] == [FREE - 1 + 3]
    assert [tried(database, where) for _ in range(FREE)] == [False] * (FREE - 1) + [True]


def test_what_nobody_could_judge_was_no_try(database):
    where = slots()
    for _ in range(3 * FREE):
        with database.write() as session:
            assert isinstance(count_try(session, where, NOW), bool)
            forgive(session, where, NOW)
    assert tried(database, where) is False


def test_who_is_refused_by_one_bound_burdens_no_other(database):
    for _ in range(FREE):
        tried(database, slots())
    with database.write() as session:
        assert count_try(session, slots(), NOW) == WAITS[0]
    with database.read() as session:
        assert set(session.scalars(select(WrongTryRow.tries))) == {FREE}


@pytest.mark.parametrize("kind", Login)
def test_the_table_has_an_end_keeps_no_key_and_nothing_is_shared_with_applicants(database, kind):
    found = {slot for number in range(300) for slot in slots(f"n{number}", f"198.51.{number}.1", known=number % 2 == 0)}
    of_kind = {slot for slot in found if slot // SLOTS == kind}
    assert all(kind * SLOTS <= slot < (kind + 1) * SLOTS for slot in of_kind)
    assert len(of_kind) > 140
    assert not {int(each) for each in Counted} & {int(each) for each in Login}


def test_where_somebody_logs_in_is_known_for_thirty_days_as_a_hash(database):
    home = place_of(KEY, "clerk", HOME)
    assert HOME not in home and home != place_of(KEY, "officer", HOME)
    with database.write() as session:
        assert not is_known(session, "clerk", home, NOW)
        remember_place(session, "clerk", home, NOW)
        remember_place(session, "clerk", home, NOW + MINUTE)
        assert is_known(session, "clerk", home, NOW + KNOWN_FOR)
        assert not is_known(session, "officer", home, NOW)
        assert not is_known(session, "clerk", home, NOW + KNOWN_FOR + MINUTE)


def test_places_of_long_ago_go(database):
    with database.write() as session:
        for number in range(5):
            remember_place(session, "clerk", place_of(KEY, "clerk", f"192.0.2.{number}"), NOW)
        remember_place(session, "clerk", place_of(KEY, "clerk", HOME), NOW + KNOWN_FOR)
        assert session.scalar(select(func.count()).select_from(LoginPlaceRow)) == 1
