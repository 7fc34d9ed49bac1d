"""Whoever is not logged in can ask without end, and must not be able to fill what is kept of it (审计, 无签名来电)."""

import pytest
from sqlalchemy import func, select

from domain.terms import Role
from storage.audit.chain import AuditRow
from storage.audit.verification import verify_trail
from storage.base import Base
from storage.exchange.unsigned import UnsignedRow
from tests.unit.web.hall import Hall
from tests.unit.web.logins import log_in
from web.foundation import login_tries

A_FEW, MANY = 5, 40
HOURS = 2
"""The test may run over a full hour."""

FLOODS = {
    "a page that is none": ("GET", "/login/nowhere", None),
    "a page of applicants that is none": ("GET", "/track/nowhere/at/all", None),
    "an address beside ours": ("GET", "/api/v1/track-me", None),
    "a step of no login": ("POST", "/api/v1/login/second", {"code": "123456"}),
    "a first password of no login": ("POST", "/api/v1/login/password", {"password": "nine blue kettles"}),
    "a key of no login": ("POST", "/api/v1/login/second/key:ask", None),
    "a token of a receipt": ("GET", "/t/aaaabbbbccccddddeeeeffffgggghhhh", None),
    "a case of somebody": ("GET", "/api/v1/track?caseNo=500103202611230000013", None),
    "somebody's result": (
        "POST",
        "/api/v1/track/results",
        {"caseNo": "500103202611230000013", "code": "12345678", "handlingNo": "500103202611230000013"},
    ),
    "a made-up name": ("POST", "/api/v1/login", {"username": "nobody", "password": "wrong"}),
    "a word of the unified login": ("POST", "/login/oidc/ended", None),
    "a print": ("GET", "/verify/ABCDEFGHIJKLMNOPQRSTUVWXYZ", None),
    "a receipt of a message": ("POST", "/callbacks/sms", {"id": "1"}),
}


@pytest.fixture
def hall(tmp_path, hall_template, monkeypatch):
    """One that writes down a few of them an hour."""
    monkeypatch.setenv("EDGE_UNSIGNED_PER_HOUR", str(A_FEW))
    monkeypatch.setattr(login_tries, "PAUSE_S", 0)
    opened = Hall(tmp_path, hall_template, monkeypatch)
    yield opened
    opened.database.close()


def counts(hall):
    """How many rows each table has."""
    with hall.database.read() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}


def knock(hall, method, path, body):
    more = {} if body is None else {"json": body}
    answer = hall.nobody().request(method, path, headers={"X-Track-Code": "12345678"}, follow_redirects=False, **more)
    assert answer.status_code < 500, answer.text
    return answer


@pytest.mark.parametrize("flood", FLOODS)
def test_no_table_grows_with_what_a_stranger_asks(hall, flood):
    """Whatever he asks: a few entries an hour, a count of the rest, and slots that have an end (`wrong_try`)."""
    before = counts(hall)
    for _ in range(MANY):
        knock(hall, *FLOODS[flood])
    grown = {name: rows - before[name] for name, rows in counts(hall).items() if rows != before[name]}
    few = {"audit_entry": A_FEW * HOURS, "audit_head": HOURS, "unsigned_call": HOURS, "wrong_try": 3 * 2}
    assert {name: rows for name, rows in grown.items() if rows > few.get(name, 0)} == {}


def test_what_is_not_written_down_is_counted(hall):
    for _ in range(MANY):
        assert knock(hall, "GET", "/login/nowhere", None).status_code == 404
    hall.context.auditor._strangers.write(hall.context.now())
    with hall.database.read() as session:
        rows = list(session.scalars(select(UnsignedRow)))
        written = session.scalar(select(func.count()).select_from(AuditRow).filter_by(kind="REFUSAL"))
        whole = verify_trail(session, hall.context.auditor.signer).is_whole
    assert {(row.partner, row.code) for row in rows} == {("web", "HTTP_404")}
    assert written + sum(row.times for row in rows) == MANY
    assert whole


def test_what_names_somebody_is_written_down_all_the_same(hall):
    """After a flood: a wrong password for an account that there is, and what somebody who is logged in may not."""
    clerk = hall.as_(Role.CLERK)
    for _ in range(MANY):
        knock(hall, "GET", "/login/nowhere", None)
    assert log_in(hall, "auditor", "wrong").status_code == 401
    assert clerk.get("/api/v1/accounts").status_code == 403
    assert clerk.get("/api/v1/cases/500103202611230000013").status_code == 404
    with hall.database.read() as session:
        refused = session.scalars(select(AuditRow).filter_by(kind="REFUSAL").order_by(AuditRow.seq.desc()).limit(3))
        told = {(row.actor, row.action, row.subject, row.code) for row in refused}
    assert told == {
        ("-", "POST /api/v1/login", "auditor", "HTTP_401"),
        ("clerk", "GET /api/v1/accounts", "", "HTTP_403"),
        ("clerk", "GET /api/v1/cases/{case_no}", "500103202611230000013", "HTTP_404"),
    }
