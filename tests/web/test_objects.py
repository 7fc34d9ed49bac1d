"""Whose object it is: every route that names one × everybody at his place × his own and another unit's object.

Generated from the route table; what has no rule here lets the test fail.
"""

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from domain.terms import Role
from storage.audit.chain import AuditRow
from tests.web.places import HERE, THERE, settle
from tests.web.test_roles import FILL, RULES, TABLE
from web.security.objects import JUDGED_BY_THE_ROUTE, JUDGES, OF_NOBODY, PARTS

PEOPLE = {HERE.who(role): role for role in Role if role is not Role.OPERATOR} | {
    "operator": Role.OPERATOR,
    "decides-here": Role.SUPERVISOR,
    "watches-here": Role.SUPERVISOR,
    "post-supervisor": Role.SUPERVISOR,
}
"""Login → role: each at one place of HERE; who runs the system and who supervises the post cover both sides."""


@dataclass(frozen=True)
class Rule:
    """Of one part of an address: who has such objects, on his own side or on both, and what is said of others'."""

    refused: tuple[int, str]
    own: frozenset[str]
    both: frozenset[str] = frozenset()


def rule(status, code, own, both=()):
    who = {name if name in PEOPLE else HERE.who(Role(name)) for name in own.split()}
    return Rule((status, code), frozenset(who), frozenset(both))


OBJECTS = {
    "case_no": rule(404, "CASE_UNKNOWN", "clerk officer supervisor auditor decides-here"),
    "handling_no": rule(404, "HANDLING_UNKNOWN", "officer"),
    "task_id": rule(404, "TASK_UNKNOWN", "clerk outlet supervisor decides-here", ["operator", "post-supervisor"]),
    "claim_id": rule(404, "CLAIM_UNKNOWN", "clerk supervisor decides-here"),
    "leg_id": rule(404, "LEG_UNKNOWN", "supervisor decides-here", ["post-supervisor"]),
    "tracking_no": rule(
        404, "PARCEL_UNKNOWN", "clerk officer outlet courier supervisor auditor decides-here", ["post-supervisor"]
    ),
    "bag_no": rule(404, "BAG_UNKNOWN", "clerk outlet courier", ["post-supervisor"]),
    "draft_id": rule(404, "DRAFT_UNKNOWN", "clerk"),
    "username": rule(404, "ACCOUNT_UNKNOWN", "security"),
    "unit_id": rule(404, "UNIT_UNKNOWN", "security"),
    "outlet_id": rule(403, "OTHER_OUTLET", "outlet courier", ["post-supervisor"]),
    "courier_id": rule(403, "OTHER_OUTLET", "outlet", ["post-supervisor"]),
    "suspension_id": rule(403, "OTHER_OUTLET", "outlet", ["post-supervisor"]),
    "device_id": rule(403, "OTHER_OUTLET", "outlet", ["post-supervisor"]),
    "partner": rule(404, "PARTNER_UNKNOWN", "watches-here", ["operator"]),
    "line_id": rule(404, "DELIVERY_UNKNOWN", "watches-here", ["operator"]),
    "sha256": rule(404, "DOCUMENT_UNKNOWN", "clerk officer supervisor decides-here"),  # the auditor by a case he names
}
OF_ONESELF = {
    "PUT /api/v1/documents/{sha256}": "what is being uploaded is nobody's yet",
    "DELETE /api/v1/account/factors/keys/{key_id}": "one's own key (tests/unit/web/test_own_factors.py)",
}
TAKES_A_SIDE = "POST /api/v1/parcels/{tracking_no}/handover"
"""Who takes a parcel over has it only afterwards: an outlet and a courier are judged by the parties that they name."""
ENDLESS = ("GET /api/v1/cases/{case_no}/stream",)
"""What answers for as long as somebody listens: that its own reader is let in is seen in test_streams_http.py."""
NONE = "none00000000000000000"


def parts_of(route):
    return re.findall(r"{(\w+)}", route)


def judged(route):
    """The part that names the object: what stands behind a case in an address is a part of the case."""
    found = [part for part in parts_of(route) if part in OBJECTS]
    return "case_no" if "case_no" in found else found[0] if found else None


ROUTES = [route for route in TABLE if judged(route) and RULES[route] is not None and route not in OF_ONESELF]
ORDER = ("GET", "PUT", "PATCH", "POST", "DELETE")


@pytest.fixture(scope="module")
def two(office):
    return settle(office)


BODIES = {
    "POST /api/v1/devices/{device_id}/revoke": {"reason": "LOST"},
    "POST /api/v1/suspensions/{suspension_id}:end": {"reason": "已恢复"},
    "POST /api/v1/suspensions/{suspension_id}:withdraw": {"reason": "登记错了"},
    "POST /api/v1/tasks/{task_id}/resolve": {"outcome": "acknowledge", "reason": "已处理"},
    "POST /api/v1/tasks/{task_id}/proposals/{proposal_id}/confirm": {"lines": 1},
    "POST /api/v1/tasks/{task_id}/proposals/{proposal_id}/return": {"reason": "不同意"},
    "POST /api/v1/tasks/{task_id}/owner": {"owner": "operator", "reason": "请处理"},
    "POST /api/v1/accounts/{username}/role": {"role": "clerk"},
    "POST /api/v1/accounts/{username}/unit": {"unit": None, "courierId": None},
    "POST /api/v1/handlings/{handling_no}/take": {"from": None},
    "POST /api/v1/handlings/{handling_no}/decisions": {"event": "RECEIVED", "payload": {}},
    "POST /api/v1/cases/{case_no}/withdraw": {"reason": "不办了"},
    "POST /api/v1/cases/{case_no}/unmask": {"fields": ["name"], "reason": "CONTACT"},
    "POST /api/v1/cases/{case_no}/reminders": {"reason": "请今天办理"},
    "POST /api/v1/claims/{claim_id}/steps": {"step": "withdraw", "version": 1, "words": "找到了"},
    "POST /api/v1/parcels/{tracking_no}/phone": {"reason": "约时间"},
    "PATCH /api/v1/outlets/{outlet_id}": {"open": False},
    "PATCH /api/v1/couriers/{courier_id}": {"onDuty": False},
}
"""With these a request would go through, were it one's own; it is sent without where it should."""


