"""No route reads without end, whatever a body says that it is and whoever sends it (洪泛): the application alone."""

import asyncio

import pytest

from domain.terms import Role
from tests.web.test_roles import RULES, TABLE, concrete

PIECE = b"x" * 65_536
MB = 1024 * 1024
MORE = {"/api/v1/documents": 21 * MB, "/api/v1/agreements": 21 * MB, "/api/v1/scans:batch": 3 * MB}
USUAL = 2 * MB
KINDS = {
    "json": b"application/json",
    "form": b"application/x-www-form-urlencoded",
    "parts": b"multipart/form-data; boundary=x",
    "no type": None,
}
READS = sorted(route for route in TABLE if not route.startswith("GET "))
WIRES = ["POST /callbacks/sichuan", "POST /callbacks/nobody", "POST /nothing/here", "PUT /api/v1/nothing"]


def most(path):
    """What a route may read before it refuses; `documents:join` takes JSON like all others."""
    return next((limit for begin, limit in MORE.items() if path.startswith(begin) and ":join" not in path), USUAL)


def poured(app, method, path, kind, token=None):
    """The status that a sender without an end is answered, and how many bytes were taken from him before."""
    headers = [(b"host", b"kuayu.test"), (b"idempotency-key", b"endless-0001")]
    headers += [] if kind is None else [(b"content-type", kind)]
    headers += [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("kuayu.test", 80), "app": app,
    }  # fmt: skip
    taken, told = [0], []

    async def receive():
        taken[0] += len(PIECE)
        assert taken[0] < 200 * MB, "nobody stops reading"
        return {"type": "http.request", "body": PIECE, "more_body": True}

    async def send(message):
        told.append(message)

    asyncio.run(app(scope, receive, send))
    return next(message["status"] for message in told if message["type"] == "http.response.start"), taken[0]


@pytest.mark.parametrize("route", [*READS, *WIRES])
def test_of_a_stranger(office, route):
    before = office.rows()
    method, path = concrete(route)
    for kind, said in KINDS.items():
        status, taken = poured(office.app, method, path, said)
        assert status < 500, kind
        assert taken <= most(path), kind
    assert {name: rows for name, rows in office.rows().items() if rows != before[name]}.keys() <= PASSING


PASSING = {"exchange", "security_event", "unsigned_call"}
"""What a wire says of a call that it refused."""


@pytest.mark.parametrize("route", [route for route in READS if RULES[route]])
def test_of_somebody_who_is_logged_in(office, route):
    """He may come further, and no further than that."""
    before = office.rows()
    method, path = concrete(route)
    role = sorted(RULES[route], key=list(Role).index)[0]
    for kind in KINDS.values():
        status, taken = poured(office.app, method, path, kind, office.tokens[role.value])
        assert status < 500
        assert taken <= most(path)
    assert office.rows() == before
    office.tokens[role.value] = fresh(office, role)


def fresh(office, role):
    """Some of these routes end the session that asks."""
    answer = office.call("POST", "/api/v1/login", body={"username": role.value, "password": "demo"})
    assert answer.status_code == 200, answer.text
    return answer.json()["token"]
