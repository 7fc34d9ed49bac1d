"""Serials, history, dossiers, outbox, idempotency and tasks: once each, and closed to strangers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from domain.errors import BadInput, Misconfigured
from domain.matters import End
from domain.messages import TaskOutcome, TaskResolved
from domain.outbound import Rendered
from domain.tasks import TaskKind, task_id
from domain.terms import CommandKind, Partner, Role
from storage.cases.rows import CaseEventRow, CaseRow, add_event, read_dossier
from storage.cases.serials import next_serials
from storage.exchange.outbox import CommandRow, CommandState, store_rendered, stored_command
from storage.idempotency import first_answer, keep_answer
from storage.pending_updates import UpdateRow, queue_update
from storage.sealing import Sealer
from storage.tasks.rows import TaskRow, open_task, settle_task
from tests.unit.storage.casework import CASE, DOSSIER, NOW, SEALER, later, register

RENDERED = Rendered(
    partner=Partner.SICHUAN,
    key=f"{CASE}-submit-1",
    kind=CommandKind.SUBMIT,
    handling_no=CASE,
    content='{"name":"王秀兰"}'.encode(),
    meta={"path": "/cy/v1/cases"},
)


def test_no_serial_is_given_twice_however_many_ask_at_once(database):
    def take(count):
        with database.write() as session:
            return next_serials(session, "20261123", count)

    with ThreadPoolExecutor(8) as pool:
        taken = [n for numbers in pool.map(take, [1, 2, 3, 1] * 8) for n in numbers]
    assert sorted(taken) == list(range(1, 57))
    with database.write() as session:
        assert next_serials(session, "20261124", 2) == [1, 2]


def test_the_first_number_of_a_day_may_be_asked_for_by_many_at_once(database):
    start = Barrier(8)

    def take(day):
        start.wait(10)
        with database.write() as session:
            [number] = next_serials(session, day, 1)
            return number

    with ThreadPoolExecutor(8) as pool:
        for day in ("20261201", "20261202", "20261203"):
            assert sorted(pool.map(take, [day] * 8)) == list(range(1, 9))


def test_history_is_appended_once_per_key(database):
    register(database)

    def write(_):
        with database.write() as session:
            session.get(CaseRow, CASE, with_for_update=True)
            return add_event(session, case_no=CASE, key="1-X", kind="X", at=NOW, now=NOW, actor="workflow")

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(write, range(12))) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseEventRow)) == 1


def test_a_dossier_is_sealed_and_bound_to_its_case(database):
    register(database)
    with database.read() as session:
        case = session.get_one(CaseRow, CASE)
    assert read_dossier(case, SEALER) == DOSSIER
    assert "王秀兰".encode() not in case.dossier
    case.case_no = "another"
    with pytest.raises(InvalidTag):
        read_dossier(case, SEALER)


def test_old_keys_open_and_new_ones_seal():
    old = SEALER.seal(b"x", "a")
    ring = Sealer({"s2": b"n" * 32, "s1": b"k" * 32})
    assert ring.open(old, "a") == b"x"
    fresh = ring.seal(b"x", "a")
    assert fresh != ring.seal(b"x", "a")
    with pytest.raises(Misconfigured, match="s2"):
        SEALER.open(fresh, "a")
    with pytest.raises(InvalidTag):
        ring.open(fresh[:-1] + bytes([fresh[-1] ^ 1]), "a")
    with pytest.raises(Misconfigured):
        Sealer({})


def test_a_command_is_rendered_once(database):
    with database.write() as session:
        store_rendered(session, SEALER, RENDERED, NOW)
    with pytest.raises(IntegrityError), database.write() as session:
        store_rendered(session, SEALER, RENDERED.model_copy(update={"content": b"other"}), NOW)
    with database.read() as session:
        row = session.get_one(CommandRow, RENDERED.key)
        assert stored_command(row, SEALER) == RENDERED
        assert (row.state, row.attempts) == (CommandState.RENDERED, 0)
        assert b"name" not in row.content


def test_an_idempotency_key_has_one_body_and_one_answer(database):
    with database.write() as session:
        assert first_answer(session, "clerk", "k1", b"body") is None
        keep_answer(session, "clerk", "k1", b"body", {"caseNo": CASE}, NOW)
    with database.write() as session:
        assert first_answer(session, "clerk", "k1", b"body") == {"caseNo": CASE}
        assert first_answer(session, "other", "k1", b"body") is None
        with pytest.raises(BadInput) as refused:
            first_answer(session, "clerk", "k1", b"other")
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


def test_of_many_at_once_one_works_and_all_have_its_answer(database):
    start, worked = Barrier(8), []

    def ask(n):
        start.wait(10)
        with database.write() as session:
            answer = first_answer(session, "clerk", "k", b"b")
            if answer is None:
                worked.append(n)
                answer = {"n": n}
                keep_answer(session, "clerk", "k", b"b", answer, NOW)
            return answer["n"]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == set(worked)
    assert len(worked) == 1


def test_a_key_whose_work_failed_may_be_used_again(database):
    with pytest.raises(ZeroDivisionError), database.write() as session:
        assert first_answer(session, "clerk", "k", b"b") is None
        _ = 1 / 0
    with database.write() as session:
        assert first_answer(session, "clerk", "k", b"other") is None


def test_a_task_is_opened_once_and_belongs_to_somebody(database):
    def open_it():
        with database.write() as session:
            return open_task(session, key="a/COMMAND_REFUSED/1", kind=TaskKind.COMMAND_REFUSED, case_no=CASE, now=NOW)

    assert open_it() == open_it() == task_id("a/COMMAND_REFUSED/1")
    with database.read() as session:
        [task] = session.scalars(select(TaskRow))
    assert (task.owner, task.resolved_at) == (Role.CLERK, None)


def test_a_task_that_settled_itself_is_done_and_one_that_a_person_resolved_stays_theirs(database):
    with database.write() as session:
        open_task(session, key="k", kind=TaskKind.COLLECT_AT_HALL, now=NOW)
        settle_task(session, "k", later(hours=1))
        settle_task(session, "k", later(hours=2))
        settle_task(session, "unknown", NOW)
    with database.read() as session:
        [task] = session.scalars(select(TaskRow))
    assert (task.resolved_at, task.outcome, task.resolved_by) == (later(hours=1), TaskOutcome.SETTLED, "workflow")
    assert task.reason == End.SETTLED


def test_an_update_for_a_workflow_is_queued_once(database):
    def queue():
        with database.write() as session:
            queue_update(
                session,
                update_id="task-1",
                workflow_id=f"case-{CASE}",
                name="task_resolved",
                argument=TaskResolved(task_id="1", outcome=TaskOutcome.RESUME),
                now=NOW,
            )

    queue()
    with pytest.raises(IntegrityError):
        queue()
    with database.read() as session:
        [row] = session.scalars(select(UpdateRow))
    assert TaskResolved.model_validate(row.argument).outcome is TaskOutcome.RESUME
