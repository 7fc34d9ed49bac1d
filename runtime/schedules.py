"""What keeps the scheduled jobs going: a workflow for each frequent one, a Temporal Schedule for each daily one."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from domain.jobs import DAILY, FREQUENT, JOB_WORK, Job
from domain.naming import CASES_QUEUE
from runtime.networks import is_connected
from runtime.settings import Settings
from workflows.jobs import DailyJobWorkflow, JobWorkflow

KEEP_EVERY_S = 60.0
"""Seconds until a job's workflow that an operator has ended, or a server has forgotten, is started again."""

_AT_TWO = ScheduleSpec(calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(2)])], time_zone_name="Asia/Shanghai")
_EARLIER = "round-"
"""Earlier versions had a schedule of this prefix for every job, and a workflow of this type for every time of it."""
_EARLIER_RUNS = "WorkflowType = 'RoundsWorkflow' AND ExecutionStatus = 'Running'"

log = structlog.get_logger(__name__)


def intervals(settings: Settings) -> dict[Job, timedelta]:
    """How often each frequent job is done.

    Tracking and healing come more often with TIME_SCALE, once a second at most.
    """
    track_s = 60.0 if settings.time_scale == 1 else max(1.0, 3600 / settings.time_scale)
    heal = timedelta(seconds=max(1.0, 60 / settings.time_scale))
    return {
        Job.SWEEP: timedelta(seconds=settings.worker.sweep_s),
        Job.POLL_SOUTHWEST: timedelta(seconds=settings.southwest.poll_s),
        Job.POLL_INTERPROVINCIAL: timedelta(seconds=settings.interprovincial.poll_s),
        Job.MESSAGES: timedelta(seconds=settings.sms.every_s),
        Job.TRACK: timedelta(seconds=track_s),
        Job.HEAL_SICHUAN: heal,
        Job.HEAL_INTERPROVINCIAL: heal,
    }


async def keep_jobs(client: Client, every_s: float = KEEP_EVERY_S) -> None:
    """Start the workflow of every frequent job where it does not run, and look again after `every_s` seconds.

    Ends only by being cancelled. Several processes may do this: a workflow that runs is left as it is.
    """
    while True:
        for job in _here(FREQUENT):
            try:
                await _start(client, job)
            except RPCError as failure:
                log.warning("job_not_started", job=job, code=failure.status.name)
        await asyncio.sleep(every_s)


async def _start(client: Client, job: Job) -> None:
    """Nothing happens where it runs."""
    await client.start_workflow(
        JobWorkflow.run,
        job,
        id=job.workflow_id,
        task_queue=CASES_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )


async def ensure_schedules(client: Client) -> None:
    """Create the schedules of the daily jobs (02:00, Asia/Shanghai), or bring them up to date (decisions.md 10).

    What earlier versions or networks that are gone had is taken away.
    """
    for job in _here(DAILY):
        schedule = _schedule(job)
        try:
            await client.create_schedule(job.workflow_id, schedule)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(job.workflow_id).update(_replace_by(schedule))
    await _remove_absent(client)
    await _remove_earlier(client)


def _here(jobs: Iterable[Job]) -> list[Job]:
    """A network that is not connected has no jobs."""
    partners = ((job, JOB_WORK[job].partner) for job in jobs)
    return [job for job, partner in partners if partner is None or is_connected(partner)]


async def _remove_absent(client: Client) -> None:
    """No worker here would do the job of a network whose adapter was taken away."""
    for job in set(Job) - set(_here(Job)):
        with _if_there():
            await client.get_schedule_handle(job.workflow_id).delete()
        with _if_there():
            await client.get_workflow_handle(job.workflow_id).terminate("the network is not connected any more")


async def _remove_earlier(client: Client) -> None:
    for job in Job:
        with _if_there():
            await client.get_schedule_handle(f"{_EARLIER}{job}").delete()
    async for run in client.list_workflows(_EARLIER_RUNS):
        with _if_there():
            await client.get_workflow_handle(run.id, run_id=run.run_id).terminate("replaced by the job's own workflow")


@contextmanager
def _if_there() -> Iterator[None]:
    try:
        yield
    except RPCError as failure:
        if failure.status is not RPCStatusCode.NOT_FOUND:
            raise


def _replace_by(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(_current: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule=schedule)

    return update


def _schedule(job: Job) -> Schedule:
    """What was missed while the server was away is made up for once."""
    return Schedule(
        action=ScheduleActionStartWorkflow(DailyJobWorkflow.run, job, id=job.workflow_id, task_queue=CASES_QUEUE),
        spec=_AT_TWO,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=12)),
    )
