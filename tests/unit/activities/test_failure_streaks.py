"""Five failures in a row of what cannot pass: one task, closed by itself; the others go on meanwhile."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs
from structlog.typing import EventDict

from activities.failure_streaks import FailureStreaks
from activities.job_loop import JobLoop
from domain.errors import PartnerUnavailable
from domain.jobs import Job
from domain.tasks import TaskKind
from domain.troubles import Subject, Trouble
from storage.row_isolation import RowIsolation
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import CASE, NOW, register

TWICE = IntegrityError("INSERT", None, Exception("Key (name)=(李四) already exists"))


class Desk:
    """One job of two parts: `bad` fails with `failure`, or for the rows of `rows`; `good` counts."""

    def __init__(self, database) -> None:
        self.database, self.good_times, self.clock = database, 0, [NOW]
        self.failure: Exception | None = None
        self.rows: dict[str, Exception] = {}
        self.loop = self.worker()

    def worker(self) -> JobLoop:
        """Of a process that has just started."""
        streaks = FailureStreaks(self.database, lambda: self.clock[0])
        return JobLoop({Job.SWEEP: (self.heal, self.good)}, {Job.SWEEP: timedelta(0)}, streaks)

    async def heal(self) -> None:
        if self.failure is not None:
            raise self.failure
        rows = RowIsolation()
        for number, failure in self.rows.items():
            with rows.each(Subject(key=number, handling_no=number)):
                raise failure
        rows.report()

    async def good(self) -> None:
        self.good_times += 1

    async def times(self, count: int) -> None:
        for _ in range(count):
            self.clock[0] += timedelta(seconds=15)
            await self.loop.do(Job.SWEEP)

    def tasks(self, *, open_only: bool = False) -> list[TaskRow]:
        with self.database.read() as session:
            query = select(TaskRow).filter_by(kind=TaskKind.STEP_STUCK).order_by(TaskRow.opened_at)
            return list(session.scalars(query.filter_by(resolved_at=None) if open_only else query))


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def desk(database, logged) -> Desk:
    return Desk(database)


async def test_a_person_hears_after_five_times_once_and_is_told_what_to_do(desk, logged):
    desk.failure = TWICE
    await desk.times(4)
    assert desk.tasks() == []
    await desk.times(10)
    [task] = desk.tasks()
    assert (task.owner, task.resolved_at) == ("operator", None)
    assert task.data["step"] == "补查缺失的进展"
    assert (task.data["trouble"], task.data["error"]) == (Trouble.CONFLICTING_ROW, "IntegrityError")
    assert "更正" in task.data["remedy"]
    assert "李四" not in str(task.data)
    assert desk.good_times == 14
    assert [line["in_a_row"] for line in logged] == list(range(1, 15))


async def test_it_closes_by_itself_and_opens_anew_when_it_comes_again(desk):
    for _ in range(2):
        desk.failure = TWICE
        await desk.times(5)
        assert len(desk.tasks(open_only=True)) == 1
        desk.failure = None
        await desk.times(1)
        assert desk.tasks(open_only=True) == []
    assert len(desk.tasks()) == 2


async def test_four_times_and_then_well_is_nothing(desk):
    for _ in range(3):
        desk.failure = TWICE
        await desk.times(4)
        desk.failure = None
        await desk.times(1)
    assert desk.tasks() == []


async def test_an_outage_is_nobodys_task_and_ends_no_streak(desk, logged):
    desk.failure = PartnerUnavailable("忙")
    await desk.times(20)
    assert desk.tasks() == []
    assert {line["log_level"] for line in logged} == {"warning"}
    for failure in (TWICE, TWICE, PartnerUnavailable("忙"), TWICE, TWICE, TWICE):
        desk.failure = failure
        await desk.times(1)
    assert len(desk.tasks()) == 1


async def test_a_bad_row_is_named_with_its_case_and_each_by_itself(desk, database):
    register(database)
    desk.rows = {CASE: KeyError("x"), "elsewhere": TWICE}
    await desk.times(7)
    assert {(task.case_no, task.handling_no, task.data["about"]) for task in desk.tasks()} == {
        (CASE, CASE, CASE),
        (None, "elsewhere", "elsewhere"),
    }
    del desk.rows[CASE]
    await desk.times(1)
    assert [task.data["about"] for task in desk.tasks(open_only=True)] == ["elsewhere"]
    desk.failure, desk.rows = ValueError(), {}
    await desk.times(1)  # of the row nothing is known now
    assert [task.data["about"] for task in desk.tasks(open_only=True)] == ["elsewhere"]


async def test_the_worker_that_takes_over_neither_tells_again_nor_forgets_to_close(desk):
    desk.failure = TWICE
    await desk.times(5)
    desk.loop = desk.worker()
    await desk.times(6)
    assert len(desk.tasks()) == 1
    desk.failure, desk.loop = None, desk.worker()
    await desk.times(1)
    assert desk.tasks(open_only=True) == []


async def test_a_database_that_is_away_does_not_end_the_job(desk, monkeypatch):
    def away(*_args) -> None:
        raise TWICE

    desk.failure = KeyError()
    with monkeypatch.context() as patch:
        patch.setattr("activities.failure_streaks.open_stuck", away)
        await desk.times(6)
    assert desk.tasks() == []
    await desk.times(1)
    assert (len(desk.tasks()), desk.good_times) == (1, 7)


async def test_a_daily_job_tells_of_a_bad_row_at_once_and_fails_only_as_a_whole(desk):
    run: Callable = desk.loop.run_daily_job
    desk.rows = {"elsewhere": KeyError("x")}
    await run(Job.SWEEP)
    assert [task.data["about"] for task in desk.tasks(open_only=True)] == ["elsewhere"]
    desk.rows = {}
    await run(Job.SWEEP)
    assert desk.tasks(open_only=True) == []
    desk.failure = TWICE
    with pytest.raises(IntegrityError):
        await run(Job.SWEEP)
