"""Temporal Schedules of the regular rounds: one each, overlap skipped (decisions.md 10)."""

from collections.abc import Callable
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from domain.naming import CASES_QUEUE
from domain.rounds import ROUND_WORK, Round
from runtime.networks import is_connected
from runtime.settings import Settings
from workflows.rounds import RoundsWorkflow


def intervals(settings: Settings) -> dict[Round, timedelta]:
    """How often each round is made."""
    track_s = 60.0 if settings.time_scale == 1 else max(1.0, 3600 / settings.time_scale)
    heal = timedelta(seconds=max(1.0, 60 / settings.time_scale))
    return {
        Round.SWEEP: timedelta(seconds=settings.worker.sweep_s),
        Round.POLL_SOUTHWEST: timedelta(seconds=settings.southwest.poll_s),
        Round.POLL_INTERPROVINCIAL: timedelta(seconds=settings.interprovincial.poll_s),
        Round.TRACK: timedelta(seconds=track_s),
        Round.HEAL_SICHUAN: heal,
        Round.HEAL_INTERPROVINCIAL: heal,
    }


DAILY = (Round.RECONCILE_SICHUAN, Round.RECONCILE_SOUTHWEST, Round.RECONCILE_INTERPROVINCIAL)
_AT_TWO = ScheduleSpec(calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(2)])], time_zone_name="Asia/Shanghai")


async def ensure_schedules(client: Client, settings: Settings) -> None:
    """Create the schedules, or bring them to today's intervals; a network that is not connected has no rounds."""
    often = {name: _every(interval) for name, interval in intervals(settings).items()}
    for name, spec in (often | dict.fromkeys(DAILY, _AT_TWO)).items():
        partner = ROUND_WORK[name].partner
        if partner is not None and not is_connected(partner):
            continue
        schedule = _schedule(name, spec)
        try:
            await client.create_schedule(f"round-{name}", schedule)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(f"round-{name}").update(_replace_by(schedule))


def _replace_by(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(_current: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule=schedule)

    return update


def _every(interval: timedelta) -> ScheduleSpec:
    """Each moment is put off by up to a fifth, so that two of them are `interval` ± 20 % apart (contracts.md B)."""
    return ScheduleSpec(intervals=[ScheduleIntervalSpec(every=interval)], jitter=interval / 5)


def _schedule(name: Round, spec: ScheduleSpec) -> Schedule:
    """What was missed while the server was away is made up for once a day's round, not for those that come anyway."""
    missed = timedelta(hours=12) if name in DAILY else timedelta(seconds=10)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            RoundsWorkflow.run,
            name,
            id=f"round-{name}",
            task_queue=CASES_QUEUE,
            run_timeout=2 * ROUND_WORK[name].at_most,
        ),
        spec=spec,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=missed),
    )
