"""好差评: five levels, three sides, once, after the decision; a bad one is put right within 15 working days."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from catalog import clocks
from catalog.notices import load_notice
from catalog.workdays import bundled_calendar
from domain.terms import CaseStatus, Role
from storage.cases.rework import escalate_rework
from storage.cases.rows import CaseRow, read_dossier
from storage.catalogue import apply_calendar
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.unit.catalog.test_notices import NOTICE_2027


def decided(hall) -> str:
    case_no = hall.started()
    hall.record(case_no, CaseStatus.APPROVED)
    return case_no


def rate(hall, case_no, score=5, side="window", comment=""):
    body = {"score": score, "side": side, "comment": comment}
    return hall.as_().post(f"/api/v1/cases/{case_no}/rating", json=body)


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
