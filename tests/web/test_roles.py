"""Who may call what: every route × every role, from the route table. A route without a rule here is a mistake."""

import pytest
from fastapi.routing import APIRoute

from domain.terms import Role
from web.app import ROUTERS

ANYBODY = frozenset(Role)
PUBLIC = None
CLERK = {Role.CLERK}
READERS = {Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR}
OVERSEERS = {Role.SUPERVISOR, Role.AUDITOR}
WATCHERS = {Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR}
POST = {Role.OUTLET, Role.COURIER, Role.CLERK}
UPLOADERS = {Role.CLERK, Role.OFFICER, Role.OUTLET, Role.COURIER}
TASKS = {Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.OUTLET, Role.OPERATOR}
KEEPER = {Role.SECURITY}

RULES = {
    "POST /api/v1/login": PUBLIC,
    "POST /api/v1/logout": PUBLIC,
    "POST /api/v1/login/password": PUBLIC,
    "POST /api/v1/login/second": PUBLIC,
    "POST /api/v1/login/second/key:ask": PUBLIC,
    "POST /api/v1/login/second/key": PUBLIC,
    "POST /api/v1/login/certificate:ask": PUBLIC,
    "POST /api/v1/login/certificate": PUBLIC,
    "GET /api/v1/account/factors": ANYBODY,
    "POST /api/v1/account/factors": ANYBODY,
    "POST /api/v1/account/factors/app/confirm": ANYBODY,
    "DELETE /api/v1/account/factors/app": ANYBODY,
    "POST /api/v1/account/factors/keys:ask": ANYBODY,
    "POST /api/v1/account/factors/keys": ANYBODY,
    "DELETE /api/v1/account/factors/keys/{key_id}": ANYBODY,
    "POST /api/v1/account/factors/codes": ANYBODY,
    "GET /login/second": PUBLIC,
    "POST /login/second": PUBLIC,
    "POST /login/second/app": PUBLIC,
    "GET /login/oidc": PUBLIC,
    "GET /login/oidc/callback": PUBLIC,
    "GET /login/oidc/leave": PUBLIC,
    "POST /login/oidc/ended": PUBLIC,
    "GET /account/factors": ANYBODY,
    "POST /api/v1/account/password": ANYBODY,
    "GET /api/v1/account/sessions": ANYBODY,
    "DELETE /api/v1/account/sessions": ANYBODY,
    "DELETE /api/v1/account/sessions/{session_id}": ANYBODY,
    "GET /api/v1/accounts": KEEPER | {Role.OPERATOR},
    "POST /api/v1/accounts": KEEPER,
    "GET /api/v1/accounts/{username}": KEEPER,
    "POST /api/v1/accounts/{username}/disable": KEEPER,
    "POST /api/v1/accounts/{username}/enable": KEEPER,
    "POST /api/v1/accounts/{username}/password": KEEPER,
    "POST /api/v1/accounts/{username}/role": KEEPER,
    "GET /api/v1/accounts/{username}/sessions": KEEPER,
    "DELETE /api/v1/accounts/{username}/sessions": KEEPER,
    "DELETE /api/v1/accounts/{username}/sessions/{session_id}": KEEPER,
    "POST /api/v1/accounts/{username}/unit": KEEPER,
    "GET /api/v1/units": KEEPER | WATCHERS,
    "POST /api/v1/units": KEEPER,
    "POST /api/v1/units/{unit_id}/disable": KEEPER,
    "POST /api/v1/units/{unit_id}/enable": KEEPER,
    "GET /api/v1/items": ANYBODY,
    "GET /api/v1/items/{code}": ANYBODY,
    "GET /api/v1/items/{code}/form": ANYBODY,
    "GET /api/v1/licences": ANYBODY,
    "GET /api/v1/regions": ANYBODY,
    "POST /api/v1/routes": ANYBODY,
    "GET /api/v1/agreements": ANYBODY,
    "PUT /api/v1/agreements": {Role.SUPERVISOR},
    "PUT /api/v1/documents/{sha256}": UPLOADERS,
    "POST /api/v1/documents": UPLOADERS,
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
    "POST /api/v1/session": PUBLIC,
    "GET /api/v1/cases": READERS,
    "GET /api/v1/cases/{case_no}": READERS,
    "GET /api/v1/cases/{case_no}/events": READERS,
    "GET /api/v1/cases/{case_no}/readings": OVERSEERS,
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
    "POST /api/v1/cases/{case_no}/claims": CLERK,
    "GET /api/v1/cases/{case_no}/claims": READERS,
    "GET /api/v1/claims": READERS - {Role.OFFICER},
    "POST /api/v1/claims/{claim_id}/steps": {Role.CLERK, Role.SUPERVISOR},
    "GET /api/v1/claims/{claim_id}/papers/{kind}.pdf": {Role.CLERK, Role.SUPERVISOR},
    "GET /api/v1/handlings": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/decisions": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/take": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/release": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/proposals/{proposal_id}/confirm": {Role.OFFICER},
    "POST /api/v1/handlings/{handling_no}/proposals/{proposal_id}/return": {Role.OFFICER},
    "GET /api/v1/tasks": TASKS | {Role.AUDITOR, Role.COURIER},
    "POST /api/v1/tasks/{task_id}/resolve": TASKS,
    "POST /api/v1/tasks/{task_id}/proposals/{proposal_id}/confirm": TASKS,
    "POST /api/v1/tasks/{task_id}/proposals/{proposal_id}/return": TASKS,
    "GET /api/v1/track": PUBLIC,
    "POST /api/v1/track/results": PUBLIC,
    "POST /api/v1/track/codes": PUBLIC,
    "GET /api/v1/cases/{case_no}/results/{handling_no}": READERS,
    "POST /api/v1/cases/{case_no}/result-code": CLERK,
    "GET /api/v1/outlets": ANYBODY,
    "PATCH /api/v1/outlets/{outlet_id}": {Role.OUTLET, Role.SUPERVISOR},
    "GET /api/v1/district": ANYBODY,
    "GET /api/v1/outlets/report": {Role.OUTLET} | OVERSEERS,
    "GET /api/v1/couriers": POST | {Role.SUPERVISOR},
    "PATCH /api/v1/couriers/{courier_id}": {Role.OUTLET, Role.SUPERVISOR},
    "GET /api/v1/outlets/{outlet_id}/worklist": POST,
    "GET /api/v1/worklists/changes": POST,
    "GET /api/v1/suspensions": {Role.OUTLET} | OVERSEERS,
    "POST /api/v1/suspensions": {Role.OUTLET, Role.SUPERVISOR},
    "POST /api/v1/suspensions/{suspension_id}:confirm": {Role.SUPERVISOR},
    "POST /api/v1/suspensions/{suspension_id}:end": {Role.OUTLET, Role.SUPERVISOR},
    "POST /api/v1/suspensions/{suspension_id}:withdraw": {Role.OUTLET, Role.SUPERVISOR},
    "GET /api/v1/parcels/{tracking_no}": READERS | POST,
    "GET /api/v1/parcels/{tracking_no}/label.pdf": POST | {Role.SUPERVISOR},
    "GET /api/v1/bags/{bag_no}/label.pdf": POST | {Role.SUPERVISOR},
    "POST /api/v1/parcels/{tracking_no}/handover": POST | {Role.SUPERVISOR},
    "POST /api/v1/pickups": POST | {Role.SUPERVISOR},
    "GET /api/v1/partners/{partner}/deliveries": WATCHERS,
    "POST /api/v1/partners/{partner}/deliveries/{row_id}/replay": {Role.OPERATOR},
    "GET /api/v1/partners/{partner}/reconciliations": WATCHERS,
    "POST /api/v1/partners/{partner}/reconciliations": {Role.OPERATOR},
    "GET /api/v1/status": WATCHERS,
    "GET /api/v1/reports/{period}": OVERSEERS,
    "GET /api/v1/measures": OVERSEERS,
    "GET /api/v1/measures/{measure}/cases": OVERSEERS,
    "POST /api/v1/cases/{case_no}/reminders": {Role.SUPERVISOR},
    "POST /api/v1/tasks/{task_id}/owner": {Role.SUPERVISOR},
    "POST /api/v1/legs/{leg_id}/courier": {Role.SUPERVISOR},
    "GET /api/v1/cases/{case_no}/legs/{leg_id}/changes": CLERK,
    "POST /api/v1/cases/{case_no}/legs/{leg_id}/changes": CLERK,
    "GET /api/v1/dashboard": OVERSEERS,
    "GET /api/v1/cases/{case_no}/messages": READERS,
    "POST /api/v1/cases/{case_no}/messages/{message_id}/resend": {Role.CLERK, Role.SUPERVISOR},
    "POST /api/v1/cases/{case_no}/messages/choice": {Role.CLERK, Role.SUPERVISOR},
    "GET /api/v1/cases/{case_no}/letter.pdf": {Role.CLERK, Role.SUPERVISOR},
    "GET /api/v1/messages/counts": OVERSEERS,
    "POST /api/v1/cases/{case_no}/phone": {Role.CLERK, Role.SUPERVISOR},
    "POST /api/v1/parcels/{tracking_no}/phone": POST | {Role.SUPERVISOR},
    "GET /api/v1/phone-views": OVERSEERS,
    "POST /api/v1/cases/{case_no}/unmask": {Role.CLERK, Role.OFFICER},
    "GET /api/v1/cases/{case_no}/personal-data": CLERK,
    "POST /api/v1/cases/{case_no}/consent/withdraw": CLERK,
    "POST /api/v1/cases/{case_no}/retention-hold": {Role.SUPERVISOR},
    "POST /callbacks/sms": PUBLIC,
    "GET /api/v1/devices": {Role.OUTLET, Role.SUPERVISOR, Role.SECURITY},
    "POST /api/v1/devices:invite": {Role.OUTLET, Role.SUPERVISOR, Role.SECURITY},
    "POST /api/v1/devices:enrol": POST | {Role.SUPERVISOR},
    "POST /api/v1/devices/{device_id}/revoke": {Role.OUTLET, Role.SUPERVISOR, Role.SECURITY},
    "GET /api/v1/scan/device": PUBLIC,
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
    "GET /login/password": PUBLIC,
    "POST /login/password": PUBLIC,
    "GET /account": ANYBODY,
    "POST /account/password": ANYBODY,
    "POST /account/sessions": ANYBODY,
    "GET /accounts": KEEPER | {Role.OPERATOR},
    "POST /accounts": KEEPER,
    "GET /accounts/{username}": KEEPER,
    "POST /accounts/{username}": KEEPER,
    "GET /units": KEEPER,
    "POST /units": KEEPER,
    "GET /units/{unit_id}": KEEPER,
    "POST /units/{unit_id}": KEEPER,
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
    "GET /devices": {Role.OUTLET, Role.SUPERVISOR, Role.SECURITY},
    "POST /devices": {Role.OUTLET, Role.SUPERVISOR, Role.SECURITY},
    "POST /devices/{device_id}": {Role.OUTLET, Role.SUPERVISOR, Role.SECURITY},
    "GET /sw.js": PUBLIC,
    "GET /supervisor": OVERSEERS,
    "GET /supervisor/reports/{period}": OVERSEERS,
    "GET /supervisor/measures/{measure}": OVERSEERS,
    "GET /supervisor/cases": OVERSEERS,
    "GET /supervisor/promises": OVERSEERS,
    "GET /supervisor/claims": OVERSEERS,
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
    "POST /track/change": PUBLIC,
    "POST /track/personal-data": PUBLIC,
    "POST /track/consent": PUBLIC,
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
    "{claim_id}": "500103209911230000010-C1",
    "{task_id}": "none",
    "{message_id}": "none",
    "{outlet_id}": "none",
    "{suspension_id}": "0",
    "{tracking_no}": "none",
    "{seq}": "1",
    "{kind}": "RECEIPT",
    "{period}": "2026-11",
    "{courier_id}": "none",
    "{device_id}": "none",
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
    "{what}": "deliveries",
    "{draft_id}": "0" * 32,
    "{username}": "none",
    "{unit_id}": "none",
    "{session_id}": "0" * 16,
    "{key_id}": "0" * 64,
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


def test_who_runs_the_system_takes_no_list_of_cases_along(office):
    for role, status in (("operator", 403), ("supervisor", 200)):
        assert office.call("GET", "/partner/cases.csv?network=sichuan", role).status_code == status
