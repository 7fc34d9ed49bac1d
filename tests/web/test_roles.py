"""Who may call what: every route × every role, from the route table. A route without a rule here is a mistake."""

import pytest
from fastapi.routing import APIRoute

from domain.terms import Role
from web.app import ROUTERS

ANYBODY = frozenset(Role)
PUBLIC = None
CLERK = {Role.CLERK}
READERS = {Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR}
WATCHERS = {Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR}
POST = {Role.OUTLET, Role.COURIER, Role.CLERK}

RULES = {
    "POST /api/v1/login": PUBLIC,
    "POST /api/v1/logout": PUBLIC,
    "GET /api/v1/items": ANYBODY,
    "GET /api/v1/items/{code}": ANYBODY,
    "GET /api/v1/items/{code}/form": ANYBODY,
    "GET /api/v1/licences": ANYBODY,
    "GET /api/v1/regions": ANYBODY,
    "POST /api/v1/routes": ANYBODY,
    "GET /api/v1/agreements": ANYBODY,
    "PUT /api/v1/agreements": {Role.SUPERVISOR},
    "PUT /api/v1/documents/{sha256}": ANYBODY,
    "POST /api/v1/documents": ANYBODY,
    "POST /api/v1/documents:join": {Role.CLERK, Role.OFFICER},
    "GET /api/v1/documents/{sha256}": READERS,
    "GET /api/v1/documents/{sha256}/pages": READERS,
    "GET /api/v1/documents/{sha256}/pages/{page}": READERS,
    "POST /api/v1/cases": CLERK,
    "POST /api/v1/same-matters": CLERK,
    "POST /api/v1/cases:remind": {Role.CLERK, Role.SUPERVISOR},
    "POST /api/v1/cases:assign": {Role.CLERK, Role.SUPERVISOR},
    "POST /api/v1/cases:check": CLERK,
    "POST /api/v1/cases:notice": CLERK,
    "GET /api/v1/drafts": CLERK,
    "GET /api/v1/drafts/{draft_id}": CLERK,
    "PUT /api/v1/drafts/{draft_id}": CLERK,
    "POST /api/v1/drafts/{draft_id}/takeover": CLERK,
    "DELETE /api/v1/drafts/{draft_id}": CLERK,
    "GET /api/v1/reader": CLERK,
    "GET /api/v1/session": PUBLIC,
    "GET /api/v1/cases": READERS,
    "GET /api/v1/cases/{case_no}": READERS,
    "GET /api/v1/cases/{case_no}/events": READERS,
    "GET /api/v1/cases/{case_no}/readings": WATCHERS,
    "GET /api/v1/cases/{case_no}/stream": READERS,
    "GET /api/v1/stream": READERS,
    "POST /api/v1/cases/{case_no}/supplements": CLERK,
    "POST /api/v1/cases/{case_no}/withdraw": CLERK,
    "GET /api/v1/cases/{case_no}/receipt.pdf": READERS,
    "GET /api/v1/cases/{case_no}/papers/{kind}.pdf": READERS,
    "POST /api/v1/papers/notice.pdf": CLERK,
    "POST /api/v1/cases/{case_no}/deferred": CLERK,
    "POST /api/v1/cases/{case_no}/fee": CLERK,
    "POST /api/v1/cases/{case_no}/passports/{paper_no}/counts": CLERK,
    "POST /api/v1/cases/{case_no}/collection": CLERK,
    "PUT /api/v1/cases/{case_no}/agent": CLERK,
    "POST /api/v1/cases/{case_no}/materials/{seq}/verified": CLERK,
    "POST /api/v1/cases/{case_no}/rating": PUBLIC,
    "GET /api/v1/handlings": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/decisions": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/take": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/release": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/proposals/{proposal_id}/confirm": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/proposals/{proposal_id}/return": {Role.OFFICER},
    "GET /api/v1/tasks": ANYBODY,
    "POST /api/v1/tasks/{task_id}/resolve": ANYBODY,
    "GET /api/v1/track": PUBLIC,
    "POST /api/v1/track/results": PUBLIC,
    "POST /api/v1/track/codes": PUBLIC,
    "GET /api/v1/cases/{case_no}/results/{handling_no}": READERS,
    "POST /api/v1/cases/{case_no}/result-code": CLERK,
    "GET /api/v1/outlets": ANYBODY,
    "PATCH /api/v1/outlets/{outlet_id}": {Role.OUTLET, Role.SUPERVISOR},
    "GET /api/v1/district": ANYBODY,
    "GET /api/v1/outlets/report": {Role.OUTLET, Role.CLERK, Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR},
    "GET /api/v1/couriers": POST | {Role.SUPERVISOR},
    "PATCH /api/v1/couriers/{courier_id}": {Role.OUTLET, Role.SUPERVISOR},
    "GET /api/v1/outlets/{outlet_id}/worklist": POST,
    "GET /api/v1/worklists/changes": POST,
    "POST /api/v1/suspensions": {Role.OUTLET, Role.SUPERVISOR},
    "GET /api/v1/parcels/{tracking_no}": ANYBODY,
    "GET /api/v1/parcels/{tracking_no}/label.pdf": POST | {Role.SUPERVISOR},
    "GET /api/v1/bags/{bag_no}/label.pdf": POST | {Role.SUPERVISOR},
    "POST /api/v1/parcels/{tracking_no}/handover": POST | {Role.SUPERVISOR},
    "POST /api/v1/pickups": ANYBODY,
    "GET /api/v1/partners/{partner}/deliveries": WATCHERS,
    "POST /api/v1/partners/{partner}/deliveries/{row_id}/replay": {Role.OPERATOR},
    "GET /api/v1/partners/{partner}/reconciliations": WATCHERS,
    "POST /api/v1/partners/{partner}/reconciliations": {Role.OPERATOR},
    "GET /api/v1/status": WATCHERS,
    "GET /api/v1/reports/{period}": WATCHERS,
    "GET /api/v1/measures": WATCHERS,
    "GET /api/v1/measures/{measure}/cases": WATCHERS,
    "POST /api/v1/cases/{case_no}/reminders": {Role.SUPERVISOR},
    "POST /api/v1/tasks/{task_id}/owner": {Role.SUPERVISOR},
    "POST /api/v1/legs/{leg_id}/courier": {Role.SUPERVISOR},
    "GET /api/v1/dashboard": WATCHERS,
    "GET /api/v1/cases/{case_no}/messages": READERS,
    "POST /api/v1/cases/{case_no}/messages/{message_id}/resend": {Role.CLERK, Role.SUPERVISOR},
    "POST /api/v1/cases/{case_no}/messages/choice": {Role.CLERK, Role.SUPERVISOR},
    "GET /api/v1/cases/{case_no}/letter.pdf": {Role.CLERK, Role.SUPERVISOR},
    "GET /api/v1/messages/counts": WATCHERS,
    "POST /api/v1/cases/{case_no}/phone": {Role.CLERK, Role.SUPERVISOR},
    "POST /api/v1/parcels/{tracking_no}/phone": POST | {Role.SUPERVISOR},
    "GET /api/v1/phone-views": {Role.SUPERVISOR, Role.AUDITOR},
    "POST /callbacks/sms": PUBLIC,
    "GET /api/v1/scan/start": POST,
    "GET /api/v1/scan/parcels": POST,
    "POST /api/v1/scans:batch": POST | {Role.SUPERVISOR},
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": PUBLIC,
    "GET /": PUBLIC,
    "GET /login": PUBLIC,
    "POST /login": PUBLIC,
    "POST /logout": PUBLIC,
    "GET /window": CLERK,
    "GET /window/live": CLERK,
    "GET /cases": READERS,
    "GET /cases/live": READERS,
    "GET /search": READERS,
    "POST /search": READERS,
    "GET /window/new": CLERK,
    "POST /window/new": CLERK,
    "POST /window/new/notice": CLERK,
    "GET /window/form/{code}": CLERK,
    "GET /window/materials/{code}": CLERK,
    "GET /window/{case_no}/done": CLERK,
    "GET /window/{case_no}/qr.svg": CLERK,
    "GET /window/{case_no}/receipt.png": CLERK,
    "GET /window/{case_no}": READERS,
    "GET /window/{case_no}/live": READERS,
    "GET /officer": {Role.OFFICER},
    "GET /officer/{handling_no}": {Role.OFFICER},
    "POST /officer/{handling_no}/letter": {Role.OFFICER},
    "GET /scan": POST,
    "GET /scan/shell": PUBLIC,
    "GET /scan/tasks": POST,
    "GET /sw.js": PUBLIC,
    "GET /supervisor": WATCHERS,
    "GET /supervisor/reports/{period}": WATCHERS,
    "GET /supervisor/measures/{measure}": WATCHERS,
    "GET /supervisor/cases": WATCHERS,
    "GET /supervisor/promises": WATCHERS,
    "GET /partner": WATCHERS,
    "GET /partner/deliveries/{line_id}": WATCHERS,
    "GET /partner/{what}.csv": WATCHERS,
    "GET /status": WATCHERS,
    "GET /audit": {Role.AUDITOR},
    "GET /audit/entries.csv": {Role.AUDITOR},
    "POST /audit/verify": {Role.AUDITOR},
    "GET /track": PUBLIC,
    "POST /track": PUBLIC,
    "POST /track/result": PUBLIC,
    "POST /track/code": PUBLIC,
    "POST /track/rating": PUBLIC,
    "POST /track/leave": PUBLIC,
    "GET /t/{token}": PUBLIC,
    "GET /track/{done}": PUBLIC,
    "GET /verify/{token}": PUBLIC,
    "GET /dev/parts": PUBLIC,
    "GET /docs": PUBLIC,
}


