"""容缺, 告知承诺, e-licences, grades and channels at the window."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError

from activities.parcel_booking import ParcelBooking
from activities.records import Records
from catalog.model import Requirement
from catalog.notices import load_notice
from catalog.workdays import bundled_calendar
from domain.messages import CaseStart, ClockOrder, DeadlineKind, LegPlan
from domain.recording import CaseChange
from domain.terms import CaseStatus, Leg, MaterialForm, Role
from runtime.workers import clockwork_over
from storage.cases.rows import CaseRow, DeadlineRow, read_dossier
from storage.catalogue import InForce, ListKind, apply_calendar, read_calendar
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.unit.catalog.test_notices import NOTICE_2027
from tests.unit.web.hall import an_item, case_body

DEFERRABLE = an_item(
    lambda i: (
        any(m.required is Requirement.DEFERRABLE for m in i.materials)
        and i.applicant.value != "enterprise"
        and "chuanyu" in i.schemes
    )
)
OWED = next(m.seq for m in DEFERRABLE.materials if m.required is Requirement.DEFERRABLE)
PROMISING = an_item(
    lambda i: any(m.commitment for m in i.materials) and i.applicant.value != "enterprise" and "chuanyu" in i.schemes
)
PROMISED = next(m.seq for m in PROMISING.materials if m.commitment)
LICENSED = an_item(
    lambda i: any(m.e_licence for m in i.materials) and i.applicant.value != "enterprise" and "chuanyu" in i.schemes
)
LICENCE = next(m.seq for m in LICENSED.materials if m.e_licence)


def deferred(hall) -> str:
    return hall.started(case_body(DEFERRABLE, **{f"m{OWED}": "deferred"}))


def tasks(hall, case_no, open_only=True) -> list[TaskRow]:
    with hall.database.read() as session:
        query = select(TaskRow).filter_by(case_no=case_no)
        return list(session.scalars(query.filter_by(resolved_at=None) if open_only else query))


def dossier(hall, case_no):
    with hall.database.read() as session:
        return read_dossier(session.get_one(CaseRow, case_no), hall.context.sealer)


def grade(hall, case_no, seq):
    return next(m.grade for m in dossier(hall, case_no).materials if m.seq == seq)


def test_what_is_deferred_has_its_own_deadline_and_task(hall):
    answer = hall.start(case_body(DEFERRABLE, **{f"m{OWED}": "deferred"})).json()
    (owed,) = answer["deferred"]
    assert owed["seq"] == OWED
    with hall.database.read() as session:
        (clock,) = session.scalars(select(DeadlineRow).filter_by(case_no=answer["caseNo"]))
    assert (clock.kind, clock.responsible, clock.due_at.isoformat()) == (
        "DEFERRED_MATERIAL", "applicant", datetime.fromisoformat(owed["dueAt"]).astimezone(UTC).isoformat(),
    )  # fmt: skip
    (task,) = tasks(hall, answer["caseNo"])
    assert (task.kind, task.deadline_at, task.data["seq"]) == ("DEFERRED_MATERIAL", clock.due_at, OWED)


def test_the_case_takes_the_clock_over_and_a_new_calendar_moves_it_with_its_tasks(hall):
    hall.now = datetime(2027, 2, 5, 2, tzinfo=UTC)
    answer = hall.start(case_body(DEFERRABLE, **{f"m{OWED}": "deferred"})).json()
    before = datetime.fromisoformat(answer["deferred"][0]["dueAt"])
    case_no, calendars = answer["caseNo"], InForce(hall.database, ListKind.CALENDAR, read_calendar)
    with hall.database.read() as session:
        start = CaseStart.model_validate(session.get_one(CaseRow, case_no).start)
    assert start.deferred == (OWED,)
    order = ClockOrder(
        kind=DeadlineKind.DEFERRED_MATERIAL, start_at=start.registered_at, workdays=start.deferral_workdays
    )

    def workflow_records(kind: str) -> tuple[DeadlineRow, TaskRow]:
        change = CaseChange(
            key=kind, case_no=case_no, kind=kind, at=hall.now, case_status=CaseStatus.REGISTERED, on_hold=False,
            withdrawal_pending=False, start=(order,),
        )  # fmt: skip
        Records(hall.database, hall.context.inbox, clockwork_over(calendars), lambda: hall.now).record(change)
        with hall.database.read() as session:
            (clock,) = session.scalars(select(DeadlineRow).filter_by(case_no=case_no, stopped_at=None))
        return clock, tasks(hall, case_no)[0]

    clock, task = workflow_records("DEFERRED")
    assert clock.due_at == task.deadline_at == before
    assert clock.provisional
    with hall.database.write() as session:
        apply_calendar(session, load_notice(bundled_calendar(), "2027.csv", NOTICE_2027), by="t", now=hall.now)
    clock, task = workflow_records("CALENDAR_CHANGED")
    assert clock.due_at == task.deadline_at != before
    assert not clock.provisional


def test_a_discredited_applicant_cannot_defer(hall):
    answer = hall.start(case_body(DEFERRABLE, **{f"m{OWED}": "deferred"}), discredited=True)
    assert answer.status_code == 422
    assert "信用修复前" in answer.json()["detail"]


def plan(case_no) -> LegPlan:
    return LegPlan(leg_id=f"{case_no}-DELIVERY-1", case_no=case_no, handling_no=case_no, leg=Leg.DELIVERY)


class _Carrier:
    def book(self, *_):
        return "1234567890123"


def carrying(hall) -> ParcelBooking:
    return ParcelBooking(hall.database, hall.context.sealer, _Carrier(), None, lambda: hall.now)


def test_no_result_is_released_until_the_gap_is_closed(hall):
    case_no = deferred(hall)
    hall.record(case_no, CaseStatus.APPROVED)
    assert hall.as_().get(f"/api/v1/cases/{case_no}").json()["stillOwed"] == [OWED]
    with pytest.raises(ApplicationError) as waiting:
        carrying(hall).book_leg(plan(case_no))
    assert (waiting.value.type, waiting.value.non_retryable) == ("DEFERRED_OPEN", False)
    brought = {"materials": [{"seq": OWED, "provided": "original", "pages": 1}]}
    answer = hall.as_().post(f"/api/v1/cases/{case_no}/deferred", json=brought)
    assert answer.json()["stillOwed"] == []
    assert carrying(hall).book_leg(plan(case_no)).tracking_no == "1234567890123"
    assert tasks(hall, case_no) == []
    with hall.database.read() as session:
        assert session.scalar(select(DeadlineRow.stopped_at).filter_by(case_no=case_no)) == hall.now
    assert next(m for m in dossier(hall, case_no).materials if m.seq == OWED).provided == "original"


def test_what_is_brought_late_must_really_be_brought(hall):
    case_no = deferred(hall)
    for material in ({"seq": OWED, "provided": "deferred"}, {"seq": 98, "provided": "copy"}):
        answer = hall.as_().post(f"/api/v1/cases/{case_no}/deferred", json={"materials": [material]})
        assert answer.status_code == 422
    unknown = {"seq": OWED, "provided": "copy", "sha256": "0" * 64}
    assert hall.as_().post(f"/api/v1/cases/{case_no}/deferred", json={"materials": [unknown]}).status_code == 422
    assert len(tasks(hall, case_no)) == 1


def test_brought_twice_is_brought_once_and_nothing_else_is_replaced(hall):
    case_no = deferred(hall)
    path = f"/api/v1/cases/{case_no}/deferred"
    for pages in (1, 9):
        body = {"materials": [{"seq": OWED, "provided": "original", "pages": pages}]}
        assert hall.as_().post(path, json=body).json()["stillOwed"] == []
    assert next(m.pages for m in dossier(hall, case_no).materials if m.seq == OWED) == 1
    other = next(m.seq for m in DEFERRABLE.materials if m.seq != OWED)
    answer = hall.as_().post(path, json={"materials": [{"seq": other, "provided": "copy", "pages": 1}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "NOT_DEFERRED")


def told(hall) -> list[tuple[str, dict]]:
    with hall.database.read() as session:
        return [(row.name, row.argument) for row in session.scalars(select(UpdateRow).order_by(UpdateRow.id))]


def test_what_has_come_is_told_to_the_case_once(hall):
    case_no = deferred(hall)
    for _ in range(2):
        body = {"materials": [{"seq": OWED, "provided": "original"}]}
        assert hall.as_().post(f"/api/v1/cases/{case_no}/deferred", json=body).status_code == 200
    assert told(hall) == [("deferred_brought", {"seqs": [OWED], "papers_kept": True})]


def test_one_press_says_that_it_has_come_as_the_list_asks(hall):
    case_no = deferred(hall)
    (task,) = tasks(hall, case_no)
    answer = hall.as_().post(f"/api/v1/tasks/{task.id}/resolve", json={"outcome": "acknowledge", "reason": "已补"})
    assert answer.status_code == 200, answer.text
    kept = next(m.form for m in DEFERRABLE.materials if m.seq == OWED) == "original"
    assert told(hall) == [("deferred_brought", {"seqs": [OWED], "papers_kept": kept})]
    material = next(m for m in dossier(hall, case_no).materials if m.seq == OWED)
    assert material.provided in ("original", "copy", "electronic") and material.grade in ("B", "D")
    with hall.database.read() as session:
        assert session.scalar(select(DeadlineRow.stopped_at).filter_by(case_no=case_no)) == hall.now


@pytest.mark.parametrize("outcome", [s for s in CaseStatus if s.is_outcome and s is not CaseStatus.APPROVED])
def test_what_was_not_approved_owes_nothing_and_its_papers_go_back(hall, outcome):
    case_no = deferred(hall)
    hall.record(case_no, outcome)
    assert hall.as_().get(f"/api/v1/cases/{case_no}").json()["stillOwed"] == []
    assert carrying(hall).book_leg(plan(case_no)).tracking_no == "1234567890123"
    with hall.database.read() as session:
        assert session.scalar(select(DeadlineRow.stopped_at).filter_by(case_no=case_no)) == hall.now


def test_a_promise_is_checked_after_the_decision_and_not_before(hall):
    case_no = hall.started(case_body(PROMISING, **{f"m{PROMISED}": "committed"}))
    assert grade(hall, case_no, PROMISED) == "D"
    assert tasks(hall, case_no) == []
    hall.record(case_no, CaseStatus.ACCEPTED)
    assert tasks(hall, case_no) == []
    hall.record(case_no, CaseStatus.APPROVED)
    (task,) = tasks(hall, case_no)
    assert (task.kind, task.data) == ("POST_CHECK", {"seqs": [PROMISED]})
    resolve = {"outcome": "checked_false", "reason": "承诺不实"}
    assert hall.as_(Role.SUPERVISOR).post(f"/api/v1/tasks/{task.id}/resolve", json=resolve).status_code == 200


def test_a_refused_matter_needs_no_check(hall):
    case_no = hall.started(case_body(PROMISING, **{f"m{PROMISED}": "committed"}))
    hall.record(case_no, CaseStatus.REJECTED)
    assert tasks(hall, case_no) == []


def test_a_licence_stands_in_and_is_no_more_than_said_before_its_check(hall):
    case_no = hall.started(case_body(LICENSED, **{f"m{LICENCE}": "licence"}))
    assert grade(hall, case_no, LICENCE) == "C"


def test_the_windows_check_raises_c_to_b(hall):
    item = an_item(
        lambda i: (
            any(m.form is MaterialForm.COPY for m in i.materials)
            and i.applicant.value != "enterprise"
            and "chuanyu" in i.schemes
        )
    )
    seq = next(m.seq for m in item.materials if m.form is MaterialForm.COPY)
    case_no = hall.started(case_body(item, **{f"m{seq}": "electronic"}))
    assert grade(hall, case_no, seq) == "C"
    assert hall.as_().post(f"/api/v1/cases/{case_no}/materials/{seq}/verified").json()["grade"] == "B"
    assert grade(hall, case_no, seq) == "B"
    assert hall.as_().post(f"/api/v1/cases/{case_no}/materials/97/verified").status_code == 422


def test_weekend_intake_at_a_bank_counts_from_monday(hall):
    hall.now = datetime(2026, 11, 28, 3, tzinfo=UTC)  # a Saturday
    answer = hall.start(case_body(), channel="bank").json()
    assert (answer["channel"], answer["countsFrom"]) == ("bank", "2026-11-30")
    with hall.database.read() as session:
        assert session.get_one(CaseRow, answer["caseNo"]).channel == "bank"
    assert hall.as_().get(f"/api/v1/cases/{answer['caseNo']}").json()["channel"] == "bank"
    assert hall.start(case_body()).json()["channel"] == "window"
    assert hall.start(case_body(), channel="pigeon").status_code == 422
