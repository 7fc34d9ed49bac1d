"""Papers of a case at the window and on the pages: counted short, agreed upon, brought later."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from domain.terms import MaterialForm, Role
from parcels.outlets import seed_couriers
from parcels.paper_trail import follow
from storage.parcels.legs import LegRow, lock_leg
from storage.parcels.papers import papers_of
from storage.pending_updates import UpdateRow
from tests.unit.web.hall import an_item, case_body

DOOR = {
    "address": "重庆市渝中区中山三路131号",
    "lat": 29.54,
    "lon": 106.518,
    "contactName": "王秀兰",
    "contactPhone": "13800000001",
}


@pytest.fixture
def case_no(hall):
    item = an_item(
        lambda i: (
            i.applicant.value != "enterprise"
            and "chuanyu" in i.schemes
            and sum(m.form in (MaterialForm.ORIGINAL, MaterialForm.FORM) for m in i.materials) > 1
        )
    )
    return hall.started(case_body(item), pickup=DOOR)


@pytest.fixture
def short(hall, case_no):
    """The first paper was not given at the door."""
    with hall.database.write() as session:
        seed_couriers(session)
        papers = papers_of(session, case_no)
        lines = [{"name": p.name, "form": p.form, "count": p.count, "paper_no": p.paper_no, "pages": 1} for p in papers]
        session.add(
            LegRow(
                leg_id=f"{case_no}-PICKUP-1", case_no=case_no, handling_no=case_no, leg="PICKUP", region="500103",
                tracking_no="1272448151316", stage="ASSIGNED", epoch=1, state={}, manifest=lines,
                ordered_at=hall.now, outlet_id="daping", courier_id="daping-1", lat=29.54, lon=106.518,
            )
        )  # fmt: skip
    event = {
        "eventId": "daping-1-00000001",
        "deviceSeq": 1,
        "occurredAt": hall.now.isoformat(),
        "kind": "PICKED_UP",
        "code": "1272448151316",
        "epoch": 1,
        "manifest": [{"name": x["name"], "form": x["form"], "count": 1, "paperNo": x["paper_no"]} for x in lines[1:]],
    }
    body = {"deviceId": "daping-1", "events": [event]}
    answer = hall.as_(Role.COURIER).post("/api/v1/scans:batch", json=body).json()
    assert answer["results"][0]["result"] == "accepted"
    return lines[0]


def task_of(hall, case_no):
    (task,) = hall.as_().get("/api/v1/tasks", params={"case_no": case_no, "kind": "PAPERS_SHORT"}).json()["tasks"]
    return task


def resolve(hall, case_no, outcome):
    body = {"outcome": outcome, "reason": "电话商定"}
    return hall.as_().post(f"/api/v1/tasks/{task_of(hall, case_no)['id']}/resolve", json=body)


def track(hall, case_no):
    return hall.tracked(case_no).json()


def paper(hall, case_no, paper_no):
    shown = hall.as_().get(f"/api/v1/cases/{case_no}").json()["papers"]
    return next(one for one in shown if one["paperNo"] == paper_no)


def count(hall, case_no, paper_no, pieces, key=None):
    path = f"/api/v1/cases/{case_no}/passports/{paper_no}/counts"
    headers = {"Idempotency-Key": key or uuid4().hex}
    return hall.as_().post(path, json={"counted": pieces}, headers=headers)


def told(hall, name):
    with hall.database.read() as session:
        return list(session.scalars(select(UpdateRow.workflow_id).filter_by(name=name)))


def test_the_task_names_the_paper_and_both_numbers(hall, case_no, short):
    (line,) = task_of(hall, case_no)["data"]["papers"]
    said = (line["paperNo"], line["name"], line["said"], line["counted"], line["by"], line["where"])
    assert said == (short["paper_no"], short["name"], 1, 0, "daping-1", "door")
    page = hall.as_().get(f"/window/{case_no}").text
    assert f"<strong>{short['name']}</strong>" in page
    assert "应有 1 份，清点 0 份" in page


def test_the_applicant_reads_what_lacks(hall, case_no, short):
    answer = track(hall, case_no)
    assert answer["lacking"] == [{"name": short["name"], "said": 1, "counted": 0, "decision": None}]
    assert answer["next"] == f"清点时《{short['name']}》缺1份，先暂停办理，会打电话与您商定。"
    page = hall.visitor(case_no).get("/track").text
    assert "应有 1 份，清点 0 份" in page


def test_brought_later_it_is_counted_at_the_window_and_the_case_hears_it(hall, case_no, short):
    assert resolve(hall, case_no, "bring_later").status_code == 200
    assert told(hall, "task_resolved") == [f"case-{case_no}"]  # although the parcel is still on its way
    assert track(hall, case_no)["next"].startswith("请您尽快把缺的材料送到大厅窗口")
    hall.now = hall.now.replace(minute=hall.now.minute + 5)
    answer = count(hall, case_no, short["paper_no"], 1)
    assert answer.json() == {"paperNo": short["paper_no"], "said": 1, "counted": 1, "differs": False}
    assert told(hall, "papers_counted") == [f"case-{case_no}"]
    shown = paper(hall, case_no, short["paper_no"])
    assert (shown["holder"]["kind"], shown["countedBy"], shown["countedWhere"]) == ("hall", "clerk", "window")
    assert [(seen["place"], seen["counted"]) for seen in shown["sightings"]] == [("door", 0), ("window", 1)]
    assert track(hall, case_no)["lacking"] == []


def test_counted_twice_with_one_key_is_counted_once(hall, case_no, short):
    for _ in range(2):
        assert count(hall, case_no, short["paper_no"], 1, "the-same-key").status_code == 202
    assert len(told(hall, "papers_counted")) == 1


def test_without_it_the_applicant_reads_what_was_agreed(hall, case_no, short):
    assert resolve(hall, case_no, "go_without").status_code == 200
    assert track(hall, case_no)["next"].endswith(f"已与您商定：《{short['name']}》缺1份，先行办理。")
    shown = paper(hall, case_no, short["paper_no"])
    assert (shown["differs"], shown["decision"], shown["holder"]["kind"]) == (False, "without", "applicant")


def test_a_recount_is_a_count_of_who_has_made_it(hall, case_no, short):
    hall.now = hall.now.replace(minute=hall.now.minute + 5)
    assert resolve(hall, case_no, "recounted").status_code == 200
    shown = paper(hall, case_no, short["paper_no"])
    assert (shown["counted"], shown["countedBy"], shown["differs"]) == (1, "clerk", False)


def test_what_is_not_in_the_hall_is_not_counted_there(hall, case_no, short):
    with hall.database.read() as session:
        other = papers_of(session, case_no)[1].paper_no
    refused = count(hall, case_no, other, 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "PAPER_UNDER_WAY")
    assert count(hall, case_no, f"{case_no}-P99", 1).json()["code"] == "PAPER_UNKNOWN"


def test_followed_again_nothing_changes(hall, case_no, short):
    before = hall.as_().get(f"/api/v1/cases/{case_no}").json()["papers"]
    with hall.database.write() as session:
        follow(session, case_no, hall.now, lock_leg(session, f"{case_no}-PICKUP-1"))
    assert hall.as_().get(f"/api/v1/cases/{case_no}").json()["papers"] == before
