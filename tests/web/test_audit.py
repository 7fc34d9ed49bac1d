"""Who did, saw, exported or was refused what is on the audit trail (审计), with what it tells or not at all."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, text

from domain.terms import Role
from storage.audit.chain import AuditRow
from storage.audit.verification import verify_trail
from storage.cases.rows import CaseRow
from tests.web.office import case_body
from tests.web.test_roles import RULES, TABLE, concrete
from web.app import ROUTERS
from web.foundation.audited_routes import EXPORTS, LOOKS, SUBJECTS
from web.views.audit_words import action_said, area_of

SOON = datetime.now(UTC) + timedelta(hours=1)
SUSPENSION = {
    "fromAt": SOON.isoformat(),
    "toAt": (SOON + timedelta(hours=1)).isoformat(),
    "reason": "暴雨",
    "sourceNo": "渝气预118号",
}
OF_NOBODY = frozenset(
    {
        "GET /",
        "GET /account",
        "GET /account/factors",
        "GET /accounts",
        "GET /api/v1/account/factors",
        "GET /api/v1/account/sessions",
        "GET /api/v1/accounts",
        "GET /api/v1/agreements",
        "GET /api/v1/cases",
        "GET /api/v1/claims",
        "GET /api/v1/couriers",
        "GET /api/v1/dashboard",
        "GET /api/v1/devices",
        "GET /api/v1/district",
        "GET /api/v1/drafts",
        "GET /api/v1/handlings",
        "GET /api/v1/items",
        "GET /api/v1/items/{code}",
        "GET /api/v1/items/{code}/form",
        "GET /api/v1/licences",
        "GET /api/v1/measures",
        "GET /api/v1/measures/{measure}/cases",
        "GET /api/v1/messages/counts",
        "GET /api/v1/outlets",
        "GET /api/v1/partners/{partner}/deliveries",
        "GET /api/v1/partners/{partner}/reconciliations",
        "GET /api/v1/reader",
        "GET /api/v1/regions",
        "GET /api/v1/scan/device",  # a device, which is nobody
        "GET /api/v1/session",
        "GET /api/v1/status",
        "GET /api/v1/stream",
        "GET /api/v1/suspensions",
        "GET /api/v1/tasks",
        "GET /api/v1/track",
        "GET /api/v1/units",
        "GET /api/v1/worklists/changes",
        "GET /cases",
        "GET /cases/live",
        "GET /dev/parts",
        "GET /devices",
        "GET /docs",
        "GET /healthz",
        "GET /login",
        "GET /login/oidc",
        "GET /login/oidc/callback",
        "GET /login/oidc/leave",
        "GET /login/password",
        "GET /login/second",
        "GET /metrics",
        "GET /officer",
        "GET /partner",
        "GET /readyz",
        "GET /scan",
        "GET /scan/shell",
        "GET /search",
        "GET /status",
        "GET /supervisor",
        "GET /supervisor/cases",
        "GET /supervisor/claims",
        "GET /supervisor/measures/{measure}",
        "GET /supervisor/promises",
        "GET /supervisor/reports/{period}",
        "GET /sw.js",
        "GET /track",
        "GET /t/{token}",  # an applicant, who is not of the hall
        "GET /track/{done}",
        "GET /units",
        "GET /units/{unit_id}",
        "GET /verify/{token}",
        "GET /window",
        "GET /window/form/{code}",
        "GET /window/live",
        "GET /window/materials/{code}",
        "GET /window/new",
        "GET /window/{case_no}/qr.svg",
    }
)
"""Reads that show lists with masked names, counts, or what is public: no look at a person."""


def said(office, *, after=0):
    """The entries since then."""
    with office.database.read() as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.seq > after).order_by(AuditRow.seq)))


def last(office):
    with office.database.read() as session:
        return session.scalar(select(AuditRow.seq).order_by(AuditRow.seq.desc()).limit(1)) or 0


def told(entries):
    return [(one.kind, one.actor, one.action, one.subject) for one in entries]


def test_each_route_that_reads_is_judged():
    reads = {route for route in TABLE if route.startswith("GET ")}
    assert sorted(reads - LOOKS - EXPORTS - OF_NOBODY) == []
    assert sorted((LOOKS | EXPORTS | OF_NOBODY) - set(TABLE)) == []
    assert not (LOOKS & EXPORTS) | (LOOKS & OF_NOBODY) | (EXPORTS & OF_NOBODY)


def test_each_part_of_an_address_is_named_or_secret():
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    parts = {name for route in routes for name in route.param_convertors}
    assert parts - set(SUBJECTS) == {"token", "done"}


def test_what_a_page_does_has_words_and_its_place():
    acts = [
        route for route in TABLE if RULES[route] is not None and route.startswith("POST /") and "/api/" not in route
    ]
    assert [route for route in acts if not action_said(route, {}) or area_of(route, {}) == "其他"] == []
    assert len(acts) > 10


def test_a_change_is_said_with_the_case_that_it_made(office):
    before = last(office)
    case_no = office.start(1)["caseNo"]
    changes = [one for one in told(said(office, after=before)) if one[0] == "CHANGE"]
    assert ("CHANGE", "clerk", "POST /api/v1/cases", case_no) in changes


def test_what_is_refused_by_its_content_changes_nothing_and_is_no_entry(office):
    body = case_body(office, 2)
    before = last(office)
    answer = office.call("POST", "/api/v1/cases", "clerk", {**body, "itemCode": "YZ-NONE-1"})
    assert answer.status_code == 422
    assert said(office, after=before) == []


def test_a_look_is_said_once_in_ten_minutes_and_by_each(office):
    case_no = office.start(3)["caseNo"]
    before = last(office)
    for role in ("clerk", "clerk", "supervisor", "clerk"):
        assert office.call("GET", f"/window/{case_no}", role).status_code == 200
    looks = [("LOOK", role, "GET /window/{case_no}", case_no) for role in ("clerk", "supervisor")]
    assert told(said(office, after=before)) == looks


@pytest.mark.parametrize("route", sorted(LOOKS | EXPORTS))
def test_whatever_shows_somebody_is_said_even_where_nothing_is_found(office, route):
    """As each role that may; what comes after the door is the route's own matter."""
    method, path = concrete(route)
    role = sorted(RULES[route])[0]
    before = last(office)
    office.call(method, path, role)
    seen = {"LOOK", "EXPORT", "REFUSAL"}
    kinds = seen & {one.kind for one in said(office, after=before) if one.action == route}
    again = any(one.action == route and one.actor == role for one in said(office))
    assert kinds or again


