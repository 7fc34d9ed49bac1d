"""One step of a case, in one transaction and once, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.records import Records
from catalog.clocks import Where
from domain.identifiers import make_case_number
from domain.messages import ClockOrder, Deadline, DeadlineKind, ItemBrief, Responsible, TaskOrder
from domain.recording import CaseChange, CaseChanges
from domain.tasks import TaskKind
from domain.terms import CaseStatus, ItemKind
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow
from storage.exchange.inbox import Inbox
from storage.tasks.rows import TaskRow
from tests.counted import counted
from tests.unit.storage.casework import CASE, DAY, NOW, SEALER, later, register

S, K = CaseStatus, DeadlineKind
ITEM = ItemBrief(code="YZ-1", name="事项", kind=ItemKind.PROMISED, statutory_days=20, promised_days=10)
DAYS = {K.COMPENSATION: 3, K.ACCEPTANCE: 5, K.DECISION_PROMISED: 10, K.DECISION_STATUTORY: 20}


def clockwork(order: ClockOrder, item: ItemBrief, time_scale: float, where: Where) -> Deadline:
    assert item == ITEM
    due_at = order.start_at + timedelta(days=DAYS[order.kind]) / time_scale
    return Deadline(
        kind=order.kind,
        start_at=order.start_at,
        warn_at=due_at - timedelta(days=1),
        due_at=due_at,
        responsible=Responsible.AUTHORITY,
    )


@pytest.fixture
def records(database):
    register(database)
    with database.write() as session:
        session.get_one(CaseRow, CASE).start = {"item": ITEM.model_dump(mode="json")}
    return Records(database, Inbox(SEALER), clockwork, lambda: NOW)


def change(key: str = "1-RECEIVED", status: CaseStatus = S.RECEIVED, **other) -> CaseChange:
    given = {
        "key": key,
        "case_no": CASE,
        "kind": key.partition("-")[2],
        "at": NOW,
        "case_status": status,
        "on_hold": False,
        "withdrawal_pending": False,
        "handling_no": CASE,
        "handling_status": status,
    }
    return CaseChange(**given | other)


def clock(kind: DeadlineKind) -> ClockOrder:
    return ClockOrder(kind=kind, start_at=NOW)


def case_of(database) -> CaseRow:
    with database.read() as session:
        return session.get_one(CaseRow, CASE)


def running(database) -> list[str]:
    with database.read() as session:
        return sorted(session.scalars(select(DeadlineRow.kind).filter_by(stopped_at=None)))


def test_a_step_is_written_once_however_often_it_is_tried(records, database):
    step = change(start=(clock(K.ACCEPTANCE),), task=TaskOrder(key="k", kind=TaskKind.DEADLINE_WARNING))
    with ThreadPoolExecutor(6) as pool:
        written = list(pool.map(lambda _: records.record(step), range(12)))
    assert all(each == written[0] for each in written)
    assert [d.due_at for d in written[0].deadlines] == [later(days=5)]
    assert written[0].deadlines[0].handling_no == CASE
    with database.read() as session:
        assert len(session.scalars(select(CaseEventRow)).all()) == 1
        assert len(session.scalars(select(TaskRow)).all()) == 1
        assert session.get_one(HandlingRow, CASE).status == S.RECEIVED
    case = case_of(database)
    assert (case.status, case.version, case.due_at) == (S.RECEIVED, 1, later(days=5))
    assert running(database) == [K.ACCEPTANCE]


def test_a_late_retry_does_not_take_a_newer_step_back(records, database):
    first = change(start=(clock(K.ACCEPTANCE),))
    records.record(first)
    records.record(change("2-ACCEPTED", S.ACCEPTED, start=(clock(K.DECISION_PROMISED),), stop=(K.ACCEPTANCE,)))
    records.record(first)
    assert case_of(database).status == S.ACCEPTED
    assert running(database) == [K.DECISION_PROMISED]


def test_the_next_boundary_is_the_earliest_that_runs(records, database):
    records.record(change("1-ACCEPTED", S.ACCEPTED, start=(clock(K.DECISION_PROMISED), clock(K.DECISION_STATUTORY))))
    assert case_of(database).due_at == later(days=10)
    records.record(change("2-X", S.ACCEPTED, stop=(K.DECISION_PROMISED,)))
    assert case_of(database).due_at == later(days=20)
    records.record(change("3-APPROVED", S.APPROVED, stop=(K.DECISION_STATUTORY,)))
    assert case_of(database).due_at is None


def test_started_again_the_old_one_stops(records, database):
    records.record(change("1-A", start=(clock(K.ACCEPTANCE),)))
    records.record(change("2-B", start=(ClockOrder(kind=K.ACCEPTANCE, start_at=later(days=1)),)))
    assert running(database) == [K.ACCEPTANCE]
    assert case_of(database).due_at == later(days=6)


def test_closing_stops_everything_and_the_first_decision_keeps_its_time(records, database):
    records.record(change("1-ACCEPTED", S.ACCEPTED, start=(clock(K.DECISION_PROMISED),)))
    records.record(change("2-APPROVED", S.APPROVED, at=later(days=1)))
    records.record(change("3-X", S.APPROVED, at=later(days=2)))
    records.record(change("4-CLOSED", S.APPROVED, at=later(days=3), closed=True, handling_no=None))
    case = case_of(database)
    assert (case.decided_at, case.closed_at) == (later(days=1), later(days=3))
    assert running(database) == []


def test_a_withdrawal_that_the_window_knows_of_stays_pending_until_an_outcome(records, database):
    with database.write() as session:
        session.get_one(CaseRow, CASE).withdrawal_pending = True
    records.record(change("1-RECEIVED", S.RECEIVED))
    assert case_of(database).withdrawal_pending
    records.record(change("2-WITHDRAWN", S.WITHDRAWN))
    assert not case_of(database).withdrawal_pending


def test_what_a_step_settles_is_nobodys_task_any_more(records, database):
    records.record(change("1-A", task=TaskOrder(key="k", kind=TaskKind.COLLECT_AT_HALL)))
    records.record(change("2-B", settles=("k",)))
    with database.read() as session:
        assert session.scalar(select(TaskRow.resolved_at)) == NOW


def test_a_step_of_no_case_is_a_fault_and_leaves_nothing(records, database):
    with pytest.raises(LookupError):
        records.record(change(case_no="500103202611230000021"))
    with database.read() as session:
        assert session.scalars(select(CaseEventRow)).all() == []


def test_a_step_of_the_whole_case_leaves_each_authoritys_word_alone(records, database):
    records.record(change("1-APPROVED", S.APPROVED))
    records.record(change("2-CLOSED", S.REJECTED, handling_no=None, handling_status=None, closed=True))
    with database.read() as session:
        assert session.get_one(HandlingRow, CASE).status == S.APPROVED
    assert case_of(database).status == S.REJECTED


def test_before_it_is_passed_on_a_step_of_the_case_is_every_handlings(records, database):
    with database.write() as session:
        session.get_one(HandlingRow, CASE).status = S.REGISTERED
    records.record(change("1-COLLECTED", S.COLLECTED, handling_no=None, handling_status=None))
    with database.read() as session:
        assert session.get_one(HandlingRow, CASE).status == S.COLLECTED


def test_a_clock_is_computed_by_the_limits_of_the_handlings_network_and_region(records, database):
    seen = []

    def asked(order, item, time_scale, where):
        seen.append((where.scheme, where.region))
        return clockwork(order, item, time_scale, where)

    asks = Records(database, Inbox(SEALER), asked, lambda: NOW)
    asks.record(change("1-A", start=(clock(K.DECISION_PROMISED),)))
    asks.record(change("2-B", handling_no=None, handling_status=None, start=(clock(K.ACCEPTANCE),)))
    assert seen == [("chuanyu", "510104"), (None, "")]


def test_what_is_to_be_undone_is_due_when_its_clock_ends(records, database):
    task = TaskOrder(key=f"{CASE}/COMPENSATION/x", kind=TaskKind.COMPENSATION)
    records.record(change("1-COMPENSATION", S.REJECTED, start=(clock(K.COMPENSATION),), task=task))
    with database.read() as session:
        (opened,) = session.scalars(select(TaskRow))
    assert (opened.owner, opened.deadline_at) == ("clerk", NOW + timedelta(days=3))


def test_steps_that_are_written_together_come_to_what_they_come_to_one_by_one(records, database):
    steps = CaseChanges(
        changes=(
            change(start=(clock(K.ACCEPTANCE),)),
            change("2-ACCEPTED", S.ACCEPTED, start=(clock(K.DECISION_PROMISED),), stop=(K.ACCEPTANCE,)),
            change("3-APPROVED", S.APPROVED, stop=(K.DECISION_PROMISED,)),
        )
    )
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: records.record_all(steps), range(6)))
    assert all(each == written[0] for each in written)
    assert [[d.kind for d in each] for each in written[0].deadlines] == [[K.ACCEPTANCE], [K.DECISION_PROMISED], []]
    with database.read() as session:
        assert len(session.scalars(select(CaseEventRow)).all()) == 3
        assert session.get_one(HandlingRow, CASE).status == S.APPROVED
    assert (case_of(database).status, case_of(database).version, running(database)) == (S.APPROVED, 3, [])


def test_of_steps_written_together_only_the_new_ones_are_written(records, database):
    """A retry whose first try was written in part with an earlier group."""
    first = change(start=(clock(K.ACCEPTANCE),))
    records.record_all(CaseChanges(changes=(first,)))
    second = change("2-ACCEPTED", S.ACCEPTED, stop=(K.ACCEPTANCE,))
    assert [len(each) for each in records.record_all(CaseChanges(changes=(first, second))).deadlines] == [1, 0]
    assert (case_of(database).status, case_of(database).version, running(database)) == (S.ACCEPTED, 2, [])


def legal_due(database):
    with database.read() as session:
        return session.get_one(HandlingRow, CASE).legal_due_at


def test_a_handling_knows_the_soonest_end_of_the_law_s_clocks(records, database):
    """What is promised is not the law's; a clock that stops counts no more (storage.officer_queue)."""
    assert legal_due(database) is None
    records.record(change(start=(clock(K.ACCEPTANCE),)))
    assert legal_due(database) == NOW + timedelta(days=5)
    decide = (clock(K.DECISION_PROMISED), clock(K.DECISION_STATUTORY))
    records.record(change("2-ACCEPTED", S.ACCEPTED, start=decide, stop=(K.ACCEPTANCE,)))
    assert legal_due(database) == NOW + timedelta(days=20)
    records.record(change("3-SUSPENDED", S.SUSPENDED, stop=(K.DECISION_PROMISED, K.DECISION_STATUTORY)))
    assert legal_due(database) is None


def test_steps_of_several_cases_at_once_come_to_what_each_comes_to_by_itself(records, database):
    numbers = [make_case_number("500103", DAY, serial) for serial in range(100, 120)]
    for number in numbers:
        register(database, number)
        with database.write() as session:
            session.get_one(CaseRow, number).start = {"item": ITEM.model_dump(mode="json")}
    nobodys = make_case_number("500103", DAY, 999)

    def written(number: str) -> str | None:
        step = change(case_no=number, handling_no=number, start=(clock(K.ACCEPTANCE),))
        try:
            return records.record(step).deadlines[0].handling_no
        except LookupError:
            return None

    with ThreadPoolExecutor(21) as pool, counted() as cost:
        assert list(pool.map(written, [*numbers, nobodys])) == [*numbers, None]
    assert cost.commits < len(numbers)
    with database.read() as session:
        cases = session.scalars(select(CaseRow).where(CaseRow.case_no.in_(numbers)))
        assert {(case.status, case.version, case.due_at) for case in cases} == {(S.RECEIVED, 1, later(days=5))}
        assert sorted(session.scalars(select(DeadlineRow.case_no))) == sorted(numbers)
