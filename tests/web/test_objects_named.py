"""What a request's body or query names is one's own unit's; a field that may name an object is accounted for."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from domain.terms import Role
from tests.web.office import YUBEI, case_body
from tests.web.places import HERE, THERE, settle
from tests.web.test_roles import RULES
from web.app import ROUTERS


@pytest.fixture(scope="module")
def two(office):
    return settle(office)


def of_body(two, side):
    """Route → who calls it, with what, and what another unit's is answered with."""
    ids, now = two.of[side.name].ids, datetime.now(UTC)
    own = two.of[HERE.name].ids
    window = {"fromAt": now.isoformat(), "toAt": (now + timedelta(hours=1)).isoformat()}
    suspension = {"outletId": side.outlet, "reason": "暴雨", "sourceNo": "渝气预1号", **window}
    account = {"username": f"new-{side.name}", "role": "clerk", "unit": side.hall, "courierId": None}
    unit = {"id": f"street-{side.name}", "kind": "street", "name": "乙街道", "parent": side.hall, "ref": ""}
    body = case_body(two.office, 9, region=YUBEI)
    electronic = next(material for material in body["materials"] if material["provided"] == "electronic")
    electronic["sha256"] = ids["sha256"]
    place = body["materials"].index(electronic)
    claim = {
        "legId": ids["leg_id"], "kind": "LOST", "service": "registered", "behalf": "applicant", "papers": [],
        "documents": [], "evidence": [], "statement": "没有收到", "whole": True, "gross": False, "askedFen": 100,
    }  # fmt: skip
    case = f"/api/v1/cases/{own['case_no']}"
    to, sent_to = (
        {"caseNo": ids["case_no"], "to": HERE.who(Role.CLERK), "seen": side.who(Role.CLERK)},
        side.who(Role.CLERK),
    )
    yield "POST /api/v1/cases:remind", None, "clerk", {"cases": [ids["case_no"]], "reason": "请尽快"}, "CASE_UNKNOWN"
    yield "POST /api/v1/cases:assign", None, "clerk", {"rows": [to]}, "CASE_UNKNOWN"
    mine = {"caseNo": own["case_no"], "to": sent_to, "seen": HERE.who(Role.CLERK)}
    yield "POST /api/v1/cases:assign", None, "clerk", {"rows": [mine]}, "CLERK_UNKNOWN"
    yield "POST /api/v1/documents:join", None, "clerk", {"pages": [ids["sha256"]]}, "DOCUMENT_UNKNOWN"
    yield "POST /api/v1/cases", None, "clerk", body, f"DOCUMENT_UNKNOWN materials.{place}.sha256"
    yield "POST /api/v1/cases/{case_no}/claims", f"{case}/claims", "clerk", claim, "LEG_UNKNOWN"
    yield "POST /api/v1/suspensions", None, "outlet", suspension, "OTHER_OUTLET"
    yield "POST /api/v1/units", None, "security", unit, "UNIT_UNKNOWN"
    yield "POST /api/v1/accounts", None, "security", account, "UNIT_UNKNOWN"
    place = {"unit": side.hall, "courierId": None}
    yield "POST /api/v1/accounts/{username}/unit", "/api/v1/accounts/spare-here/unit", "security", place, "UNIT_UNKNOWN"


def said(answer):
    """The codes of an answer, of its fields and of its lines."""
    told = answer.json()
    fields = [f"{told.get('code')} {error['field']}" for error in told.get("errors") or []]
    return {told.get("code"), *fields, *(line["code"] for line in told.get("lines", []))}


@pytest.mark.parametrize("number", range(10))
def test_what_a_body_names_is_ones_own(two, number):
    route, path, role, theirs, refused = list(of_body(two, THERE))[number]
    ours = list(of_body(two, HERE))[number][3]
    method, _, address = route.partition(" ")
    before = two.office.rows()
    answer = two.call(f"{role}-here", method, path or address, theirs)
    assert refused in said(answer), answer.text
    after = two.office.rows()
    assert {name for name, count in after.items() if count != before[name]} <= {"idempotency"}
    answer = two.call(f"{role}-here", method, path or address, ours)
    assert refused not in said(answer), answer.text


