"""Streams over real connections: several cases at once, nothing twice and nothing missed, over with the login."""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import event as sql

from domain.people import Idle
from domain.terms import Role
from storage.people.accounts import set_password
from storage.people.passwords import hashed
from storage.people.sessions import LoginRow, login_id
from storage.people.users import UserRow, password_of
from tests.web.following import closes, followers, happens, happens_late, last_number, served_alone
from tests.web.office import YUBEI
from web.foundation.live_feed import LOOK_S

WAIT_S = 20


class Stream:
    """One reader; `until` reads on until a condition holds."""

    def __init__(self, answer):
        self.answer = answer
        self.events = []
        self.ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        said: dict[str, str] = {}
        try:
            for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
                field, _, value = line.partition(": ")
                if line:
                    said[field] = value
                    continue
                if "event" in said:  # else a sign of life
                    number = int(said["id"]) if "id" in said else None
                    self.events.append((said["event"], json.loads(said["data"]), number))
                said = {}
        except requests.RequestException:
            return  # cut by the test, at its end
        finally:
            self.ended.set()

    def kinds(self):
        return [(data["caseNo"], data["kind"]) for name, data, _ in list(self.events) if name == "case"]

    def names(self):
        return [name for name, _, _ in list(self.events)]

    def until(self, holds):
        ends = time.monotonic() + WAIT_S
        while not holds(self):
            assert time.monotonic() < ends, self.events
            time.sleep(0.02)


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@contextmanager
def reading(base, path, token):
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Bearer {token}"}
        with session.get(base + path, headers=headers, stream=True, timeout=WAIT_S) as answer:
            answer.encoding = "utf-8"
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].startswith("text/event-stream")
            stream = Stream(answer)
            yield stream
            if not stream.ended.is_set():
                answer.raw.shutdown()  # the reader's thread is waiting in it


def number(office, which):
    return office.start(which, region=YUBEI)["caseNo"]


def test_several_cases_come_over_one_stream_and_end_one_by_one(office, base):
    one, two = number(office, 901), number(office, 902)
    with reading(base, f"/api/v1/stream?case={one}&case={two}", office.tokens["clerk"]) as stream:
        stream.until(lambda s: {(one, "REGISTERED"), (two, "REGISTERED")} <= set(s.kinds()))
        happens(office, one, "NEWS-1")
        stream.until(lambda s: (one, "NEWS-1") in s.kinds())
        closes(office, one)
        stream.until(lambda s: ("closed", {"caseNo": one}, None) in s.events)
        happens(office, two, "NEWS-2")
        stream.until(lambda s: (two, "NEWS-2") in s.kinds())
        closes(office, two)
        assert stream.ended.wait(WAIT_S)
    assert len(stream.kinds()) == len(set(stream.kinds()))
    assert stream.names()[-1] == "closed"


def test_a_reader_that_comes_back_gets_what_it_does_not_know_of_each_case(office, base):
    one, two = number(office, 903), number(office, 904)
    known = last_number(office)
    happens(office, one, "NEWS-1")
    happens(office, two, "NEWS-2")
    path = f"/api/v1/stream?case={one}&since={last_number(office) - 1}&case={two}&since={known}"
    with reading(base, path, office.tokens["clerk"]) as stream:
        stream.until(lambda s: (two, "NEWS-2") in s.kinds())
        happens(office, one, "NEWS-3")
        stream.until(lambda s: (one, "NEWS-3") in s.kinds())
    assert stream.kinds() == [(two, "NEWS-2"), (one, "NEWS-3")]


def test_an_event_that_was_committed_after_a_later_one_comes_too(office, base):
    case_no = number(office, 905)
    high = last_number(office) + 100
    with reading(base, f"/api/v1/cases/{case_no}/stream", office.tokens["clerk"]) as stream:
        happens_late(office, case_no, "LATER", high)
        stream.until(lambda s: (case_no, "LATER") in s.kinds())
        happens_late(office, case_no, "EARLIER", high - 1)
        stream.until(lambda s: (case_no, "EARLIER") in s.kinds())
    assert [n for _, _, n in stream.events][-2:] == [high, high - 1]


def own_login(office):
    return office.call("POST", "/api/v1/login", body={"username": "clerk", "password": "demo"}).json()["token"]