@pytest.mark.parametrize("role", Role)
def test_what_a_role_may_not_is_said(office, role):
    may = {Role.AUDITOR}
    before = last(office)
    answer = office.call("GET", "/audit", role)
    assert (answer.status_code == 200) is (role in may)
    kind = "LOOK" if role in may else "REFUSAL"
    entry = next(one for one in said(office) if one.action == "GET /audit" and one.actor == role)
    assert (entry.kind, entry.role) == (kind, role)
    if role not in may:
        assert [one.code for one in said(office, after=before)] == ["HTTP_403"]


def test_a_look_at_what_is_not_there_is_said_as_refused(office):
    before = last(office)
    assert office.call("GET", "/api/v1/cases/500103209911230000010", "clerk").status_code == 404
    found = said(office, after=before)
    assert [(one.kind, one.subject, one.code) for one in found][-1] == ("REFUSAL", "500103209911230000010", "HTTP_404")


def test_a_wrong_login_is_said_without_what_was_typed(office):
    before = last(office)
    for name in ("clerk", "my-secret-1234"):
        body = {"username": name, "password": "wrong-password"}
        assert office.call("POST", "/api/v1/login", body=body).status_code == 401
    found = [(one.kind, one.actor, one.subject, one.code) for one in said(office, after=before)]
    assert found == [("REFUSAL", "-", "clerk", "HTTP_401"), ("REFUSAL", "-", "", "HTTP_401")]


def test_coming_and_going_are_said(office):
    before = last(office)
    token = office.call("POST", "/api/v1/login", body={"username": "clerk", "password": "demo"}).json()["token"]
    office.call("POST", "/api/v1/logout", headers={"Authorization": f"Bearer {token}"})
    assert told(said(office, after=before)) == [
        ("CHANGE", "clerk", "POST /api/v1/login", "clerk"),
        ("CHANGE", "clerk", "POST /api/v1/logout", ""),
    ]