def routes():
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods):
                yield f"{method} {route.path}"


TABLE = list(routes())
FILL = {
    "{code}": "YZ-HRSS-001",
    "{sha256}": "0" * 64,
    "{case_no}": "500103209911230000010",
    "{handling_no}": "500103209911230000010",
    "{paper_no}": "500103209911230000010-P1",
    "{task_id}": "none",
    "{message_id}": "none",
    "{outlet_id}": "none",
    "{tracking_no}": "none",
    "{seq}": "1",
    "{kind}": "RECEIPT",
    "{period}": "2026-11",
    "{courier_id}": "none",
    "{measure}": "trips",
    "{leg_id}": "none",
    "{bag_no}": "BG-NONE",
    "{partner}": "sichuan",
    "{row_id}": "1",
    "{proposal_id}": "1",
    "{page}": "1",
    "{token}": "none",
    "{done}": "rating",
    "{line_id}": "1",
    "{what}": "cases",
    "{draft_id}": "0" * 32,
}


def concrete(route):
    method, _, path = route.partition(" ")
    for name, value in FILL.items():
        path = path.replace(name, value)
    assert "{" not in path, f"say in FILL what {path} stands for"
    return method, path


def test_every_route_has_a_rule_and_every_rule_a_route():
    assert sorted(TABLE) == sorted(RULES)