def logs_out(office, token):
    office.call("POST", "/api/v1/logout", headers={"Authorization": f"Bearer {token}"})


def expires(office, token):
    with office.database.write() as session:
        session.get_one(LoginRow, login_id(token)).expires_at = datetime.now(UTC)


def is_disabled(office, _token):
    with office.database.write() as session:
        session.get_one(UserRow, "clerk").active = False


def becomes_a_courier(office, _token):
    with office.database.write() as session:
        session.get_one(UserRow, "clerk").role = Role.COURIER


def is_idle(office, token):
    """As the clock would have it: it ends when nobody was seen, and an open stream is nobody."""
    with office.database.write() as session:
        row = session.get_one(LoginRow, login_id(token))
        row.seen_at -= Idle().desk
        row.expires_at -= Idle().desk


def ends_the_session_elsewhere(office, token):
    short = login_id(token)[:16]
    answer = office.call("DELETE", f"/api/v1/accounts/clerk/sessions/{short}", "security")
    assert answer.status_code == 204


def changes_the_password_elsewhere(office, _token):
    """From another login of his own."""
    with office.database.write() as session:
        before = password_of(session, "clerk")
        assert set_password(session, "clerk", before, hashed("demo"), datetime.now(UTC), own=True)


def is_disabled_by_who_keeps_accounts(office, _token):
    assert office.call("POST", "/api/v1/accounts/clerk/disable", "security").status_code == 200


@pytest.fixture
def clerk_again(office):
    yield
    with office.database.write() as session:
        user = session.get_one(UserRow, "clerk")
        user.active, user.role = True, Role.CLERK
    office.tokens["clerk"] = own_login(office)


ENDS = [
    logs_out,
    expires,
    is_disabled,
    becomes_a_courier,
    is_idle,
    ends_the_session_elsewhere,
    changes_the_password_elsewhere,
    is_disabled_by_who_keeps_accounts,
]


@pytest.mark.parametrize("route", ["/api/v1/cases/{}/stream", "/api/v1/stream?case={}"])
@pytest.mark.parametrize("ends", ENDS)
def test_a_stream_ends_with_its_login(office, base, clerk_again, route, ends):
    case_no = number(office, 906)
    token = own_login(office)
    with reading(base, route.format(case_no), token) as stream:
        stream.until(lambda s: s.kinds())
        ends(office, token)
        assert stream.ended.wait(WAIT_S)
    assert stream.names()[-1] == "over"


def test_many_streams_cost_no_more_looks_than_one(office, base):
    """By counting the statements of the feed while nothing happens: after so many of them, so many looks."""
    cases = [number(office, 910 + n) for n in range(4)]
    asked = []

    def count(_connection, _cursor, statement, *_more):
        if "count(" in statement:
            asked.append(statement)

    sql.listen(office.database._reading, "before_cursor_execute", count)
    try:
        with Opened(base, office, [f"/api/v1/stream?case={case_no}" for case_no in cases]) as streams:
            asked.clear()
            began = time.monotonic()
            streams[0].until(lambda _: len(asked) >= 4)
            assert time.monotonic() - began > 2 * LOOK_S, "each stream looks for itself"
    finally:
        sql.remove(office.database._reading, "before_cursor_execute", count)


class Opened:
    """So many readers at once, all being served."""

    def __init__(self, base, office, paths):
        self._readers = [reading(base, path, office.tokens["clerk"]) for path in paths]
        self._office = office

    def __enter__(self):
        before = followers(self._office)
        streams = [reader.__enter__() for reader in self._readers]
        for stream in streams:
            stream.until(lambda s: s.kinds())
        assert followers(self._office) == before + len(streams)
        return streams

    def __exit__(self, *fault):
        for reader in self._readers:
            reader.__exit__(*fault)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("case=none", 404),
        ("case={0}&case=500103209911230000010", 404),
        ("case={0}&since=1&since=2", 422),
        ("case={0}&since=-1", 422),
        ("&".join(["case={0}"] * 201), 422),
    ],
    ids=["no case", "unknown", "one unknown", "since for more", "since before all", "too many"],
)
def test_what_cannot_be_followed_is_said_before_the_stream(office, query, status):
    case_no = number(office, 920)
    answer = office.call("GET", f"/api/v1/stream?{query.format(case_no)}", "clerk")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
