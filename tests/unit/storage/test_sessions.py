"""A session opens step by step, goes on while somebody is seen, and is told and ended by its name."""

from datetime import timedelta

import pytest

from domain.people import SESSION_LENGTH, Idle, SessionStage
from domain.terms import Role
from storage.people.accounts import add_user, set_password
from storage.people.passwords import hashed
from storage.people.session_list import end_session, end_sessions, sessions_of, short_id
from storage.people.sessions import (
    NOTED_EVERY,
    PENDING_LENGTH,
    CameBy,
    LoginRow,
    advance,
    login_id,
    note_seen,
    open_session,
    pending,
    renew_token,
    until,
    who,
    who_holds,
)
from storage.people.users import UserRow
from tests.unit.storage.casework import NOW

HASH, OTHER = hashed("nine blue kettles"), hashed("five red lanterns")
IDLE = Idle(desk=timedelta(minutes=30), field=timedelta(hours=8))
SECOND = timedelta(seconds=1)
STEPS = [SessionStage.SECOND_FACTOR, SessionStage.PASSWORD_CHANGE]


@pytest.fixture
def people(database):
    with database.write() as session:
        add_user(session, "clerk", Role.CLERK, HASH, NOW, own=True)
        add_user(session, "courier", Role.COURIER, HASH, NOW, own=True)
        add_user(session, "fresh", Role.CLERK, HASH, NOW, own=False)
    return database


def entered(database, username="clerk", stage=SessionStage.OPEN, now=NOW, came_by=CameBy()):  # noqa: B008
    with database.write() as session:
        return open_session(session, username, HASH, None, now, stage=stage, came_by=came_by, idle=IDLE).token


@pytest.mark.parametrize("stage", STEPS)
def test_before_it_is_open_nothing_knows_a_session_but_its_next_step(people, stage):
    token = entered(people, stage=stage)
    with people.read() as session:
        assert who(session, token, NOW) is None
        assert until(session, token, NOW) is None
        assert who_holds(session, [login_id(token)], NOW) == {}
        assert pending(session, token, NOW) == ("clerk", Role.CLERK, stage)
        assert pending(session, token, NOW + PENDING_LENGTH) is None
    with people.write() as session:
        assert renew_token(session, token) is None
        session.get_one(UserRow, "clerk").active = False
        session.flush()
        assert pending(session, token, NOW) is None
        assert advance(session, token, NOW, "otp", idle=IDLE) is None


def test_an_open_session_waits_for_no_step(people):
    token = entered(people)
    with people.write() as session:
        assert pending(session, token, NOW) is None
        assert advance(session, token, NOW, "otp", idle=IDLE) is None
        assert who(session, token, NOW) is not None


def test_a_step_gives_another_token_and_says_how_he_proved_himself(people):
    first = entered(people, stage=SessionStage.SECOND_FACTOR, came_by=CameBy("198.51.100.7", "Firefox 140", "pwd"))
    with people.write() as session:
        second, stage = advance(session, first, NOW + SECOND, "otp", idle=IDLE)
        assert stage is SessionStage.OPEN
        assert (who(session, first, NOW), pending(session, first, NOW)) == (None, None)
        assert advance(session, first, NOW, "otp", idle=IDLE) is None
        assert who(session, second, NOW).username == "clerk"
        (seen,) = sessions_of(session, "clerk", NOW)
        assert (seen.came_from, seen.agent, seen.amr) == ("198.51.100.7", "Firefox 140", "pwd otp")
        ends = until(session, second, NOW + SECOND)[1]
        assert ends == (NOW + SECOND + IDLE.desk, NOW + SECOND + SESSION_LENGTH)


def test_after_the_second_proof_comes_the_first_password_and_not_without_it(people):
    token = entered(people, "fresh", SessionStage.SECOND_FACTOR)
    with people.write() as session:
        token, stage = advance(session, token, NOW, "otp", idle=IDLE)
        assert stage is SessionStage.PASSWORD_CHANGE
        assert advance(session, token, NOW, "", idle=IDLE) is None, "it has not been changed"
        assert pending(session, token, NOW) is not None
        assert set_password(session, "fresh", HASH, OTHER, NOW, own=True, but=login_id(token))
        token, stage = advance(session, token, NOW, "", idle=IDLE)
        assert stage is SessionStage.OPEN
        assert who(session, token, NOW).username == "fresh"


