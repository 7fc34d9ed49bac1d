"""The applicant is told with the step itself: once, whatever is repeated, and of nothing that was not written."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.records import Records
from domain.applicant_messages import MessageKind, day_said
from domain.messages import ClockOrder, Deadline, DeadlineKind, LookReason, Responsible, TaskOrder
from domain.recording import CaseChange, CaseChanges
from domain.tasks import TaskKind
from domain.terms import CaseStatus, ItemKind, Leg
from storage.cases.applicant_messages import MessageRow
from storage.cases.rows import CaseRow
from storage.exchange.inbox import Inbox
from storage.tasks.rows import open_task
from tests.unit.activities.post_office import PostOffice
from tests.unit.storage.casework import CASE, NOW, SEALER, register

M, K = MessageKind, DeadlineKind
ITEM = {"code": "YZ-1", "name": "事项", "kind": ItemKind.PROMISED, "statutory_days": 20, "promised_days": 10}


def _clockwork(order, _item, _scale, _where) -> Deadline:
    due_at = order.start_at + timedelta(days=10)
    return Deadline(kind=order.kind, start_at=NOW, warn_at=due_at, due_at=due_at, responsible=Responsible.APPLICANT)


@pytest.fixture
def records(database) -> Records:
    register(database)
    with database.write() as session:
        session.get_one(CaseRow, CASE).start = {"item": ITEM}
    return Records(database, Inbox(SEALER), _clockwork, lambda: NOW)


def step(kind, number=1, **more) -> CaseChange:
    given = {
        "key": f"{number}-{kind}",
        "case_no": CASE,
        "kind": kind,
        "at": NOW,
        "case_status": CaseStatus.REVIEWING,
        "on_hold": False,
        "withdrawal_pending": False,
        "handling_no": CASE,
        "handling_status": CaseStatus.REVIEWING,
    }
    return CaseChange(**given | more)


def told(database) -> list[tuple[str, str, dict]]:
    with database.read() as session:
        rows = session.scalars(select(MessageRow).order_by(MessageRow.key))
        return [
            (row.key, row.kind, {name: row.said[name] for name in row.said if name != "planned_at"}) for row in rows
        ]


def test_a_step_is_told_once_however_often_it_is_written(records, database) -> None:
    steps = CaseChanges(changes=(step("ACCEPTED"), step("REVIEWING", 2), step("SUSPENDED", 3)))
    for _ in range(3):
        records.record_all(steps)
    records.record(step("ACCEPTED"))
    assert told(database) == [("1-ACCEPTED", M.ACCEPTED, {}), ("3-SUSPENDED", M.SUSPENDED, {})]


def test_missing_papers_are_told_with_their_day(records, database) -> None:
    order = ClockOrder(kind=K.SUPPLEMENT_REPLY, start_at=NOW)
    records.record_all(CaseChanges(changes=(step("NEED_SUPPLEMENT", start=(order,)),)))
    assert told(database) == [("1-NEED_SUPPLEMENT", M.SUPPLEMENT_NEEDED, {"due": "在12月3日（含）前"})]


def test_missing_papers_without_a_day_are_wanted_soon(records, database) -> None:
    records.record(step("NEED_SUPPLEMENT"))
    assert told(database)[0][2] == {"due": "尽快"}


@pytest.mark.parametrize(("clock", "count"), [(K.SUPPLEMENT_REPLY, 1), (K.DECISION_PROMISED, 0)])
def test_a_warning_is_told_where_the_applicant_must_act(records, database, clock, count) -> None:
    start = step("CLOCK_STARTED", start=(ClockOrder(kind=clock, start_at=NOW),))
    key = f"{CASE}/{TaskKind.DEADLINE_WARNING}/{clock}-{NOW.isoformat()}"
    warning = step(TaskKind.DEADLINE_WARNING, 2, task=TaskOrder(key=key, kind=TaskKind.DEADLINE_WARNING))
    records.record_all(CaseChanges(changes=(start, warning)))
    found = told(database)
    assert len(found) == count
    assert all((kind, said) == (M.PAPER_DUE_SOON, {"due": "在12月3日（含）前"}) for _, kind, said in found)


def test_an_approval_says_that_the_result_waits_for_what_is_owed(records, database) -> None:
    with database.write() as session:
        kind = TaskKind.DEFERRED_MATERIAL
        open_task(session, key=f"{CASE}/deferred/3", kind=kind, case_no=CASE, now=NOW, data={"seq": 3, "name": "证明"})
    approved = {"case_status": CaseStatus.APPROVED, "handling_status": CaseStatus.APPROVED}
    records.record(step("APPROVED", **approved))
    assert told(database) == [("1-APPROVED", M.APPROVED_WITHHELD, {})]


def test_two_authorities_are_told_each_for_itself(records, database) -> None:
    records.record_all(CaseChanges(changes=(step("ACCEPTED", 1), step("ACCEPTED", 2))))
    assert [key for key, _, _ in told(database)] == ["1-ACCEPTED", "2-ACCEPTED"]


def test_a_step_of_a_joint_case_is_not_told_as_the_end_of_it(records, database) -> None:
    records.record(step("APPROVED", 1, case_status=CaseStatus.WAITING, handling_status=CaseStatus.APPROVED))
    records.record(step("APPROVED", 2, case_status=CaseStatus.REJECTED, handling_status=CaseStatus.APPROVED))
    assert told(database) == [("1-APPROVED", M.STEP_DONE, {})]


def test_that_a_joint_case_stopped_half_way_is_told_once(records, database) -> None:
    for number in (1, 2):
        records.record(step("COMPENSATION", number, case_status=CaseStatus.REJECTED))
    assert [kind for _, kind, _ in told(database)] == [M.PART_DONE_ONLY]


@pytest.fixture
def office(tmp_path):
    return PostOffice(tmp_path)


def test_a_visit_is_told_at_the_first_plan_and_again_when_it_moves(office) -> None:
    leg_id = office.order()
    office.look(leg_id)
    for _ in range(2):
        office.look(leg_id)
    [(key, kind, said)] = told(office.database)
    assert (key, kind) == (f"{leg_id}/VISIT/1", M.VISIT_PLANNED)
    assert ":" in said["at"]
    office.clock.at(40)
    office.look(leg_id)
    kinds = [kind for _, kind, _ in told(office.database)]
    assert kinds.count(M.VISIT_PLANNED) == 1
    assert M.VISIT_MOVED in kinds or M.PROMISE_LATE in kinds


def test_a_broken_promise_is_told_once(office) -> None:
    leg_id = office.order(Leg.PICKUP)
    office.look(leg_id)
    for minutes in (70, 80, 90):
        office.clock.at(minutes)
        office.look(leg_id)
    late = [key for key, kind, _ in told(office.database) if kind == M.PROMISE_LATE]
    assert late == [f"{leg_id}/{TaskKind.PROMISE_BROKEN}/promise"]


def test_a_failed_visit_is_told(office) -> None:
    leg_id = office.order(Leg.PICKUP)
    office.look(leg_id)
    office.scan(leg_id, "EN_ROUTE", 5)
    office.scan(leg_id, "PICKUP_FAILED", 20, note="NOBODY_HOME")
    office.look(leg_id, reason=LookReason.ATTEMPT_FAILED)
    assert M.VISIT_FAILED in {kind for _, kind, _ in told(office.database)}


def test_an_extended_limit_is_told_with_the_day_of_the_law(database, records):
    longer = tuple(
        ClockOrder(kind=kind, start_at=NOW + timedelta(days=days), workdays=days)
        for kind, days in ((K.DECISION_PROMISED, 20), (K.DECISION_STATUTORY, 30))
    )
    records.record(step("LIMIT_EXTENDED", start=longer))
    ((key, kind, values),) = told(database)
    assert (key, kind) == ("1-LIMIT_EXTENDED", M.LIMIT_EXTENDED)
    assert values["due"] == day_said(NOW + timedelta(days=40))


def test_a_damaged_parcel_is_told_with_the_promise_of_a_call(office) -> None:
    leg_id = office.order(Leg.PICKUP)
    office.look(leg_id)
    office.scan(leg_id, "PICKED_UP", 10)
    office.scan(leg_id, "DAMAGED", 20)
    assert M.PARCEL_DAMAGED in {kind for _, kind, _ in told(office.database)}
