"""Lists and searches: everybody sees what is of his own unit only."""

import pytest
from sqlalchemy import select

from domain.terms import Role
from storage.parcels.legs import LegRow
from tests.web.places import HERE, SIDES, THERE, settle
from tests.web.test_objects import ENDLESS, OBJECTS, parts_of
from tests.web.test_roles import FILL, RULES

PEOPLE = {HERE.who(role): role for role in Role if role is not Role.OPERATOR} | {"decides-here": Role.SUPERVISOR}
LISTS = [
    route
    for route, roles in RULES.items()
    if roles is not None and route.startswith("GET ") and not set(parts_of(route)) & OBJECTS.keys()
]
NO_LIST = {"GET /api/v1/account/factors", "GET /account/factors", "GET /api/v1/stream", *ENDLESS}
"""What is of oneself alone; what answers for as long as somebody listens (test_objects_named.py)."""
MORE = (
    "GET /api/v1/cases?q={case_no}",
    "GET /cases?q={case_no}&page=1",
    "GET /api/v1/tasks?case_no={case_no}",
    "GET /api/v1/tasks?resolved=true",
    "GET /api/v1/phone-views?caseNo={case_no}",
    "GET /api/v1/accounts?q={username}",
    "GET /api/v1/accounts?unit={unit_id}",
    "GET /accounts?unit={unit_id}",
    "GET /devices?outlet={outlet_id}",
    "GET /devices?username={username}",
    "GET /window/new?draft={draft_id}",
    "GET /supervisor/promises?outlet={outlet_id}",
    "GET /supervisor/cases?risk=late",
    "GET /supervisor/claims?state=OPENED",
    "GET /partner?network={partner}",
)
"""The same lists, asked for what is THERE."""
SEEN = {
    "clerk-here": {
        "case_no": ("GET /api/v1/cases", "GET /window", "GET /cases"),
        "draft_id": ("GET /api/v1/drafts",),
        "claim_id": ("GET /api/v1/claims",),
        "task": ("GET /api/v1/tasks", "GET /window"),
    },
    "officer-here": {"case_no": ("GET /api/v1/cases", "GET /api/v1/handlings", "GET /officer", "GET /cases")},
    "outlet-here": {
        "tracking_no": ("GET /api/v1/outlets/{outlet_id}/worklist",),
        "bag_no": ("GET /api/v1/outlets/{outlet_id}/worklist",),
        "task": ("GET /api/v1/tasks",),
    },
    "courier-here": {"tracking_no": ("GET /api/v1/outlets/{outlet_id}/worklist",)},
    "supervisor-here": {"case_no": ("GET /api/v1/cases", "GET /cases"), "task": ("GET /api/v1/tasks",)},
    "decides-here": {"case_no": ("GET /api/v1/cases",), "task": ("GET /api/v1/tasks",)},
    "auditor-here": {"case_no": ("GET /api/v1/cases",), "task": ("GET /api/v1/tasks",)},
    "security-here": {
        "username": ("GET /api/v1/accounts", "GET /accounts"),
        "unit_id": ("GET /api/v1/units", "GET /units"),
    },
}
"""So the lists are looked at which show something: what of one's own stands in which."""
KNOWN = {"GET /api/v1/scan/parcels": {"tracking_no"}}
"""What everybody who scans may know of any parcel of the district: number, place, stage, and nobody's name."""


@pytest.fixture(scope="module")
def two(office):
    return settle(office)


def where(route, two, side):
    path = route.partition(" ")[2]
    for name, value in FILL.items():
        if name[1:-1] not in OBJECTS and name not in ("{period}", "{what}"):
            path = path.replace(name, value)
    path = path.replace("{period}", "2026-11").replace("{what}", "cases")
    return two.of[side.name].fill(path, Role.SUPERVISOR)


def marks(two, side, role, part):
    theirs = two.of[side.name]
    return theirs.task.get(role, theirs.task[Role.SUPERVISOR]) if part == "task" else theirs.ids[part]