def held(database, token, now):
    with database.read() as session:
        return who(session, token, now) is not None


def seen(database, token, now, role=Role.CLERK):
    with database.write() as session:
        note_seen(session, login_id(token), role, now, IDLE)


def test_it_ends_when_nobody_was_seen_for_half_an_hour(people):
    token = entered(people)
    assert held(people, token, NOW + IDLE.desk - SECOND)
    assert not held(people, token, NOW + IDLE.desk)
    later = NOW + timedelta(minutes=20)
    seen(people, token, later)
    assert held(people, token, later + IDLE.desk - SECOND)
    assert not held(people, token, later + IDLE.desk)


def test_on_the_way_it_holds_without_a_network(people):
    token = entered(people, "courier")
    assert held(people, token, NOW + IDLE.field - SECOND)
    assert not held(people, token, NOW + IDLE.field)


def test_after_ten_hours_it_ends_whoever_is_there(people):
    token = entered(people)
    now = NOW
    while now < NOW + SESSION_LENGTH:
        assert held(people, token, now)
        seen(people, token, now)
        now += timedelta(minutes=20)
    assert not held(people, token, NOW + SESSION_LENGTH)
    with people.read() as session:
        assert session.get_one(LoginRow, login_id(token)).expires_at == NOW + SESSION_LENGTH


def test_being_there_is_written_once_a_minute_and_wakes_nobody_who_is_out(people):
    token = entered(people)

    def noted():
        with people.read() as session:
            return session.get_one(LoginRow, login_id(token)).seen_at

    seen(people, token, NOW + NOTED_EVERY - SECOND)
    assert noted() == NOW
    seen(people, token, NOW + NOTED_EVERY)
    assert noted() == NOW + NOTED_EVERY
    over = NOW + NOTED_EVERY + IDLE.desk
    seen(people, token, over)
    assert noted() == NOW + NOTED_EVERY
    assert not held(people, token, over)


def test_another_token_for_the_same_session(people):
    token = entered(people, came_by=CameBy("198.51.100.7", "Edge 140"))
    with people.write() as session:
        before = sessions_of(session, "clerk", NOW)[0]
        fresh = renew_token(session, token)
        session.flush()
        (after,) = sessions_of(session, "clerk", NOW)
        assert after._replace(id="") == before._replace(id="")
        assert (who(session, token, NOW), who(session, fresh, NOW).username) == (None, "clerk")


def test_sessions_are_told_the_latest_first_and_ended_one_by_one_by_their_owner_alone(people):
    first = entered(people)
    last = entered(people, now=NOW + SECOND)
    theirs = entered(people, "courier")
    with people.write() as session:
        told = sessions_of(session, "clerk", NOW + SECOND)
        assert [each.id for each in told] == [short_id(login_id(last)), short_id(login_id(first))]
        assert [each.opened_at for each in told] == [NOW + SECOND, NOW]
        assert not end_session(session, "courier", told[0].id)
        assert end_session(session, "clerk", told[0].id)
        assert not end_session(session, "clerk", told[0].id)
        assert (who(session, last, NOW), who(session, first, NOW).username) == (None, "clerk")
        assert who(session, theirs, NOW).username == "courier"


@pytest.mark.parametrize("short", ["", "%", "_" * 16, "0" * 15, "g" * 16, "0" * 64])
def test_what_is_no_name_of_a_session_ends_none(people, short):
    token = entered(people)
    with people.write() as session:
        assert not end_session(session, "clerk", short)
        assert who(session, token, NOW) is not None


def test_all_are_ended_but_one(people):
    stays, *others = (entered(people) for _ in range(3))
    pending_one = entered(people, stage=SessionStage.SECOND_FACTOR)
    with people.write() as session:
        assert end_sessions(session, "clerk", but=login_id(stays)) == 3
        assert who(session, stays, NOW) is not None
        assert [who(session, each, NOW) for each in others] == [None, None]
        assert pending(session, pending_one, NOW) is None
        assert end_sessions(session, "clerk") == 1
        assert end_sessions(session, "clerk") == 0
