"""Changes of a visit over HTTP: by the clerk, by the applicant on his page; once, and never over somebody else's."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from domain.audit import AuditKind
from domain.terms import CaseStatus, Leg, Role
from storage.audit.chain import AuditRow
from storage.cases.rows import CaseRow
from storage.parcels.leg_changes import LegChangeRow
from storage.parcels.legs import LegRow
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.unit.web.visits import ADDRESS, ELSEWHERE, a_visit

YUBEI_POINT = {"lat": 29.5480, "lon": 106.5330}


@pytest.fixture
def visit(hall):
    case_no = hall.started()
    return case_no, a_visit(hall, case_no, hall.now)


def path(case_no, leg_id):
    return f"/api/v1/cases/{case_no}/legs/{leg_id}/changes"


def change(hall, visit, kind="ADDRESS", version=0, *, key=None, role=Role.CLERK, **more):
    values = {"ADDRESS": {"address": ELSEWHERE, **YUBEI_POINT}}.get(kind, {})
    headers = {"Idempotency-Key": key or uuid4().hex}
    body = {"kind": kind, "version": version} | (more or values)
    return hall.as_(role).post(path(*visit), json=body, headers=headers)


def shown(hall, visit):
    return hall.as_().get(path(*visit)).json()


def leg_of(hall, leg_id):
    with hall.database.read() as session:
        return session.get_one(LegRow, leg_id)


def counted(hall, table, **fits):
    with hall.database.read() as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**fits))


def test_what_may_be_changed_is_said_with_what_follows(hall, visit):
    answer = shown(hall, visit)
    assert [(one["kind"], one["allowed"]) for one in answer["options"]] == [
        ("ADDRESS", True), ("WINDOW", True), ("CONTACT", True), ("CANCEL", True),
    ]  # fmt: skip
    assert "今天 11:00 前" in answer["options"][0]["consequence"]
    assert re.search(r"最迟\d+月\d+日（周.）把材料送到大厅窗口", answer["options"][3]["consequence"])
    assert (answer["version"], answer["address"], answer["contact"]) == (0, ADDRESS, "王** 尾号0001")
    assert answer["windows"][0]["label"] == "今天 10:00–10:30"


def test_the_clerk_changes_the_address_and_it_is_done(hall, visit):
    answer = change(hall, visit)
    assert answer.status_code == 200, answer.text
    assert answer.json()["sentence"] == "地址已改，重新安排上门。今天 11:00前上门取件。"
    assert answer.json()["deadlineAt"] == (hall.now + timedelta(hours=1)).isoformat()
    assert leg_of(hall, visit[1]).lat == YUBEI_POINT["lat"]
    made = shown(hall, visit)["changes"]
    assert [(one["before"], one["after"], one["by"]) for one in made] == [(ADDRESS, ELSEWHERE, "clerk")]
    record = hall.as_().get(f"/api/v1/cases/{visit[0]}/events").json()["events"]
    assert [event["label"] for event in record if event["kind"] == "VISIT_ADDRESS_CHANGED"] == [
        "已改上门地址，重新派员"
    ]
    assert ELSEWHERE not in str(record)
    with hall.database.read() as session:
        changes = select(AuditRow).filter_by(kind=AuditKind.CHANGE).order_by(AuditRow.seq.desc())
        entry = session.scalars(changes).first()
    assert (entry.actor, entry.action.startswith("POST")) == ("clerk", True)
    assert all(number in entry.subject for number in visit)


def test_twice_with_one_key_is_once_and_another_body_is_refused(hall, visit):
    first = change(hall, visit, key="k" * 16)
    again = change(hall, visit, key="k" * 16)
    assert first.json() == again.json()
    assert counted(hall, LegChangeRow) == 1
    other = change(hall, visit, kind="CANCEL", key="k" * 16)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_who_comes_second_sees_both_values_and_overwrites_nothing(hall, visit):
    change(hall, visit)
    second = change(hall, visit, kind="CONTACT", contactName="张三丰", contactPhone="13900000009")
    assert (second.status_code, second.json()["code"]) == (409, "LEG_CHANGED")
    theirs = second.json()["theirs"]
    assert (theirs["by"], theirs["what"], theirs["why"]) == ("clerk", "改地址", ELSEWHERE)
    assert counted(hall, LegChangeRow) == 1
    third = change(hall, visit, kind="CONTACT", version=1, contactName="张三丰", contactPhone="13900000009")
    assert third.status_code == 200
    assert shown(hall, visit)["contact"] == "张** 尾号0009"


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("ADDRESS", {"lat": 29.5, "lon": 106.5}, "address"),
        ("ADDRESS", {"address": ELSEWHERE, "lat": 29.5}, "lat"),
        ("WINDOW", {"datum": "WGS-84"}, "windowFrom"),
        ("WINDOW", {"windowFrom": "2026-11-23T18:00:00+08:00"}, "windowFrom"),
        ("WINDOW", {"windowFrom": "2026-11-22T10:00:00+08:00"}, "windowFrom"),
        ("CONTACT", {"contactName": "张三丰"}, "contactPhone"),
        ("CONTACT", {"contactName": "张三丰", "contactPhone": "12"}, "contactPhone"),
    ],
)
def test_what_lacks_or_does_not_do_is_said_at_its_field(hall, visit, kind, values, field):
    answer = change(hall, visit, kind=kind, **values)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert counted(hall, LegChangeRow) == 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CLERK])
def test_only_the_window_changes_it_for_somebody(hall, visit, role):
    assert change(hall, visit, role=role).status_code == 403
    assert hall.as_(role).get(path(*visit)).status_code == 403


def test_a_visit_of_another_case_is_not_there(hall, visit):
    other = hall.started()
    for wrong in ((other, visit[1]), (visit[0], "none")):
        assert hall.as_().get(path(*wrong)).status_code == 404
        answer = change(hall, wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "LEG_UNKNOWN")
    assert counted(hall, LegChangeRow) == 0


def test_papers_in_somebodys_hands_are_not_changed_any_more(hall, visit):
    with hall.database.write() as session:
        leg = session.get_one(LegRow, visit[1])
        leg.stage, leg.state = (
            "PICKED_UP",
            {"picked_up": {"at": hall.now.isoformat(), "not_after": hall.now.isoformat()}},
        )
    answer = change(hall, visit)
    assert (answer.status_code, answer.json()["code"]) == (409, "PAPERS_HELD")
    assert not any(one["allowed"] for one in shown(hall, visit)["options"])
    assert "材料已在投递员手中" in hall.as_().get(f"/window/{visit[0]}").text


def test_the_work_list_loses_what_nobody_goes_to_and_tells_who_was_to_go(hall, visit):
    hall.now += timedelta(minutes=1)
    change(hall, visit, kind="WINDOW", windowFrom="2026-11-23T15:00:00+08:00")
    answer = hall.as_(Role.COURIER).get("/api/v1/outlets/daping/worklist").json()
    assert answer["jobs"] == []
    assert [(one["legId"], one["said"]) for one in answer["changes"]] == [(visit[1], "改约 今天 15:00–15:30")]
    hall.now += timedelta(hours=5)
    (job,) = hall.as_(Role.COURIER).get("/api/v1/outlets/daping/worklist").json()["jobs"]
    assert job["window"] == "今天 15:00–15:30"


def test_a_withdrawal_takes_the_courier_away_at_once(hall, visit):
    headers = {"Idempotency-Key": uuid4().hex}
    asked = hall.as_().post(f"/api/v1/cases/{visit[0]}/withdraw", json={"reason": "不办了"}, headers=headers)
    assert asked.status_code == 202
    assert (leg_of(hall, visit[1]).courier_id, leg_of(hall, visit[1]).halted) == (None, "WITHDRAWAL")
    assert hall.as_(Role.COURIER).get("/api/v1/outlets/daping/worklist").json()["jobs"] == []
    assert hall.tracked(visit[0]).json()["parcels"][0]["sentence"] == "办件正在撤回，投递员不再上门。"
    assert change(hall, visit).json()["code"] == "WITHDRAWAL_PENDING"
    hall.record(visit[0], CaseStatus.APPROVED)  # the decision was quicker
    assert leg_of(hall, visit[1]).halted is None
    with hall.database.read() as session:
        asked_to_look = session.scalars(select(UpdateRow).filter_by(workflow_id=f"leg-{visit[1]}")).all()
        assert not session.get_one(CaseRow, visit[0]).withdrawal_pending
    assert len(asked_to_look) == 1


# --- the applicant's page ---


def key_of(page, kind):
    form = page.partition(f'name="kind" value="{kind}"')[2]
    version = re.search(r'name="version" value="(\d+)"', form)[1]
    return version, re.search(r'name="key" value="([^"]+)"', form)[1]


def on_the_page(hall, visit, kind, browser=None, key=None, **typed):
    browser = browser or hall.visitor(visit[0])
    version, fresh = key_of(browser.get("/track").text, kind)
    data = {"legId": visit[1], "kind": kind, "version": version, "key": key or fresh} | typed
    return browser.post("/track/change", data=data)


def test_the_applicant_moves_the_visit(hall, visit):
    answer = on_the_page(hall, visit, "WINDOW", windowFrom="2026-11-23T07:00:00+00:00")
    assert answer.status_code == 200, answer.text
    assert "已改约 今天 15:00–15:30 上门。承诺时间已调整" not in answer.text  # it was promised for the first time
    assert "已改约 今天 15:00–15:30 上门。今天 16:00前上门取件。" in answer.text
    assert "已约好11月23日 15:00–15:30上门取件" in answer.text
    assert leg_of(hall, visit[1]).window_from.isoformat() == "2026-11-23T07:00:00+00:00"
    with hall.database.read() as session:
        assert session.scalars(select(LegChangeRow.by)).all() == ["applicant"]
        entry = session.scalars(select(AuditRow).order_by(AuditRow.seq.desc())).first()
    assert (entry.actor, entry.action) == ("applicant", "POST /track/change")


def test_sent_twice_it_is_one_change(hall, visit):
    browser = hall.visitor(visit[0])
    version, key = key_of(browser.get("/track").text, "CONTACT")
    data = {"legId": visit[1], "kind": "CONTACT", "version": version, "key": key}
    data |= {"contactName": "张三丰", "contactPhone": "13900000009"}
    pages = [browser.post("/track/change", data=data) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert counted(hall, LegChangeRow) == 1


def test_an_address_without_a_point_is_placed_by_a_person_and_that_is_said(hall, visit):
    page = on_the_page(hall, visit, "ADDRESS", address=ELSEWHERE)
    assert "地址已改，重新安排上门。地址需要人工确认，确认后告知您上门时间。" in page.text
    assert counted(hall, TaskRow, kind="PLACE_ADDRESS", resolved_at=None) == 1
    assert leg_of(hall, visit[1]).courier_id is None


def test_cancelling_says_what_follows_before_and_ends_the_visit(hall, visit):
    browser = hall.visitor(visit[0])
    assert "把材料送到大厅窗口，收到后接着办理。" in browser.get("/track").text
    page = on_the_page(hall, visit, "CANCEL", browser)
    assert "已取消上门。" in page.text
    assert "上门已经取消，不用再改" in page.text
    assert leg_of(hall, visit[1]).halted == "CANCELLED"


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        ("WINDOW", {}, "请选择上门时段"),
        ("WINDOW", {"windowFrom": "2026-11-23T10:00:00+00:00"}, "网点不上门"),
        ("ADDRESS", {"address": "一"}, "至少4个字"),
        ("CONTACT", {"contactName": "张三丰", "contactPhone": "12"}, "错误："),
    ],
)
def test_what_is_wrong_is_said_at_its_field(hall, visit, kind, typed, said):
    page = on_the_page(hall, visit, kind, **typed)
    assert page.status_code == 422
    assert said in page.text
    assert re.search(rf'href="#{kind.lower()}-{visit[1]}', page.text)
    assert f'<details id="change-{kind.lower()}-{visit[1]}" open>' in page.text
    assert all(f'value="{text}"' in page.text for name, text in typed.items() if name != "windowFrom")
    assert counted(hall, LegChangeRow) == 0


def test_the_window_was_quicker_and_both_values_are_told(hall, visit):
    browser = hall.visitor(visit[0])
    version, key = key_of(browser.get("/track").text, "ADDRESS")
    change(hall, visit)
    data = {"legId": visit[1], "kind": "ADDRESS", "version": version, "key": key, "address": "渝中区民权路28号"}
    page = browser.post("/track/change", data=data)
    assert page.status_code == 409
    assert f"窗口改地址：{ELSEWHERE}；您填的：渝中区民权路28号。" in page.text
    assert "clerk" not in page.text


def test_nobody_changes_what_is_not_his(hall, visit):
    other = hall.started()
    theirs = a_visit(hall, other, hall.now)
    version, key = key_of(hall.visitor(visit[0]).get("/track").text, "CANCEL")
    data = {"legId": theirs, "kind": "CANCEL", "version": version, "key": key}
    assert hall.visitor(visit[0]).post("/track/change", data=data).status_code == 404
    assert hall.nobody().post("/track/change", data=data).status_code == 422  # no visit: scan or fill in again
    elsewhere = hall.visitor(visit[0]).post("/track/change", data=data, headers={"Origin": "https://evil.test"})
    assert elsewhere.status_code == 403
    assert counted(hall, LegChangeRow) == 0


def test_what_is_over_or_never_was_at_a_door_offers_nothing(hall):
    case_no = hall.started()
    a_visit(hall, case_no, hall.now, Leg.DELIVERY, ended_at=hall.now, outcome="DELIVERED", stage="DELIVERED")
    assert "/track/change" not in hall.visitor(case_no).get("/track").text