@pytest.mark.parametrize("route", [r for r in TABLE if RULES.get(r, PUBLIC) is not PUBLIC])
def test_a_stranger_is_sent_to_the_login(office, route):
    before = office.rows()
    method, path = concrete(route)
    answer = office.call(method, path)
    if path.startswith("/api/"):
        assert answer.status_code == 401
        assert answer.json()["detail"] == "请先登录"
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=%2F")
    assert office.rows() == before


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", [r for r in TABLE if RULES.get(r, PUBLIC) is not PUBLIC])
def test_a_role_gets_in_or_is_refused(office, route, role):
    before = office.rows()
    method, path = concrete(route)
    answer = office.call(method, path, role.value)
    if role in RULES[route]:
        assert answer.status_code not in (401, 403), "the role should have come further"
        assert answer.status_code < 500
    else:
        assert answer.status_code == 403
        assert "岗位" in answer.text
    assert office.rows() == before


def test_a_made_up_token_is_nobody(office):
    answer = office.call("GET", "/api/v1/cases", headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == 401


def test_after_logging_out_the_token_is_worth_nothing(office):
    token = office.call("POST", "/api/v1/login", body={"username": "clerk", "password": "demo"}).json()["token"]
    mine = {"Authorization": f"Bearer {token}"}
    assert office.call("GET", "/api/v1/tasks", headers=mine).status_code == 200
    assert office.call("POST", "/api/v1/logout", headers=mine).status_code == 204
    assert office.call("GET", "/api/v1/tasks", headers=mine).status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_told_alike(office):
    wrong = [
        office.call("POST", "/api/v1/login", body={"username": name, "password": "no"}) for name in ("clerk", "nobody")
    ]
    assert [answer.status_code for answer in wrong] == [401, 401]
    assert wrong[0].json() == wrong[1].json()
