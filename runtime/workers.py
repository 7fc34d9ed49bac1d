"""The workers of one process: one per task queue, so that one network's outage never delays another's cases."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pydantic
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities.commands import Commands
from activities.door_promises import DoorPromises
from activities.failure_interceptor import FailureInterceptor
from activities.failure_streaks import FailureStreaks
from activities.job_loop import JobLoop
from activities.licence_checks import LicenceChecks
from activities.paper_look import PaperLook
from activities.parcel_booking import ParcelBooking
from activities.parcel_closing import ParcelClosing
from activities.records import Clockwork, Records
from activities.step_words import STEPS
from catalog.clocks import Where, compute_deadline
from catalog.workdays import WorkdayCalendar
from domain.jobs import JOB_WORK
from domain.messages import ClockOrder, Deadline, ItemBrief
from domain.naming import CARRIER_QUEUE, CASES_QUEUE, LICENCES_QUEUE, partner_queue
from domain.terms import Partner
from runtime.container import Container, carrier_of, licence_office_of, now, promise_rules
from runtime.jobs import jobs_of
from runtime.networks import adapters_of, networks_of
from runtime.schedules import intervals, keep_jobs
from storage.catalogue import InForce, ListKind, read_calendar
from workflows import WORKFLOWS

_JOB_THREADS = 4 * len(JOB_WORK)


def clockwork_over(calendar: Callable[[], WorkdayCalendar]) -> Clockwork:
    """What computes a clock of a case (时限), over the calendar in force at the moment of asking.

    See `catalog.clocks.compute_deadline`, of which it raises the errors.
    """

    def clockwork(order: ClockOrder, item: ItemBrief, time_scale: float, where: Where) -> Deadline:
        return compute_deadline(
            order.kind,
            order.start_at,
            item,
            calendar=calendar(),
            time_scale=time_scale,
            workdays=order.workdays,
            excluded=order.excluded,
            where=where,
        )

    return clockwork


def workflow_runner() -> WorkflowRunner:
    """How workflows run: without the SDK's sandbox, in which every recorded history is replayed (decisions.md 27)."""
    return UnsandboxedWorkflowRunner()


def build_workers(client: Client, container: Container, threads: ThreadPoolExecutor) -> list[Worker]:
    """One worker per task queue: cases, carrier, the licence office, and each network, connected or not.

    Sync activities share `threads`; each queue has fewer slots than threads, so that none can take all of them.
    """
    settings = container.settings
    networks = networks_of(container)
    carrier = carrier_of(settings)
    calendar = InForce(container.database, ListKind.CALENDAR, read_calendar)
    records = Records(container.database, container.inbox, clockwork_over(calendar), now, calendar.one_moment)
    promises = DoorPromises(promise_rules(settings), lambda: calendar().exceptions)
    commands = Commands(
        container.database, container.sealer, container.documents, container.inbox, adapters_of(networks), records, now
    )
    carrying = ParcelBooking(container.database, container.sealer, carrier, promises, now)
    ending = ParcelClosing(container.database, carrier, promises, now)
    licences = LicenceChecks(container.database, container.sealer, licence_office_of(settings), now)
    jobs, streaks = (
        jobs_of(client, container, networks, carrier, promises, now),
        FailureStreaks(container.database, now),
    )
    failing = FailureInterceptor(container.database, now, STEPS)
    slots = max(2, settings.worker.threads // 6)

    def worker(queue: str, activities: list[Any], workflows: bool = False, per_second: float | None = None) -> Worker:
        here = {job: todo for job, todo in jobs.items() if JOB_WORK[job].queue == queue}
        loop = JobLoop(here, intervals(settings), streaks)
        return Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS if workflows else [],
            activities=[*activities, *([loop.run_job, loop.run_daily_job] if here else [])],
            activity_executor=threads,
            interceptors=[failing],
            workflow_runner=workflow_runner(),
            workflow_failure_exception_types=[pydantic.ValidationError],
            # A job holds its slot for an hour, but no thread of these.
            max_concurrent_activities=slots * (2 if workflows else 1) + len(here),
            max_concurrent_local_activities=slots * 2,
            max_task_queue_activities_per_second=per_second,
            max_cached_workflows=settings.worker.cached_workflows if workflows else 0,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=settings.worker.sticky_timeout_s),
            graceful_shutdown_timeout=timedelta(seconds=settings.worker.shutdown_s),
        )

    papers = PaperLook(container.database)
    steps = [records.record, records.record_all, papers.look_at_papers]
    saying = [commands.send_command, commands.pass_on]
    of_legs = [carrying.look_after, ending.is_damage_open, ending.end_leg]  # what their workflow may do at once
    return [
        worker(CASES_QUEUE, [*steps, *saying, *of_legs], workflows=True),
        worker(
            CARRIER_QUEUE,
            [
                *(carrying.begin_leg, carrying.book_leg, ending.close_leg, ending.result_of),
                *of_legs,
            ],
        ),
        worker(LICENCES_QUEUE, [licences.check_licences]),
        *(
            # Cases for a network whose adapter is not here wait, and say so.
            worker(
                partner_queue(partner),
                [*saying, commands.fetch_file],
                per_second=networks[partner].per_second if partner in networks else None,
            )
            for partner in Partner
        ),
    ]


async def run_workers(client: Client, container: Container, stop: asyncio.Event) -> None:
    """Work, and keep the scheduled jobs going, until `stop` is set; then let running activities finish."""
    # Jobs wait for slow networks in threads of the loop's own: enough of them that none waits for another's.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_JOB_THREADS, thread_name_prefix="job"))
    with ThreadPoolExecutor(
        container.settings.worker.threads + len(JOB_WORK), thread_name_prefix="activity"
    ) as threads:
        async with AsyncExitStack() as stack:
            for worker in build_workers(client, container, threads):
                await stack.enter_async_context(worker)
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(keep_jobs(client))
                await stop.wait()
                keeping.cancel()
