"""What the window, the officer and the applicant see while a result is withheld (容缺), and who must act now."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from domain.messages import DeadlineKind, TaskOutcome
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow
from storage.documents.uploads import bind
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.web.hall import case_body
from tests.unit.web.test_owing import DEFERRABLE, OWED

RESULT = b"%PDF-1.4 certificate"
SHA = hashlib.sha256(RESULT).hexdigest()


@pytest.fixture
def case_no(hall) -> str:
    """Approved with an electronic result that we have fetched, while a material is owed."""
    number = hall.started(case_body(DEFERRABLE, **{f"m{OWED}": "deferred"}))
    hall.record(number, CaseStatus.APPROVED)
    hall.as_().put(f"/api/v1/documents/{SHA}", content=RESULT)
    with hall.database.write() as session:
        bind(session, number, [SHA], hall.now)
        session.get_one(HandlingRow, number).result = {
            "name": "准迁证", "form": "electronic", "document_no": "川迁1号", "sha256": SHA,
        }  # fmt: skip
    return number


def case(hall, case_no) -> dict:
    return hall.as_().get(f"/api/v1/cases/{case_no}").json()


def read(hall, case_no) -> dict:
    return hall.tracked(case_no).json()


def clock(hall, case_no, kind, *, days=3, who="authority", handling=True) -> None:
    with hall.database.write() as session:
        due = hall.now + timedelta(days=days)
        session.add(
            DeadlineRow(
                case_no=case_no, handling_no=case_no if handling else None, key=f"k{kind}", kind=kind,
                start_at=hall.now, warn_at=due, due_at=due, responsible=who,
            )
        )  # fmt: skip


def test_an_electronic_result_is_withheld_from_everybody_until_the_gap_is_closed(hall, case_no):
    for role in (Role.CLERK, Role.SUPERVISOR):
        answer = hall.as_(role).get(f"/api/v1/documents/{SHA}")
        assert (answer.status_code, answer.json()["code"]) == (409, "DEFERRED_OPEN")
    assert case(hall, case_no)["handlings"][0]["result"] == {
        "name": "准迁证", "form": "electronic", "withheld": True,
    }  # fmt: skip
    assert hall.as_().get(f"/api/v1/cases/{case_no}/papers/delivery.pdf").json()["code"] == "DEFERRED_OPEN"
    assert read(hall, case_no)["next"] == "办理地已有结果，请您补齐所缺材料后领取。"
    body = {"materials": [{"seq": OWED, "provided": "copy"}]}
    assert hall.as_().post(f"/api/v1/cases/{case_no}/deferred", json=body).status_code == 200
    assert hall.as_().get(f"/api/v1/documents/{SHA}").content == RESULT
    assert case(hall, case_no)["handlings"][0]["result"]["sha256"] == SHA
    assert hall.as_().get(f"/api/v1/cases/{case_no}/papers/delivery.pdf").status_code == 200


def test_a_lapse_that_is_given_up_keeps_the_result_for_good(hall, case_no):
    with hall.database.write() as session:
        lapsed = open_task(session, key="lapse", kind=TaskKind.DEFERRED_LAPSED, case_no=case_no, now=hall.now)
    path, resolve = f"/api/v1/tasks/{lapsed}/resolve", {"outcome": "close_as_failed", "reason": "多次催告未补"}
    assert hall.as_().post(path, json=resolve).status_code == 403
    assert hall.as_(Role.SUPERVISOR).post(path, json=resolve).status_code == 200
    with hall.database.write() as session:
        (told,) = session.scalars(select(UpdateRow))
        assert (told.name, told.argument["outcome"]) == ("task_resolved", TaskOutcome.CLOSE_AS_FAILED)
        session.get_one(CaseRow, case_no).closed_at = hall.now
    assert case(hall, case_no)["stillOwed"] == [OWED]
    assert hall.as_().get(f"/api/v1/documents/{SHA}").status_code == 409
    assert read(hall, case_no)["next"] == "所缺材料逾期未补，结果不能发放，请您联系大厅。"


def test_to_go_on_waiting_leaves_everything_owed(hall, case_no):
    with hall.database.write() as session:
        lapsed = open_task(session, key="lapse", kind=TaskKind.DEFERRED_LAPSED, case_no=case_no, now=hall.now)
    resolve = {"outcome": "wait", "reason": "再等一周"}
    assert hall.as_(Role.SUPERVISOR).post(f"/api/v1/tasks/{lapsed}/resolve", json=resolve).status_code == 200
    with hall.database.read() as session:
        owed = session.scalars(select(TaskRow).filter_by(kind=TaskKind.DEFERRED_MATERIAL, resolved_at=None)).all()
    assert len(owed) == 1


def test_the_page_says_that_it_is_withheld_and_how_to_hand_in(hall, case_no):
    page = hall.as_().get(f"/window/{case_no}").text
    assert "容缺材料补齐后发放" in page and f"/api/v1/cases/{case_no}/deferred" in page
    assert "川迁1号" not in page


# --- who is responsible now ---


def test_the_one_whose_clock_ends_first_is_responsible_now(hall):
    case_no = hall.started()
    clock(hall, case_no, DeadlineKind.DECISION_STATUTORY, days=20)
    clock(hall, case_no, DeadlineKind.SUPPLEMENT_REPLY, days=3, who="applicant")
    for seen in (case(hall, case_no), read(hall, case_no)):
        now = seen["responsibleNow"]
        assert (now["party"], now["label"], now["for"], now["overdue"]) == ("applicant", "申请人", "申请人补正", False)
    assert "现在由谁办" in hall.as_().get(f"/window/{case_no}").text
    hall.now += timedelta(days=4)
    assert case(hall, case_no)["responsibleNow"]["overdue"] is True


def test_a_person_is_while_it_is_on_hold_and_nobody_when_it_is_closed(hall):
    case_no = hall.started()
    clock(hall, case_no, DeadlineKind.DECISION_STATUTORY)
    with hall.database.write() as session:
        session.get_one(CaseRow, case_no).on_hold = True
    assert case(hall, case_no)["responsibleNow"]["party"] == "supervisor"
    with hall.database.write() as session:
        session.get_one(CaseRow, case_no).closed_at = hall.now
    assert case(hall, case_no)["responsibleNow"] is None


def test_a_clock_shows_its_working_days_and_whether_they_are_provisional(hall):
    case_no = hall.started()
    clock(hall, case_no, DeadlineKind.DECISION_STATUTORY, days=7)
    (shown,) = case(hall, case_no)["deadlines"]
    assert (shown["workdaysLeft"], shown["provisional"], shown["overdue"]) == (5, False, False)
    hall.now += timedelta(days=9)
    assert case(hall, case_no)["deadlines"][0]["workdaysLeft"] == -2


def test_the_applicant_reads_until_when_the_missing_papers_must_come(hall):
    case_no = hall.started()
    hall.record(case_no, CaseStatus.SUPPLEMENT_REQUIRED)
    clock(hall, case_no, DeadlineKind.SUPPLEMENT_REPLY, days=7, who="applicant")
    assert read(hall, case_no)["next"] == "还缺材料，请您在11月30日（含）前到大厅窗口补齐。"


def test_accepted_by_silence_is_shown_with_the_day_of_receipt_and_is_no_status(hall):
    case_no = hall.started()
    hall.record(case_no, CaseStatus.RECEIVED)
    assert case(hall, case_no)["handlings"][0]["deemedAcceptedFrom"] is None
    clock(hall, case_no, DeadlineKind.DECISION_STATUTORY, days=20)
    with hall.database.write() as session:
        session.add(
            CaseEventRow(
                case_no=case_no, handling_no=case_no, key="d", kind=TaskKind.DEEMED_ACCEPTED, at=hall.now,
                recorded_at=hall.now, actor="workflow", data={},
            )
        )  # fmt: skip
    seen = case(hall, case_no)
    assert datetime.fromisoformat(seen["handlings"][0]["deemedAcceptedFrom"]) == hall.now.astimezone(UTC)
    assert seen["status"] == "RECEIVED"
    assert "视为受理" in hall.as_().get(f"/window/{case_no}").text
