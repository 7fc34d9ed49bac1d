"""The scheduled jobs on the real server: done often, few runs left behind, taken over, started again, never stopped."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleSpec,
    WorkflowExecutionStatus,
)
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

import domain.jobs
from activities.failure_streaks import FailureStreaks
from activities.job_loop import JobLoop
from domain.jobs import DAILY, FREQUENT, JOB_WORK, SHIFT, SHIFTS, Job
from domain.naming import CASES_QUEUE
from runtime.embedded import embedded_server
from runtime.ports import free_port
from runtime.schedules import ensure_schedules, keep_jobs
from runtime.settings import Settings, load_settings
from runtime.temporal import connect
from runtime.workers import workflow_runner
from storage.base import Database
from storage.migrating import migrate
from storage.sealing import Sealer
from tests.workflows.conftest import say, server
from workflows.jobs import DailyJobWorkflow, JobWorkflow

pytestmark = pytest.mark.temporal
HOUSE = Path(__file__).parents[2]
WITHIN_S = 40
A_DAY = timedelta(days=1)


class Engine:
    """A server of our own, with the workflows of the jobs; whoever does the jobs is up to the test."""

    def __init__(self, settings: Settings, client: Client, database: Database) -> None:
        self.settings, self.client, self.database = settings, client, database

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """The workflows run, and are started again where one ends."""
        workflows = [JobWorkflow, DailyJobWorkflow]
        async with Worker(
            self.client,
            task_queue=CASES_QUEUE,
            workflows=workflows,
            workflow_runner=workflow_runner(),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        ):
            keeping = asyncio.create_task(keep_jobs(self.client, every_s=0.2))
            try:
                yield
            finally:
                keeping.cancel()
                with suppress(asyncio.CancelledError):
                    await keeping
                for job in FREQUENT:
                    with suppress(RPCError):
                        await self.client.get_workflow_handle(job.workflow_id).terminate()

    @asynccontextmanager
    async def working(self, job: Job, part, *others, every_s: float, shift: timedelta = SHIFT) -> AsyncIterator[None]:
        streaks = FailureStreaks(self.database, lambda: datetime.now(UTC))
        loop = JobLoop({job: (part, *others)}, {job: timedelta(seconds=every_s)}, streaks, shift)
        async with Worker(
            self.client,
            task_queue=JOB_WORK[job].queue,
            activities=[loop.run_job],
            graceful_shutdown_timeout=timedelta(seconds=5),
        ):
            yield

    async def run_of(self, job: Job) -> str:
        """The id of the running run of a job, as soon as there is one."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                with suppress(RPCError):
                    found = await self.client.get_workflow_handle(job.workflow_id).describe()
                    if found.status is WorkflowExecutionStatus.RUNNING:
                        return found.run_id
                await asyncio.sleep(0.05)

    async def closed(self) -> int:
        """Closed runs that an operator sees."""
        return (await self.client.count_workflows("ExecutionStatus != 'Running'")).count


async def until(condition: Callable[[], bool]) -> None:
    async def so() -> bool:
        return condition()

    await until_so(so)