@pytest.mark.parametrize("who", ["clerk-here", "officer-here", "supervisor-here", "auditor-here"])
@pytest.mark.parametrize("path", [
    "/api/v1/stream?case={case_no}", "/api/v1/documents/{sha256}?caseNo={case_no}",
    "/api/v1/documents/{sha256}/pages?caseNo={case_no}",
])  # fmt: skip
def test_what_a_query_names_is_ones_own(two, who, path):
    answer = two.call(who, "GET", two.of[THERE.name].fill(path, Role.SUPERVISOR))
    assert (answer.status_code, answer.json()["code"][-8:]) == (404, "_UNKNOWN")


def test_an_auditor_reads_a_document_by_the_case_that_he_names(two):
    path = two.of[HERE.name].fill("/api/v1/documents/{sha256}?caseNo={case_no}", Role.AUDITOR)
    assert two.call("auditor-here", "GET", path).status_code == 200


def test_a_side_of_a_handover_is_an_outlets_own(two):
    path = f"/api/v1/parcels/{THERE.tracking_no}/handover"
    sides = {"fromParty": THERE.outlet, "toParty": HERE.outlet}
    given = two.call("outlet-here", "POST", path, sides | {"side": "GIVE"})
    assert given.status_code in (403, 422) and given.json()["code"] != "PARCEL_UNKNOWN"
    foreign = {"fromParty": THERE.outlet, "toParty": "daping", "side": "TAKE"}
    assert two.call("outlet-here", "POST", path, foreign).status_code in (403, 422)


NAMES = re.compile(
    r"[Cc]ase|[Hh]andling|[Ll]eg|[Pp]arcel|[Tt]racking|[Oo]utlet|[Cc]ourier|[Uu]nit|[Dd]raft|[Cc]laim|[Tt]ask|[Bb]ag"
    r"|[Pp]artner|[Pp]arty|[Nn]etwork|sha256|user|[Kk]eeper|parent|pages|documents|proofs|^rows$|Id$|^id$"
)
NAMED = {
    "case": "GET /api/v1/stream: CASE_UNKNOWN, above",
    "caseNo": "above",
    "case_no": "GET /api/v1/tasks: nothing is listed, above",
    "cases": "above",
    "rows": "above",
    "pages": "above; of /cases a material's number of them",
    "sha256": "of one's own uploads, above",
    "deviceId": "scans and enrolment: by the device's own key (tests/unit/web/test_devices.py)",
    "documents": "of a claim: of its case (storage/parcels/claims)",
    "proofs": "of one's own uploads",
    "legId": "above",
    "outlet": "GET /supervisor/promises: nothing is listed, above",
    "outletId": "above",
    "unit": "above",
    "parent": "above",
    "courierId": "test_units.py",
    "courier": "the page of what the API does",
    "draft": "GET /window/new: not there, above",
    "network": "GET /partner: not there, above",
    "handlingNo": "of the case that the address names",
    "handlingRegion": "a region, public",
    "handlings": "regions of a new case, public",
    "username": "a new account's name",
    "couriers": "how many an outlet has",
    "id": "a new unit's name",
    "fromParty": "above",
    "toParty": "above",
}
"""Fields of bodies and queries that sound like somebody's object → where it is seen that they are judged."""


def fields_of(annotation) -> Iterator[str]:
    for each in getattr(annotation, "__args__", ()):
        yield from fields_of(each)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield field.alias or name
            yield from fields_of(field.annotation)


def asked_by(dependant: Dependant) -> Iterator[str]:
    for each in dependant.query_params:
        yield each.alias
    for each in dependant.body_params:
        yield each.alias
        yield from fields_of(each.field_info.annotation)
    for further in dependant.dependencies:
        yield from asked_by(further)


def test_every_field_that_may_name_an_object_is_accounted_for():
    asked = {
        field
        for router in ROUTERS
        for route in router.routes
        if any(RULES[f"{method} {route.path}"] is not None for method in route.methods)
        for field in asked_by(route.dependant)
    }
    assert {field for field in asked if NAMES.search(field)} - {"wanted", "given", "asked"} == NAMED.keys()
