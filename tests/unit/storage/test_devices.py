"""Devices as they are kept: a code counts once and for ten minutes, a stopped device takes its sessions along."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest

from domain.devices import CODE_VALID, DeviceEnd
from domain.terms import Role
from storage.people.accounts import add_user
from storage.people.devices import (
    SEEN_NOTED_EVERY,
    EnrolledDeviceRow,
    Invitation,
    Owner,
    bind,
    devices,
    enrol,
    invite,
    is_note_due,
    note_use,
    revoke,
    take_code,
)
from storage.people.passwords import hashed
from storage.people.sessions import login_id, open_session, who
from tests.unit.storage.casework import NOW

KEY = b"k" * 32
HASH = hashed("nine blue kettles")
OURS = Invitation("1号", Owner("daping", None), "daping")
SECOND = timedelta(seconds=1)


@pytest.fixture
def people(database):
    with database.write() as session:
        for name, role in (("daping", Role.OUTLET), ("daping-1", Role.COURIER), ("daping-2", Role.COURIER)):
            add_user(session, name, role, HASH, NOW, own=True)
    return database


def invited(database, invitation=OURS, now=NOW):
    with database.write() as session:
        return invite(session, KEY, invitation, now)


def taken(database, code, now=NOW):
    with database.write() as session:
        return take_code(session, KEY, code, now)


def enrolled(database, device_id="web-1", owner=OURS.owner, name="1号"):
    with database.write() as session:
        enrol(session, device_id, Invitation(name, owner, "daping"), b"public", "daping-1", NOW)


def session_of(database, username, device_id=None):
    with database.write() as session:
        token = open_session(session, username, HASH, None, NOW).token
        assert device_id is None or bind(session, device_id, login_id(token))
    return token


def device(database, device_id="web-1"):
    with database.read() as session:
        return session.get(EnrolledDeviceRow, device_id)


@pytest.mark.parametrize("how", [str, str.lower, lambda code: f" {code.replace('-', '')} "], ids=["", "small", "loose"])
def test_a_code_counts_once_however_it_is_written(people, how):
    code = how(invited(people))
    assert taken(people, code) == OURS
    assert taken(people, code) is None


def test_a_code_holds_for_ten_minutes_and_goes_with_the_next_one(people):
    code = invited(people)
    assert taken(people, code, NOW + CODE_VALID) is None
    invited(people, now=NOW + CODE_VALID)
    assert taken(people, code, NOW) is None
    code = invited(people, now=NOW)
    assert taken(people, code, NOW + CODE_VALID - SECOND) == OURS


def test_a_code_of_another_key_or_nobody_is_none(people):
    code = invited(people)
    with people.write() as session:
        assert take_code(session, b"x" * 32, code, NOW) is None
        assert take_code(session, KEY, "2222-2222", NOW) is None


def test_codes_differ_and_hold_no_letter_that_is_another(people):
    codes = {invited(people) for _ in range(20)}
    assert len(codes) == 20
    assert all(len(code) == 9 and code[4] == "-" and not set(code) & set("01ILOU") for code in codes)


def test_a_live_device_is_not_enrolled_again_a_stopped_one_is(people):
    enrolled(people)
    with people.write() as session:
        assert enrol(session, "web-1", OURS, b"other", "daping-2", NOW) is None
    assert device(people).public_key == b"public"
    with people.write() as session:
        assert revoke(session, "web-1", "daping", DeviceEnd.LOST, NOW + SECOND) == 0
        assert revoke(session, "web-1", "daping", DeviceEnd.LOST, NOW + SECOND) is None
        assert revoke(session, "web-9", "daping", DeviceEnd.LOST, NOW) is None
    stopped = device(people)
    assert (stopped.revoked_at, stopped.revoked_by, stopped.reason) == (NOW + SECOND, "daping", "LOST")
    with people.write() as session:
        enrol(session, "web-1", OURS, b"other", "daping-2", NOW + 2 * SECOND)
    again = device(people)
    assert (again.public_key, again.revoked_at, again.reason, again.last_seen_at) == (b"other", None, None, None)


def test_who_was_seen_on_a_stopped_device_is_out_everywhere_and_nobody_else(people):
    enrolled(people)
    on_it, elsewhere = session_of(people, "daping-1", "web-1"), session_of(people, "daping-1")
    other = session_of(people, "daping-2")
    with people.write() as session:
        assert revoke(session, "web-1", "daping", DeviceEnd.LOST, NOW) == 2
    with people.read() as session:
        assert [who(session, token, NOW) is None for token in (on_it, elsewhere, other)] == [True, True, False]


def test_the_one_whose_device_it_is_is_out_though_he_was_not_seen_on_it(people):
    enrolled(people, owner=Owner("daping", "daping-2"))
    his, other = session_of(people, "daping-2"), session_of(people, "daping-1")
    with people.write() as session:
        assert revoke(session, "web-1", "daping", DeviceEnd.LEFT, NOW) == 1
    with people.read() as session:
        assert [who(session, token, NOW) is None for token in (his, other)] == [True, False]


def test_a_session_says_which_device_it_is_on_and_none_goes_to_a_stopped_one(people):
    enrolled(people)
    token = session_of(people, "daping-1", "web-1")
    with people.read() as session:
        assert who(session, token, NOW).device_id == "web-1"
    with people.write() as session:
        revoke(session, "web-1", "daping", DeviceEnd.LOST, NOW)
    token = session_of(people, "daping-1")
    with people.write() as session:
        assert not bind(session, "web-1", login_id(token))
        assert not bind(session, "web-9", login_id(token))
    with people.read() as session:
        assert who(session, token, NOW).device_id is None


def test_that_a_device_is_used_is_written_down_sparingly(people):
    enrolled(people)
    soon, late = NOW + SEEN_NOTED_EVERY - SECOND, NOW + SEEN_NOTED_EVERY
    seen = []
    for username, at in (("daping-1", NOW), ("daping-1", soon), ("daping-1", late), ("daping-2", late + SECOND)):
        due = is_note_due(device(people), username, at)
        with people.write() as session:
            note_use(session, "web-1", username, at)
        row = device(people)
        seen.append((due, row.last_seen_at, row.last_seen_by))
    assert seen == [
        (True, NOW, "daping-1"),
        (False, NOW, "daping-1"),
        (True, late, "daping-1"),
        (True, late + SECOND, "daping-2"),
    ]


def test_devices_are_listed_by_name_and_place_page_by_page(people):
    for number, place in ((3, "daping"), (1, "hall"), (2, "daping"), (4, "daping")):
        enrolled(people, f"web-{number}", Owner(place, None), f"{number % 3}号")
    with people.read() as session:
        assert [row.device_id for row in devices(session, None, size=9)] == ["web-3", "web-1", "web-4", "web-2"]
        first = devices(session, {"daping"}, size=2)
        assert [row.device_id for row in first] == ["web-3", "web-4"]
        mark = (first[-1].name, first[-1].device_id)
        assert [row.device_id for row in devices(session, {"daping"}, size=2, after=mark)] == ["web-2"]


def test_a_session_that_comes_to_a_device_while_it_is_stopped_does_not_stay(people):
    enrolled(people)
    login = login_id(session_of(people, "daping-1"))

    def bound():
        with people.write() as session:
            return bind(session, "web-1", login)

    with ThreadPoolExecutor(1) as other:
        with people.write() as session:
            revoke(session, "web-1", "daping", DeviceEnd.LOST, NOW)
            comes = other.submit(bound)
            wait([comes], timeout=0.5)  # it waits for us, or has seen what is not so any more
        assert comes.result() is False
