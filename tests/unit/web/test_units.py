"""Units over HTTP: listed, added below one's own, closed with everybody who stands there."""

import pytest
from sqlalchemy import select

from domain.terms import Role
from storage.audit.chain import AuditRow
from storage.cases.rows import CaseRow
from tests.unit.web.logins import code

BASE = "/api/v1/units"
STREET = {"id": "street-1", "kind": "street", "name": "解放碑街道便民中心", "parent": "hall"}


def keeper(hall):
    return hall.as_(Role.SECURITY)


def added(hall, **more):
    answer = keeper(hall).post(BASE, json=STREET | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_unit_is_added_and_listed_with_all_there_are(hall):
    made = added(hall)
    assert made == STREET | {"ref": "", "active": True, "kindLabel": "街道便民中心"}
    listed = keeper(hall).get(BASE).json()["units"]
    assert made in listed
    assert {"district", "hall", "post", "daping", "sichuan", "dept-hrss"} <= {unit["id"] for unit in listed}
    assert hall.as_(Role.OPERATOR).get(BASE).json()["units"] == listed


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"parent": "nowhere"}, (404, "UNIT_UNKNOWN")),
        ({"id": "hall"}, (409, "UNIT_TAKEN")),
        ({"kind": "post", "parent": "district"}, (422, "UNIT_KIND")),
        ({"parent": "post"}, (422, "UNIT_PARENT")),
        ({"ref": "公安"}, (422, "UNIT_REF")),
        ({"kind": "department", "parent": "district"}, (422, "UNIT_REF")),
        ({"id": "Street 1"}, (422, "INVALID")),
        ({"name": ""}, (422, "INVALID")),
    ],
)
def test_what_fits_nowhere_is_refused(hall, more, said):
    before = keeper(hall).get(BASE).json()
    assert code(keeper(hall).post(BASE, json=STREET | more)) == said
    assert keeper(hall).get(BASE).json() == before


def test_who_stands_where_it_is_closed_is_out_at_once_and_what_he_did_stays(hall):
    added(hall)
    clerk = hall.as_user("wangmin", Role.CLERK, "street-1")
    case_no = hall.started()
    assert clerk.get(f"/api/v1/cases/{case_no}").status_code == 404  # the hall's
    assert keeper(hall).post(f"{BASE}/street-1/disable").json()["active"] is False
    assert code(clerk.get("/api/v1/cases")) == (401, "LOGIN")
    assert code(hall.as_(Role.SECURITY).post(
        "/api/v1/accounts", json={"username": "zhang", "role": "clerk", "unit": "street-1"}
    )) == (404, "UNIT_UNKNOWN")  # fmt: skip
    assert keeper(hall).post(f"{BASE}/street-1/enable").json()["active"] is True
    with hall.database.read() as session:
        told = {(row.kind, row.actor, row.action, row.subject) for row in session.scalars(select(AuditRow))}
    assert ("CHANGE", "security", f"POST {BASE}", "street-1") in told
    assert ("CHANGE", "security", f"POST {BASE}/{{unit_id}}/disable", "street-1") in told


def test_nobody_closes_where_he_stands_himself(hall):
    added(hall)
    mine = hall.as_user("keeper-hall", Role.SECURITY, "hall")
    assert code(keeper(hall).post(f"{BASE}/district/disable")) == (409, "OWN_UNIT")
    assert code(mine.post(f"{BASE}/hall/disable")) == (409, "OWN_UNIT")
    assert mine.post(f"{BASE}/street-1/disable").status_code == 200


def test_a_case_is_the_unit_s_that_took_it_in_and_is_seen_from_above(hall):
    added(hall)
    street = hall.as_user("wangmin", Role.CLERK, "street-1")
    case_no = hall.started()
    with hall.database.write() as session:
        session.get_one(CaseRow, case_no).unit_id = "street-1"
    path = f"/api/v1/cases/{case_no}"
    assert [client.get(path).status_code for client in (street, hall.as_(), hall.as_(Role.SUPERVISOR))] == [200] * 3
    north = added(hall, id="hall-north", kind="hall", parent="district")
    assert hall.as_user("other", Role.CLERK, north["id"]).get(path).status_code == 404