@pytest.mark.parametrize("who", PEOPLE)
def test_no_list_tells_of_another_unit(two, who):
    asked, told = 0, {}
    for route in (*LISTS, *MORE):
        if route in NO_LIST or PEOPLE[who] not in RULES[route.partition("?")[0]]:
            continue
        address = where(route, two, THERE)
        answer = two.call(who, "GET", address)
        assert answer.status_code < 500, route
        theirs = two.of[THERE.name]
        named = {mark for mark in theirs.marks() if mark in address} | {
            theirs.ids[part] for part in KNOWN.get(route, ())
        }
        found = {mark for mark in theirs.marks() - named if mark in answer.text}
        if found:
            told[route] = found
        asked += answer.status_code == 200
    assert told == {}
    assert asked > 5


@pytest.mark.parametrize("who", PEOPLE)
def test_what_is_ones_own_is_listed(two, who):
    missing = {
        (route, part)
        for part, routes in SEEN[who].items()
        for route in routes
        if marks(two, HERE, PEOPLE[who], part) not in two.call(who, "GET", where(route, two, HERE)).text
    }
    assert missing == set()


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
@pytest.mark.parametrize(("who", "route", "part"), [
    ("supervisor", "GET /api/v1/cases", "case_no"),
    ("supervisor", "GET /api/v1/tasks", "task"),
    ("auditor", "GET /api/v1/cases", "case_no"),
    ("auditor", "GET /api/v1/claims", "claim_id"),
    ("officer", "GET /api/v1/handlings", "case_no"),
    ("outlet", "GET /api/v1/scan/parcels", "tracking_no"),
    ("courier", "GET /api/v1/scan/parcels", "tracking_no"),
    ("operator", "GET /api/v1/tasks", "task"),
    ("operator", "GET /api/v1/accounts?size=100", "username"),
    ("security", "GET /api/v1/accounts?size=100", "username"),
])  # fmt: skip
def test_the_whole_district_and_the_whole_post_see_both_sides(two, who, route, part, side):
    """So the tests above look for the right thing."""
    assert marks(two, side, Role(who), part) in two.call(who, "GET", where(route, two, side)).text


@pytest.mark.parametrize(("who", "sees"), [
    ("clerk-here", [True, False]), ("officer-here", [True, False]), ("supervisor-here", [True, False]),
    ("decides-here", [True, False]), ("auditor-here", [True, False]), ("supervisor", [True, True]),
])  # fmt: skip
def test_a_search_finds_within_ones_unit(two, who, sees):
    found = []
    for side in SIDES:
        case_no = two.of[side.name].ids["case_no"]
        answer = two.call(who, "POST", "/search", data={"q": case_no}, headers={"X-Requested-With": "fetch"})
        assert answer.status_code == 200, answer.text
        found.append(f'href="/window/{case_no}' in answer.text)
    assert found == sees


def test_a_courier_sees_his_own_stops_alone(two):
    """Not even those of his outlet; what he scans of others counts all the same, under his name."""
    other = f"EA00000{HERE.serial + 1:04d}CN"
    with two.office.database.write() as session:
        leg = session.scalars(select(LegRow).filter_by(tracking_no=HERE.tracking_no)).one()
        values = {column.key: getattr(leg, column.key) for column in LegRow.__table__.columns}
        leg_id, sealer = leg.leg_id.replace("DELIVERY", "PICKUP"), two.office.app.state.context.sealer
        contact = sealer.seal(sealer.open(leg.contact, f"leg/{leg.leg_id}"), f"leg/{leg_id}")
        more = {"leg_id": leg_id, "leg": "PICKUP", "tracking_no": other, "contact": contact}
        session.add(LegRow(**values | more | {"courier_id": "shiyoulu-2"}))
    listed = {
        who: two.call(who, "GET", f"/api/v1/outlets/{HERE.outlet}/worklist").text
        for who in ("courier-here", "outlet-here", "courier")
    }
    assert [HERE.tracking_no in text for text in listed.values()] == [True, True, True]
    assert [other in text for text in listed.values()] == [False, True, True]
    seen = [two.call(who, "GET", f"/api/v1/parcels/{other}").status_code for who in listed]
    assert seen == [404, 200, 200]