def test_each_case_of_a_bulk_change_has_its_entry(office):
    cases = [office.start(number)["caseNo"] for number in (11, 12)]
    rows = [{"caseNo": case_no, "seen": "clerk", "to": "clerk"} for case_no in cases]
    before = last(office)
    office.call("POST", "/api/v1/cases:assign", "supervisor", {"rows": rows})
    assert [one.subject for one in said(office, after=before)] == sorted(cases)


def test_a_document_is_named_by_its_digest_however_it_came(office):
    before = last(office)
    sha256 = office.uploaded(data=b"%PDF-1.4 audited")
    office.call("PUT", f"/api/v1/documents/{sha256}", "clerk", content=b"%PDF-1.4 audited")
    assert [one.subject for one in said(office, after=before)] == [sha256] * 2


def test_an_export_is_said_each_time(office):
    before = last(office)
    for _ in range(2):
        office.call("GET", "/partner/cases.csv?network=sichuan", "supervisor")
    assert [(one.kind, one.subject) for one in said(office, after=before)] == [("EXPORT", "cases")] * 2


@pytest.fixture
def unwritable(office):
    """The trail takes nothing more, as on a full disk."""
    full = "SELECT RAISE(ABORT, 'database or disk is full')"
    with office.database.write_plainly() as session:
        session.execute(text(f"CREATE TRIGGER disk BEFORE INSERT ON audit_entry BEGIN {full}; END"))
    yield office
    with office.database.write_plainly() as session:
        session.execute(text("DROP TRIGGER disk"))


def test_what_cannot_be_written_down_is_not_done(unwritable):
    office = unwritable
    before = office.rows()
    for method, path, body in (
        ("POST", "/api/v1/suspensions", SUSPENSION),
        ("POST", "/api/v1/login", {"username": "clerk", "password": "demo"}),
    ):
        assert office.call(method, path, "supervisor", body).status_code >= 500, path
    assert office.rows() == before


def test_what_cannot_be_written_down_is_not_shown_and_lists_are(unwritable):
    office = unwritable
    with office.database.read() as session:
        case_no = session.scalar(select(CaseRow.case_no).limit(1))
    answer = office.call("GET", f"/api/v1/cases/{case_no}/events", "auditor")
    assert answer.status_code >= 500
    assert office.call("GET", "/api/v1/cases", "clerk").status_code == 200


def test_nothing_of_a_person_is_in_an_entry(office):
    number = 31
    body = case_body(office, number, pickup=True)
    office.call("POST", "/api/v1/cases", "clerk", body)
    office.call("POST", "/search", "clerk", data=None, content=f"q={body['applicant']['name']}")
    words = [body["applicant"][name] for name in ("name", "phone", "idNumber") if name in body["applicant"]]
    assert words
    for entry in said(office):
        line = " ".join((entry.actor, entry.action, entry.subject, entry.code, entry.address))
        assert not [word for word in words if word in line]


def test_the_trail_of_all_of_this_is_whole(office):
    signer = office.app.state.context.auditor.signer
    with office.database.read_one_moment() as session:
        assert verify_trail(session, signer).is_whole


def test_the_auditor_reads_it_by_who_kind_object_and_day(office):
    case_no = office.start(41)["caseNo"]
    page = office.call("GET", f"/audit?actor=clerk&kind=CHANGE&subject={case_no}", "auditor").text
    assert case_no in page and "POST /api/v1/cases" in page
    theirs = office.call("GET", f"/audit?actor=officer&subject={case_no}", "auditor").text
    assert "没有符合条件的记录" in theirs
    assert "没有符合条件的记录" in office.call("GET", "/audit?day=2001-01-01", "auditor").text
    assert office.call("GET", "/audit?day=rubbish&kind=rubbish", "auditor").status_code == 200
    table = office.call("GET", f"/audit/entries.csv?subject={case_no}", "auditor").content.decode("utf-8-sig")
    assert case_no in table and table.startswith("序号")


def test_the_auditor_has_it_checked(office):
    answer = office.call("POST", "/audit/verify", "auditor")
    assert "全部完整" in answer.text
