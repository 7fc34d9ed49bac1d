"""Temporal Schedules of the regular rounds: one each, overlap skipped (decisions.md 10)."""

from collections.abc import Callable
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from domain.naming import CASES_QUEUE
from domain.rounds import Round
from runtime.settings import Settings
from workflows.rounds import RoundsWorkflow


def intervals(settings: Settings) -> dict[Round, timedelta]:
    """How often each round is made."""
    track_s = 60.0 if settings.time_scale == 1 else max(1.0, 3600 / settings.time_scale)
    return {
        Round.SWEEP: timedelta(seconds=settings.worker.sweep_s),
        Round.POLL_SOUTHWEST: timedelta(seconds=settings.southwest.poll_s),
        Round.POLL_INTERPROVINCIAL: timedelta(seconds=settings.interprovincial.poll_s),
        Round.TRACK: timedelta(seconds=track_s),
        Round.HEAL_GAPS: timedelta(minutes=1),
        Round.RECONCILE: timedelta(days=1),  # at 00:00 UTC: eight in the morning
    }


async def ensure_schedules(client: Client, settings: Settings) -> None:
    """Create the schedules, or bring them to today's intervals."""
    for name, interval in intervals(settings).items():
        schedule = _schedule(name, interval)
        try:
            await client.create_schedule(f"round-{name}", schedule)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(f"round-{name}").update(_replace_by(schedule))


def _replace_by(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(_current: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule=schedule)

    return update


def _schedule(name: Round, interval: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            RoundsWorkflow.run, name, id=f"round-{name}", task_queue=CASES_QUEUE, run_timeout=timedelta(minutes=10)
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=interval)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(seconds=10)),
    )
