"""An account is made, closed and given another password or role; whoever's it is, is out at once."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from domain.password_rules import FORMER, PasswordRefused
from domain.people import SessionStage
from domain.terms import Role
from domain.units import DISTRICT, FIRST_UNIT
from storage.people.account_list import Wanted, account_of, accounts
from storage.people.accounts import (
    Place,
    add_user,
    change_role,
    disable,
    enable,
    is_last,
    known_passwords,
    set_password,
)
from storage.people.former_passwords import FormerPasswordRow
from storage.people.passwords import hashed, initial_password, is_printed, judged, verify
from storage.people.sessions import login_id, open_session, who, who_holds
from storage.people.users import INITIAL_VALID, UserRow, password_of, put_user, unvetted
from tests.unit.storage.casework import NOW

OLD, NEW = "nine blue kettles", "five red lanterns"
OLD_HASH, NEW_HASH = hashed(OLD), hashed(NEW)


@pytest.fixture
def clerk(database):
    with database.write() as session:
        assert add_user(session, "wangmin", Role.CLERK, OLD_HASH, NOW, own=True)
    return database


def logged_in(database, now=NOW):
    with database.write() as session:
        stored = password_of(session, "wangmin")
        return open_session(session, "wangmin", stored, None, now).token


def row(database, username="wangmin"):
    with database.read() as session:
        return session.get_one(UserRow, username)


def test_a_name_is_given_once(clerk):
    with clerk.write() as session:
        assert not add_user(session, "wangmin", Role.OPERATOR, NEW_HASH, NOW, own=True)
    assert (row(clerk).role, row(clerk).password) == (Role.CLERK, OLD_HASH)


@pytest.mark.parametrize("own", [True, False])
def test_a_password_that_somebody_else_gave_is_for_a_while_and_to_be_changed(database, own):
    with database.write() as session:
        add_user(session, "wangmin", Role.CLERK, OLD_HASH, NOW, own=own)
    made = row(database)
    assert made.must_change is not own
    assert made.password_until == (None if own else NOW + INITIAL_VALID)
    with database.write() as session:
        last = open_session(session, "wangmin", OLD_HASH, None, NOW + INITIAL_VALID)
    assert (last is None) is not own


def test_an_initial_password_lets_in_until_its_last_moment(database):
    with database.write() as session:
        add_user(session, "wangmin", Role.CLERK, OLD_HASH, NOW, own=False)
        almost = NOW + INITIAL_VALID - timedelta(seconds=1)
        stage = SessionStage.PASSWORD_CHANGE
        assert open_session(session, "wangmin", OLD_HASH, None, almost, stage=stage) is not None


def changes_password(session):
    assert set_password(session, "wangmin", OLD_HASH, NEW_HASH, NOW, own=True)


def is_given_a_password(session):
    assert set_password(session, "wangmin", OLD_HASH, NEW_HASH, NOW, own=False)


def is_disabled(session):
    assert disable(session, "wangmin", "operator", NOW)


def changes_role(session):
    assert change_role(session, "wangmin", Role.OUTLET)


@pytest.mark.parametrize("what", [changes_password, is_given_a_password, is_disabled, changes_role])
def test_all_sessions_end_with_it_of_whatever_stage(clerk, what):
    tokens = [logged_in(clerk), logged_in(clerk)]
    with clerk.write() as session:
        what(session)
    with clerk.read() as session:
        assert who_holds(session, [login_id(token) for token in tokens], NOW) == {}
        assert [who(session, token, NOW) for token in tokens] == [None, None]


def test_the_one_session_that_changes_it_may_stay(clerk):
    stays, goes = logged_in(clerk), logged_in(clerk)
    with clerk.write() as session:
        set_password(session, "wangmin", OLD_HASH, NEW_HASH, NOW, own=True, but=login_id(stays))
    with clerk.read() as session:
        assert who(session, stays, NOW) is not None
        assert who(session, goes, NOW) is None


def test_the_same_role_again_ends_nothing(clerk):
    token = logged_in(clerk)
    with clerk.write() as session:
        assert change_role(session, "wangmin", Role.CLERK)
        assert who(session, token, NOW) is not None


def test_who_was_quicker_counts(clerk):
    with clerk.write() as session:
        assert not set_password(session, "wangmin", NEW_HASH, OLD_HASH, NOW, own=True)
    assert row(clerk).password == OLD_HASH
    with clerk.read() as session:
        assert session.scalar(select(func.count()).select_from(FormerPasswordRow)) == 0


def test_closed_says_since_when_and_by_whom_and_opens_again(clerk):
    with clerk.write() as session:
        disable(session, "wangmin", "os:root", NOW)
        disable(session, "wangmin", "operator", NOW + timedelta(hours=1))
    closed = row(clerk)
    assert (closed.active, closed.disabled_at, closed.disabled_by) == (False, NOW, "os:root")
    with clerk.write() as session:
        assert open_session(session, "wangmin", OLD_HASH, None, NOW) is None
        assert enable(session, "wangmin")
        assert open_session(session, "wangmin", OLD_HASH, None, NOW) is not None
    assert (row(clerk).disabled_at, row(clerk).disabled_by) == (None, None)


@pytest.mark.parametrize(
    "what",
    [
        lambda s: disable(s, "nobody", "x", NOW),
        lambda s: enable(s, "nobody"),
        lambda s: change_role(s, "nobody", Role.CLERK),
        lambda s: set_password(s, "nobody", OLD_HASH, NEW_HASH, NOW, own=True),
    ],
)
def test_of_nobody_nothing_is_done(database, what):
    with database.write() as session:
        assert what(session) is False


def test_the_last_of_a_role_is_known(database):
    with database.write() as session:
        for name in ("first", "second"):
            add_user(session, name, Role.OPERATOR, OLD_HASH, NOW, own=True, place=Place(DISTRICT))
        assert not is_last(session, "first", Role.OPERATOR, DISTRICT)
        disable(session, "second", "x", NOW)
        session.flush()
        assert is_last(session, "first", Role.OPERATOR, DISTRICT)
        assert not is_last(session, "first", Role.CLERK, DISTRICT)


def test_former_passwords_that_count_are_known_and_no_more_are_kept(clerk):
    hashes = [OLD_HASH, *(hashed(f"{OLD} {number}") for number in range(FORMER + 2))]
    for before, after in pairwise(hashes):
        with clerk.write() as session:
            assert set_password(session, "wangmin", before, after, NOW, own=True)
    with clerk.read() as session:
        known = known_passwords(session, "wangmin")
        assert session.scalar(select(func.count()).select_from(FormerPasswordRow)) == FORMER
        assert known_passwords(session, "nobody") == []
    assert known == list(reversed(hashes))[: FORMER + 1]


def test_a_password_that_one_has_or_has_had_is_not_taken_again():
    with pytest.raises(PasswordRefused, match="与现在的密码相同"):
        judged(OLD, "wangmin", [OLD_HASH, NEW_HASH])
    with pytest.raises(PasswordRefused, match="最近5次用过"):
        judged(NEW, "wangmin", [OLD_HASH, NEW_HASH])
    with pytest.raises(PasswordRefused, match="至少12个字符"):
        judged("1234567890", "wangmin", [])
    full_width = "ｆｉｖｅ　ｒｅｄ　ｌａｎｔｅｒｎｓ"
    with pytest.raises(PasswordRefused, match="最近5次用过"):
        judged(full_width, "wangmin", [OLD_HASH, NEW_HASH])
    made = judged("seven grey herons", "wangmin", [OLD_HASH, NEW_HASH])
    assert verify(made, "seven grey herons").right


def test_a_full_width_keyboard_types_the_same_password_and_an_old_hash_of_it_is_renewed():
    full_width = "ｎｉｎｅ　ｂｌｕｅ　ｋｅｔｔｌｅｓ"
    assert verify(OLD_HASH, full_width) == (True, False)
    from argon2 import PasswordHasher

    as_typed = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(full_width)
    assert verify(as_typed, full_width) == (True, True)
    assert not verify(as_typed, OLD).right


def test_an_initial_password_is_another_each_time_and_may_be_told_by_telephone():
    made = {initial_password("wangmin") for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) == 19 and not set("0o1li") & set(each) for each in made)


def test_what_we_have_printed_is_found_by_its_hash_and_whoever_chose_is_above_it(database):
    demo = hashed("demo")
    assert is_printed(demo) and not is_printed(OLD_HASH)
    with database.write() as session:
        put_user(session, "clerk", Role.CLERK, demo, FIRST_UNIT[Role.CLERK])
        put_user(session, "officer", Role.OFFICER, demo, FIRST_UNIT[Role.OFFICER])
        add_user(session, "wangmin", Role.CLERK, OLD_HASH, NOW, own=True)
        disable(session, "officer", "x", NOW)
        session.flush()
        assert unvetted(session) == {"clerk": demo}
        set_password(session, "clerk", demo, NEW_HASH, NOW, own=False)
        session.flush()
        assert unvetted(session) == {}
        put_user(session, "clerk", Role.CLERK, demo, FIRST_UNIT[Role.CLERK])
        session.flush()
        assert unvetted(session) == {"clerk": demo}


def test_the_list_is_by_name_with_what_is_asked_for(clerk):
    with clerk.write() as session:
        for name, role in (("zhao", Role.CLERK), ("li_1", Role.OFFICER), ("li", Role.OPERATOR)):
            add_user(session, name, role, OLD_HASH, NOW, own=False)
        disable(session, "zhao", "x", NOW)
    logged_in(clerk)
    logged_in(clerk)

    def named(wanted=Wanted(), **more):  # noqa: B008 — immutable
        with clerk.read() as session:
            page = accounts(session, wanted, NOW, size=more.pop("size", 10), **more)
        return [each.username for each in page.rows], page.next

    assert named() == (["li", "li_1", "wangmin", "zhao"], None)
    assert named(size=2) == (["li", "li_1"], "li_1")
    assert named(size=2, after="li_1") == (["wangmin", "zhao"], None)
    assert named(Wanted(named="I_"))[0] in (["li_1"], [])  # case by the database; the underline is a letter
    assert named(Wanted(named="li_"))[0] == ["li_1"]
    assert named(Wanted(role=Role.CLERK))[0] == ["wangmin", "zhao"]
    assert named(Wanted(active=False))[0] == ["zhao"]
    assert named(Wanted(active=True, role=Role.CLERK))[0] == ["wangmin"]
    with clerk.read() as session:
        seen = account_of(session, "wangmin", NOW)
        assert account_of(session, "nobody", NOW) is None
    assert (seen.sessions, seen.last_login_at, seen.created_at, seen.must_change) == (2, NOW, NOW, False)