def asked(two, who, route, side, *, whole=False):
    method, _, path = route.partition(" ")
    body = BODIES.get(route) if whole else None
    answer = two.call(who, method, two.of[side.name].fill(path, PEOPLE[who]), body)
    assert answer.status_code < 500, f"{who}: {route}: {answer.text[:200]}"
    code = answer.json().get("code") if answer.headers.get("content-type", "").startswith("application/problem") else ""
    return answer.status_code, code


def refusal(route, who):
    status, code = OBJECTS[judged(route)].refused
    return (status, code if "/api/" in route else "")


def test_every_part_of_every_address_has_its_rule():
    parts = {part for route in TABLE if RULES[route] is not None for part in parts_of(route)}
    assert parts <= JUDGES.keys() | PARTS | JUDGED_BY_THE_ROUTE | OF_NOBODY
    assert JUDGES.keys() | JUDGED_BY_THE_ROUTE == OBJECTS.keys() | {"key_id"}
    assert OF_ONESELF.keys() <= set(TABLE)


@pytest.mark.parametrize("who", PEOPLE)
def test_anothers_is_not_there_and_nothing_happens_to_it(two, who):
    before, seen, wanted = two.office.rows(), {}, {}
    for route in ROUTES:
        if route == TAKES_A_SIDE and PEOPLE[who] in (Role.OUTLET, Role.COURIER):
            continue
        if PEOPLE[who] not in RULES[route]:
            wanted[route] = (403, "ROLE" if "/api/" in route else "")
        elif who in OBJECTS[judged(route)].both:
            continue
        else:
            wanted[route] = refusal(route, who)
        seen[route] = asked(two, who, route, THERE, whole=True)
    assert seen == wanted
    assert two.office.rows() == before


@pytest.mark.parametrize("who", PEOPLE)
def test_what_is_not_his_to_see_at_all_is_not_there_on_his_own_side_either(two, who):
    seen, wanted = {}, {}
    for route in ROUTES:
        rule = OBJECTS[judged(route)]
        if PEOPLE[who] in RULES[route] and who not in rule.own | rule.both and route != TAKES_A_SIDE:
            seen[route], wanted[route] = asked(two, who, route, HERE, whole=True), refusal(route, who)
            if (judged(route), PEOPLE[who]) == ("task_id", Role.OFFICER):
                wanted[route] = (403, "ROLE")  # of his own case, but for others to decide
    assert seen == wanted


@pytest.mark.parametrize("who", PEOPLE)
def test_his_own_is_there(two, who):
    """Whatever else a request without a body lacks; what changes most comes last."""
    refused, reached = {}, 0
    for route in sorted(ROUTES, key=lambda route: ORDER.index(route.split()[0])):
        rule = OBJECTS[judged(route)]
        if PEOPLE[who] not in RULES[route] or who not in rule.own | rule.both or route in ENDLESS:
            continue
        sides = (HERE, THERE) if who in rule.both else (HERE,)
        answers = [asked(two, who, route, side) for side in sides]
        wrong = [each for each in answers if each[0] in (401, 403) or each == refusal(route, who)]
        if wrong:
            refused[route] = wrong
        reached += 1
    assert refused == {}
    assert reached > 0


@pytest.mark.parametrize("part", [part for part, rule in OBJECTS.items() if rule.refused[0] == 404])
def test_anothers_is_told_like_one_that_does_not_exist(two, part):
    """So nobody learns from an answer what other units have."""
    looked = 0
    for route in (route for route in ROUTES if judged(route) == part and "/api/" in route):
        for who in sorted(OBJECTS[part].own):
            if PEOPLE[who] in RULES[route] and route != TAKES_A_SIDE:
                method, _, path = route.partition(" ")
                theirs = two.of[THERE.name].fill(path, PEOPLE[who])
                nothing = two.of[THERE.name].fill(path.replace(f"{{{part}}}", NOTHING.get(part, NONE)), PEOPLE[who])
                answers = [two.call(who, method, where) for where in (theirs, nothing)]
                told = [(each.status_code, each.json()["code"], each.json()["detail"]) for each in answers]
                assert told[0] == told[1] or part == "draft_id", route
                looked += 1
    assert looked > 0 or part == "line_id"


NOTHING = {"sha256": "e" * 64, "draft_id": "e" * 32, "line_id": "999999", "partner": "narnia"}


def test_who_reached_for_anothers_is_on_the_record(two):
    case_no = two.of[THERE.name].ids["case_no"]
    refused = select(func.count()).select_from(AuditRow).filter_by(kind="REFUSAL", subject=case_no, actor="clerk-here")
    with two.office.database.read() as session:
        before = session.scalar(refused)
    assert two.call("clerk-here", "GET", f"/api/v1/cases/{case_no}").status_code == 404
    with two.office.database.read() as session:
        assert session.scalar(refused) == before + 1


def test_the_routes_of_the_table_are_all_asked():
    assert len(ROUTES) > 70
    assert all(name in FILL for route in TABLE for name in (f"{{{part}}}" for part in parts_of(route)))