async def until_so(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:  # of the server's, or another process': there is no event to wait for
            if await condition():
                return
            await asyncio.sleep(0.02)


class Ticks:
    """A part of a job that counts how often it was done."""

    def __init__(self) -> None:
        self.count = 0

    async def tick(self) -> None:
        self.count += 1

    async def broken(self) -> None:
        self.count += 1
        raise ValueError("for ever")


@pytest.fixture
async def engine(tmp_path) -> AsyncIterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        binary = server(patch)
        ports = {name: free_port() for name in ("port", "temporal_port", "temporal_ui_port")}
        settings = load_settings(None, sandbox="1", data_dir=tmp_path / "data", **ports)
    database = Database(settings.database_url, Sealer(settings.seal_keys.by_kid()))
    migrate(database.engine)
    async with embedded_server(settings, say, binary):
        yield Engine(settings, await connect(settings), database)
    database.close()


async def test_a_busy_day_leaves_fewer_than_two_thousand_closed_runs(engine):
    """Every shift of a job shortened to some ticks; as many shifts as a week has, counted, and reckoned for a day."""
    ticks, shift = Ticks(), timedelta(seconds=0.02)
    async with engine.kept(), engine.working(Job.TRACK, ticks.tick, every_s=0.01, shift=shift):
        before = await engine.run_of(Job.TRACK)

        async def goes_on() -> bool:
            return await engine.run_of(Job.TRACK) != before

        await until_so(goes_on)
        shifts, runs = SHIFTS, max(1, await engine.closed())
    assert ticks.count >= shifts
    shifts_a_day = A_DAY / SHIFT  # however short the interval: a shift is one activity of one run
    assert len(FREQUENT) * shifts_a_day * runs / shifts + len(DAILY) < 2000 / 10


async def test_a_thousand_times_leave_nothing_behind(engine):
    ticks = Ticks()
    async with engine.kept(), engine.working(Job.TRACK, ticks.tick, every_s=0.001):
        run = await engine.run_of(Job.TRACK)
        await until(lambda: ticks.count > 1000)
        assert await engine.run_of(Job.TRACK) == run
        assert await engine.closed() == 0
        history = await engine.client.get_workflow_handle(Job.TRACK.workflow_id).fetch_history()
        assert len(history.events) < 10


async def test_a_part_that_always_fails_stops_neither_itself_nor_the_others(engine):
    broken, whole = Ticks(), Ticks()
    async with engine.kept(), engine.working(Job.TRACK, broken.broken, whole.tick, every_s=0.01):
        await until(lambda: broken.count > 20 and whole.count > 20)
        assert await engine.closed() == 0


async def test_a_changed_interval_counts_from_the_next_worker_on(engine):
    slow, fast = Ticks(), Ticks()
    async with engine.kept():
        async with engine.working(Job.TRACK, slow.tick, every_s=3600):
            await until(lambda: slow.count == 1)
            run = await engine.run_of(Job.TRACK)
        async with engine.working(Job.TRACK, fast.tick, every_s=0.01):
            await until(lambda: fast.count > 10)
            assert await engine.run_of(Job.TRACK) == run
    assert slow.count == 1


async def test_a_killed_workers_job_is_taken_over(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(domain.jobs, "SILENT_AT_MOST", timedelta(seconds=3))
    said = tmp_path / "said"
    said.touch()
    place = [str(engine.settings.data_dir), str(engine.settings.temporal_port), str(said)]

    def begin() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-m", "tests.workflows.job_worker", *place], cwd=HOUSE)

    def heard(worker: "subprocess.Popen[bytes]") -> bool:
        return str(worker.pid) in said.read_text().split()

    async with engine.kept():
        workers = [begin()]
        try:
            await until(lambda: heard(workers[0]))
            run = await engine.run_of(Job.SWEEP)
            workers.append(begin())
            os.kill(workers[0].pid, signal.SIGKILL)
            await until(lambda: heard(workers[1]))
            assert await engine.run_of(Job.SWEEP) == run
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    names = said.read_text().split()
    assert names == sorted(names, key=[str(w.pid) for w in workers].index)  # never both at once


async def test_a_job_that_an_operator_ends_is_started_again(engine):
    ticks = Ticks()
    async with engine.kept(), engine.working(Job.TRACK, ticks.tick, every_s=0.01):
        run = await engine.run_of(Job.TRACK)
        await engine.client.get_workflow_handle(Job.TRACK.workflow_id, run_id=run).terminate("by hand")
        assert await engine.run_of(Job.TRACK) != run
        before = ticks.count
        await until(lambda: ticks.count > before + 5)


async def test_what_an_earlier_version_scheduled_is_taken_away(engine):
    action = ScheduleActionStartWorkflow("RoundsWorkflow", "sweep", id="round-sweep", task_queue=CASES_QUEUE)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(seconds=1))])
    await engine.client.create_schedule("round-sweep", Schedule(action=action, spec=spec), trigger_immediately=True)

    async def running() -> bool:
        query = "WorkflowType = 'RoundsWorkflow' AND ExecutionStatus = 'Running'"
        return (await engine.client.count_workflows(query)).count > 0

    async def ended() -> bool:
        return not await running()

    await until_so(running)
    await ensure_schedules(engine.client)
    await ensure_schedules(engine.client)
    await until_so(ended)
    with pytest.raises(RPCError) as gone:
        await engine.client.get_schedule_handle("round-sweep").describe()
    assert gone.value.status is RPCStatusCode.NOT_FOUND
    for job in DAILY:
        await engine.client.get_schedule_handle(job.workflow_id).describe()
