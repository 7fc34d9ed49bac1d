"""好差评: five levels, three sides, once, after the decision; a bad one is put right within 15 working days."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from catalog import clocks
from catalog.notices import load_notice
from catalog.workdays import bundled_calendar
from domain.terms import CaseStatus, Role
from storage.cases.rework import escalate_rework
from storage.cases.rows import CaseEventRow, CaseRow, read_dossier
from storage.catalogue import apply_calendar
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.unit.catalog.test_notices import NOTICE_2027


def decided(hall) -> str:
    case_no = hall.started()
    hall.record(case_no, CaseStatus.APPROVED)
    return case_no


def rate(hall, case_no, score=5, side="window", comment="", code=None):
    body = {"code": hall.code(case_no) if code is None else code, "score": score, "side": side, "comment": comment}
    return hall.nobody().post(f"/api/v1/cases/{case_no}/rating", json=body)


def on_the_page(hall, case_no, by=None, **more):
    data = {"score": "2", "side": "post", "comment": "晚了两天"} | more
    return (by or hall.visitor(case_no)).post("/track/rating", data=data)


def rework(hall, case_no) -> TaskRow | None:
    with hall.database.read() as session:
        return session.scalar(select(TaskRow).filter_by(case_no=case_no, matter=f"{case_no}/rating"))


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("side", ["window", "authority", "post"])
def test_five_levels_for_three_sides_and_the_bad_ones_are_put_right(hall, score, side):
    case_no = decided(hall)
    answer = rate(hall, case_no, score, side)
    assert answer.status_code == 200
    assert (answer.json()["rating"]["score"], answer.json()["rating"]["side"]) == (score, side)
    task = rework(hall, case_no)
    assert (task is not None) == (score <= 2)
    if task is not None:
        assert task.data == {"score": score, "side": side}
        # Monday 2026-11-23 + 15 working days = Monday 2026-12-14, the end of that day in Chongqing
        assert task.deadline_at.isoformat() == "2026-12-14T15:59:59+00:00"


def test_the_days_to_put_it_right_are_rule_data_of_the_item_and_the_rated_region(hall, monkeypatch):
    case_no = decided(hall)
    known = clocks.rules()
    shorter = next(r for r in known if r.kind == "RATING_REWORK").model_copy(update={"region": "5101", "workdays": 5})
    monkeypatch.setattr(clocks, "rules", lambda: (*known, shorter))
    rate(hall, case_no, 1, "authority")  # Chengdu's
    # Monday 2026-11-23 + 5 working days = Monday 2026-11-30
    assert rework(hall, case_no).deadline_at.isoformat() == "2026-11-30T15:59:59+00:00"
    ours = decided(hall)
    rate(hall, ours, 1, "post")
    assert rework(hall, ours).deadline_at.isoformat() == "2026-12-14T15:59:59+00:00"


def test_a_new_calendar_counts_the_days_anew_also_when_the_case_is_closed(hall):
    hall.now = datetime(2027, 2, 1, 2, tzinfo=UTC)
    case_no = decided(hall)
    rate(hall, case_no, 1)
    before = rework(hall, case_no).deadline_at
    with hall.database.write() as session:
        apply_calendar(session, load_notice(bundled_calendar(), "2027.csv", NOTICE_2027), by="t", now=hall.now)
    assert rework(hall, case_no).deadline_at != before


def test_what_is_not_put_right_in_time_goes_up_once(hall):
    case_no = decided(hall)
    rate(hall, case_no, 1)
    due = rework(hall, case_no).deadline_at

    def overdue(at) -> int:
        escalate_rework(hall.database, at)
        with hall.database.read() as session:
            return len(session.scalars(select(TaskRow).filter_by(kind="REWORK_OVERDUE")).all())

    assert overdue(due - timedelta(seconds=1)) == 0
    assert [overdue(due), overdue(due + timedelta(days=9))] == [1, 1]
    path = f"/api/v1/tasks/{rework(hall, case_no).id}/resolve"
    resolve = {"outcome": "reworked", "reason": "已整改"}
    assert hall.as_(Role.SUPERVISOR).post(path, json=resolve).status_code == 200
    with hall.database.read() as session:
        assert session.get_one(CaseRow, case_no).rating["rework"] == "reworked"
        assert [task.kind for task in session.scalars(select(TaskRow))] == ["REWORK_OVERDUE"]  # one, from the first on


@pytest.mark.parametrize(("score", "side"), [(0, "window"), (6, "window"), (3, "applicant"), ("x", "window")])
def test_what_is_no_rating(hall, score, side):
    assert rate(hall, decided(hall), score, side).status_code == 422


def test_not_before_the_decision_and_not_twice(hall):
    case_no = hall.started()
    assert rate(hall, case_no).json()["code"] == "RATING_EARLY"
    hall.record(case_no, CaseStatus.REJECTED)
    assert rate(hall, case_no).status_code == 200
    assert rate(hall, case_no, 1).json()["code"] == "RATING_DONE"
    assert rework(hall, case_no) is None


@pytest.mark.parametrize("role", Role)
def test_nobody_with_a_login_rates_for_the_applicant(hall, role):
    case_no = decided(hall)
    body = {"code": hall.code(case_no), "score": 5, "side": "window"}
    answer = hall.as_(role).post(f"/api/v1/cases/{case_no}/rating", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_YOURS")
    visitor = hall.visitor(case_no)
    visitor.headers["Authorization"] = hall.as_(role).headers["Authorization"]
    page = on_the_page(hall, case_no, by=visitor)
    assert page.status_code == 403 and "不能代评" in page.text
    with hall.database.read() as session:
        assert session.get_one(CaseRow, case_no).rating is None


@pytest.mark.parametrize("code", ["0001", "", "１", "0" * 32])
def test_who_does_not_know_the_code_is_told_as_for_a_wrong_number(hall, code):
    answers = [rate(hall, number, code=code) for number in (decided(hall), "500103202611239999990")]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "TRACK")}


def test_the_page_asks_once_and_thanks(hall):
    case_no = hall.started()
    browser = hall.visitor(case_no)
    assert "评价本次服务" not in browser.get("/track").text
    hall.record(case_no, CaseStatus.APPROVED)
    page = browser.get("/track").text
    assert 'action="/track/rating"' in page and "非常不满意" in page and "<script" not in page
    thanks = on_the_page(hall, case_no)
    assert thanks.status_code == 200 and "感谢您的评价" in thanks.text and "评价本次服务" not in thanks.text
    assert rework(hall, case_no).data == {"score": 2, "side": "post"}
    with hall.database.read() as session:
        case = session.get_one(CaseRow, case_no)
        assert read_dossier(case, hall.context.sealer).rating_comment == "晚了两天"
        actors = {e.kind: e.actor for e in session.scalars(select(CaseEventRow).filter_by(case_no=case_no))}
    assert actors["RATED"] == "applicant"
    again = on_the_page(hall, case_no)
    assert again.status_code == 409 and "已经评价过" in again.text


@pytest.mark.parametrize(
    "wrong", [{"score": ""}, {"score": "6"}, {"score": "x"}, {"side": "sun"}, {"comment": "长" * 501}]
)
def test_the_page_says_what_is_missing(hall, wrong):
    answer = on_the_page(hall, decided(hall), **wrong)
    assert answer.status_code == 422 and "请选择评价对象和满意程度" in answer.text


def test_a_page_of_another_site_cannot_rate(hall):
    case_no = decided(hall)
    body = {"code": hall.code(case_no), "score": 1, "side": "window"}
    answer = hall.nobody().post(f"/api/v1/cases/{case_no}/rating", json=body, headers={"Origin": "https://evil.test"})
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN")


def test_the_comment_is_sealed_with_the_dossier(hall):
    case_no = decided(hall)
    rate(hall, case_no, 1, comment="  窗口王同志态度不好  ")
    with hall.database.read() as session:
        case = session.get_one(CaseRow, case_no)
        assert read_dossier(case, hall.context.sealer).rating_comment == "窗口王同志态度不好"
        assert "王同志" not in str(case.rating)
        assert b"\xe7\x8e\x8b\xe5\x90\x8c" not in case.dossier


@pytest.mark.parametrize("outcome", ["reworked", "explained", "unfounded"])
def test_how_it_was_put_right_is_recorded_and_no_hold_is_lifted(hall, outcome):
    case_no = decided(hall)
    rate(hall, case_no, 1)
    resolve = {"outcome": outcome, "reason": "已电话回访"}
    path = f"/api/v1/tasks/{rework(hall, case_no).id}/resolve"
    assert hall.as_().post(path, json=resolve).status_code == 403
    assert hall.as_(Role.SUPERVISOR).post(path, json=resolve).status_code == 200
    with hall.database.read() as session:
        assert session.get_one(CaseRow, case_no).rating["rework"] == outcome
        assert session.scalars(select(UpdateRow)).all() == []
    assert rework(hall, case_no).reason == "已电话回访"
