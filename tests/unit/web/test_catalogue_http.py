"""`/items`, `/routes`, `/agreements` and what a case keeps of its item, over HTTP."""

import pytest
from sqlalchemy import func, select

from catalog.agreement_list import export_agreements, seeded
from catalog.exchange import export_csv, plan_import
from catalog.items import load
from domain.terms import Role
from storage.catalogue import ListKind as Kind
from storage.catalogue import ListVersionRow, apply_items, newest, read_items
from tests.unit.web.hall import case_body

MOVED = "YZ-MPS-011"
ONE_MORE = export_agreements(seeded()) + "chuanyu,511602,*,*,0826-2345678,广安区金安大道,,,,yes\n".encode()


def replaced(hall, old, new):
    """Another list of items put in force, as `kuayu catalog import --apply` does."""
    with hall.database.write() as session:
        base = read_items(newest(session, Kind.ITEMS))
        text = export_csv(base)["items.csv"].decode()
        assert text.count(old) == 1
        plan = plan_import(base, "items.csv", text.replace(old, new).encode())
        assert plan.errors == ()
        apply_items(session, plan.catalogue, by="supervisor", now=hall.now)


def test_an_item_says_since_when_where_and_from_what_source(hall):
    item = hall.as_().get(f"/api/v1/items/{MOVED}").json()
    assert (item["listed"], item["listedLabel"]) == ("listed", "见于公开清单")
    assert "川办发〔2020〕67号" in item["source"]
    since = {m["scheme"]: (m["validFrom"], m["mode"], m["region"], m["source"]) for m in item["memberships"]}
    assert since["chuanyu"] == (None, "多地联办", None, "")
    assert since["interprovincial"] == ("2022-09-28", "多地联办", None, "国办发〔2022〕34号")
    (brief,) = hall.as_().get("/api/v1/items", params={"q": MOVED}).json()["items"]
    assert brief["listed"] == "listed" and brief["source"] == item["source"]


def asked(hall, **body):
    return hall.as_().post("/api/v1/routes", json={"itemCode": "YZ-MPS-001", "handlingRegion": "511602"} | body)


def test_a_route_on_a_day_of_the_past(hall):
    body = {"itemCode": MOVED, "date": "2022-09-27"}
    assert asked(hall, **body).json()["scheme"] == "chuanyu"
    refused = asked(hall, **body, handlingRegion="440103").json()
    assert refused["code"] == "ITEM_NOT_IN_FORCE" and "2022-09-28" in refused["detail"]


def test_a_route_names_its_agreement_and_marks_it_unconfirmed(hall):
    said = asked(hall).json()
    assert {"scheme", "partner", "mode", "legs", "reason"} < set(said)
    assert said["agreement"]["confirmed"] is False and said["agreement"]["delegated"] == []
    assert "待区里确认" in said["reason"]
    assert hall.as_(Role.SUPERVISOR).put("/api/v1/agreements?apply=true", content=ONE_MORE).status_code == 200
    said = asked(hall).json()
    assert (said["agreement"]["region"], said["agreement"]["contact"]) == ("511602", "0826-2345678")
    assert "待区里确认" not in said["reason"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"handlingRegion": "999999"}, "handlingRegion", "没有行政区划代码"),
        ({"handlingRegion": "710000"}, "handlingRegion", "不在跨地域通办范围内"),
        ({"mode": "多地联办"}, "mode", "可以按“异地代收代办”办理"),
        ({"applicant": {"idType": "护照"}}, "applicant.idType", "请改用居民身份证"),
        ({"applicant": {"idType": "统一社会信用代码"}}, "applicant.idType", "只面向个人"),
        ({"applicant": {"householdRegion": "540102"}}, "applicant.householdRegion", "请到户籍所在地公安派出所办理"),
        ({"applicant": {"householdRegion": "999999"}}, "applicant.householdRegion", "请按名称重新选择户籍地"),
        ({"itemCode": "YZ-TAX-002", "date": "2022-09-27"}, "itemCode", "自2022-09-28起开通"),
        ({"itemCode": "YZ-NONE-001"}, "itemCode", "没有这个事项"),
    ],
)
def test_a_refusal_is_told_at_the_field_that_would_have_to_change(hall, body, field, words):
    answer = asked(hall, **body)
    assert answer.status_code == 422
    (told,) = answer.json()["errors"]
    assert told["field"] == field and words in told["detail"]


