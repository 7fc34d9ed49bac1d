"""The workers of one process: one per task queue, so that one network's outage never delays another's cases."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pydantic
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.carrying import Carrying
from activities.commands import Commands
from activities.ending import Ending
from activities.promising import LateUploads, Promises
from activities.records import Clockwork, Records
from activities.rounds import BooksRound, SweepRound, TrackRound
from activities.tracking import Tracking
from catalog.clocks import Where, compute_deadline
from catalog.workdays import WorkdayCalendar
from domain.messages import ClockOrder, Deadline, ItemBrief
from domain.naming import CARRIER_QUEUE, CASES_QUEUE, partner_queue
from domain.rounds import ROUND_WORK
from domain.terms import Partner
from relay.catching_up import CatchingUp
from relay.reconciliation import Reconciliation
from relay.relay import Relay
from relay.scans import ScanIntake
from runtime.components import Parts, carrier_of, gap_patience, now, promise_rules
from runtime.networks import adapters_of, books_of, networks_of
from storage.catalogue import InForce, ListKind, read_calendar
from workflows import WORKFLOWS

_ROUND_THREADS = 4 * len(ROUND_WORK)

PASSED_THROUGH = (
    "activities",
    "catalog",
    "domain",
    "logistics",
    "partners",
    "relay",
    "storage",
    "structlog",
    "sqlalchemy",
    "requests",
)
"""Imported once for workflows and activities alike, so that a model has one identity."""


def clockwork_over(calendar: Callable[[], WorkdayCalendar]) -> Clockwork:
    """The law's clocks over the calendar in force at the moment of asking."""

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


def workflow_runner() -> SandboxedWorkflowRunner:
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def build_workers(client: Client, parts: Parts, threads: ThreadPoolExecutor) -> list[Worker]:
    """One worker per queue. Sync activities share `threads`; each queue has fewer slots than threads."""
    settings = parts.settings
    networks = networks_of(parts)
    adapters = adapters_of(networks)
    carrier = carrier_of(settings)
    relay = Relay(client, parts.database, now, patience_s=5.0)
    scans = ScanIntake(parts.database, now, lambda: None)
    calendar = InForce(parts.database, ListKind.CALENDAR, read_calendar)
    records = Records(parts.database, clockwork_over(calendar), now)
    promises = Promises(promise_rules(settings), lambda: calendar().exceptions)
    sweep = SweepRound(relay, scans, LateUploads(parts.database, promises, now), parts.database, now)
    commands = Commands(parts.database, parts.sealer, parts.documents, parts.inbox, adapters, now)
    carrying = Carrying(parts.database, parts.sealer, carrier, promises, now)
    ending = Ending(parts.database, carrier, promises, now)
    gaps = CatchingUp(parts.database, parts.inbox, adapters, now, patience=gap_patience(settings))
    reconciliation = Reconciliation(parts.database, parts.inbox, adapters, now, books=books_of(networks))
    books = {partner: BooksRound(partner, gaps, reconciliation, relay, now) for partner in networks}
    slots = max(2, settings.worker.threads // 6)

    def worker(queue: str, activities: list[Any], workflows: bool = False, per_second: float | None = None) -> Worker:
        return Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS if workflows else [],
            activities=activities,
            activity_executor=threads,
            workflow_runner=workflow_runner(),
            workflow_failure_exception_types=[pydantic.ValidationError],
            max_concurrent_activities=slots * (2 if workflows else 1),
            max_task_queue_activities_per_second=per_second,
            max_cached_workflows=settings.worker.cached_workflows if workflows else 0,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=settings.worker.sticky_timeout_s),
            graceful_shutdown_timeout=timedelta(seconds=settings.worker.shutdown_s),
        )

    return [
        worker(
            CASES_QUEUE,
            [records.record, commands.send_command, sweep.sweep],
            workflows=True,
        ),
        worker(
            CARRIER_QUEUE,
            [
                carrying.book_leg,
                carrying.look_after,
                ending.close_leg,
                ending.end_leg,
                TrackRound(Tracking(parts.database, carrier, now), relay).track,
            ],
        ),
        *(
            worker(
                partner_queue(partner),
                [
                    commands.send_command,
                    commands.fetch_file,
                    books[partner].heal,
                    books[partner].reconcile,
                    *network.polls(relay),
                ],
                per_second=network.per_second,
            )
            for partner, network in networks.items()
        ),
        *(
            # Cases for a network whose adapter is not here wait, and say so.
            worker(partner_queue(partner), [commands.send_command, commands.fetch_file])
            for partner in Partner
            if partner not in networks
        ),
    ]


async def run_workers(client: Client, parts: Parts, stop: asyncio.Event) -> None:
    """Work until `stop` is set, then let running activities finish."""
    # Rounds wait for slow networks in threads of the loop's own: enough of them that none waits for another's.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_ROUND_THREADS, thread_name_prefix="round"))
    with ThreadPoolExecutor(parts.settings.worker.threads, thread_name_prefix="activity") as threads:
        async with AsyncExitStack() as stack:
            for worker in build_workers(client, parts, threads):
                await stack.enter_async_context(worker)
            await stop.wait()