def test_the_desk_hears_it_at_the_same_field(hall):
    body = case_body()
    body["handlings"][0]["region"] = "710000"
    (told,) = hall.start(body).json()["errors"]
    assert told["field"] == "handlings.0.region"


@pytest.mark.parametrize(
    ("roles", "field", "words"),
    [
        (("迁入地", "迁入地"), "handlings.1.role", "已有一个办理地是迁入地"),
        (("迁入地", "核发地"), "handlings.1.role", "迁入地、迁出地"),
    ],
)
def test_two_places_of_a_joint_case_have_each_its_role(hall, roles, field, words):
    body = case_body(load().by_code["YZ-MPS-006"])
    body["handlings"] = [
        {"region": region, "role": role} for region, role in zip(("510104", "511602"), roles, strict=True)
    ]
    (told,) = hall.start(body).json()["errors"]
    assert told["field"] == field and words in told["detail"]
    body["handlings"][1]["role"] = "迁出地"
    assert [h["role"] for h in hall.start(body).json()["handlings"]] == ["迁入地", "迁出地", "迁入地"]


def test_the_directory_is_honest_and_can_be_edited_by_a_supervisor(hall):
    said = hall.as_().get("/api/v1/agreements").json()
    assert (said["declared"], said["recorded"], len(said["agreements"])) == (346, 0, len(seeded().all))
    assert not any(a["confirmed"] or a["delegated"] or a["contact"] for a in said["agreements"])
    desk = hall.as_(Role.SUPERVISOR)
    dry = desk.put("/api/v1/agreements", content=ONE_MORE).json()
    assert dry["applied"] is False and [a["regionName"] for a in dry["added"]] == ["四川省广安市广安区"]
    assert hall.as_().get("/api/v1/agreements").json()["recorded"] == 0
    assert desk.put("/api/v1/agreements?apply=true", content=ONE_MORE).json()["applied"] is True
    said = hall.as_().get("/api/v1/agreements", params={"region": "511602"}).json()
    assert said["recorded"] == 1 and {a["region"] for a in said["agreements"]} == {"511602", "510000"}
    for ending in ("csv", "xlsx"):
        written = hall.as_().get("/api/v1/agreements", params={"format": ending}).content
        assert desk.put("/api/v1/agreements", content=written).json()["added"] == []
    with hall.database.read() as session:
        assert session.scalars(select(ListVersionRow.applied_by)).all() == ["supervisor"]


def test_a_list_with_faults_changes_nothing_and_tells_each_by_row_and_column(hall):
    wrong = ONE_MORE + b"moon,999999,*,*,,,,,,no\n"
    answer = hall.as_(Role.SUPERVISOR).put("/api/v1/agreements?apply=true", content=wrong)
    assert answer.status_code == 422
    row = len(seeded().all) + 3
    assert {e["field"] for e in answer.json()["errors"]} == {f"{row}.scheme", f"{row}.region"}
    assert hall.as_(Role.SUPERVISOR).put("/api/v1/agreements", content=b"PK\x03\x04 no").status_code == 422
    with hall.database.read() as session:
        assert session.scalar(select(func.count(ListVersionRow.id))) == 0


def test_a_running_case_keeps_its_item_and_the_next_one_has_the_new(hall):
    first = load().by_code["YZ-MPS-001"]
    case_no = hall.started(case_body(first))
    kept = hall.as_().get(f"/api/v1/cases/{case_no}").json()
    assert kept["item"]["promisedDays"] == 20
    assert (kept["item"]["listed"], kept["item"]["source"]) == (first.listed, first.source)
    replaced(hall, "承诺件,42,20,no,yes,居民身份证,paper,20,", "承诺件,42,7,no,yes,居民身份证,paper,20,")
    assert hall.as_().get("/api/v1/items/YZ-MPS-001").json()["promisedDays"] == 7
    assert hall.as_().get(f"/api/v1/cases/{case_no}").json() == kept
    later = hall.as_().get(f"/api/v1/cases/{hall.started(case_body(first))}").json()
    assert later["item"]["promisedDays"] == 7
    assert later["item"]["catalogueVersion"] != kept["item"]["catalogueVersion"]
