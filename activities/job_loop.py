"""A worker's side of the scheduled jobs: done again and again in one long activity; a failure never ends the loop."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import Final

from temporalio import activity

from activities.failure_streaks import FailureStreaks
from activities.heartbeat import heartbeating
from domain.jobs import JOB_WORK, SHIFT, Job

Part = Callable[[], Awaitable[object]]
"""One thing that a job does; named, in logs and tasks, as the function is."""

Parts = Mapping[Job, Sequence[Part]]

_SPREAD: Final = 0.2


class JobLoop:
    """The jobs of one task queue. `parts`: what each does.

    `intervals`: of the frequent ones, by this worker's settings.
    """

    def __init__(
        self, parts: Parts, intervals: Mapping[Job, timedelta], streaks: FailureStreaks, shift: timedelta = SHIFT
    ) -> None:
        self._parts = parts
        self._intervals = intervals
        self._streaks = streaks
        self._shift_s = shift.total_seconds()

    @property
    def jobs(self) -> frozenset[Job]:
        """The jobs that this worker can do."""
        return frozenset(self._parts)

    @activity.defn
    @heartbeating
    async def run_job(self, job: Job) -> None:
        """Do the job every interval ± 20 % until the shift is over or this worker stops."""
        ends_at = monotonic() + self._shift_s
        stopping = asyncio.create_task(activity.wait_for_worker_shutdown())
        try:
            while not stopping.done() and monotonic() < ends_at:
                next_at = monotonic() + self._interval_s(job)
                await self.do(job)
                await asyncio.wait([stopping], timeout=max(0.0, next_at - monotonic()))
        finally:
            stopping.cancel()

    @activity.defn
    @heartbeating
    async def run_daily_job(self, job: Job) -> None:
        """Do the job once.

        Rows that fail open a task at once; a part that fails as a whole raises and is tried again.
        """
        for part in self._parts[job]:
            name = getattr(part, "__name__", "part")
            try:
                await part()
            except ExceptionGroup as rows:
                await self._streaks.note(job, name, rows, after=1)
            else:
                await self._streaks.note(job, name, None)

    async def do(self, job: Job) -> None:
        """One turn of a frequent job: each part for itself, at most `JOB_WORK[job].at_most` long.

        A failure is counted, not raised.
        """
        for part in self._parts[job]:
            name = getattr(part, "__name__", "part")
            try:
                async with asyncio.timeout(JOB_WORK[job].at_most.total_seconds()):
                    await part()
            except Exception as failure:  # noqa: BLE001 – counted, and the others go on
                await self._streaks.note(job, name, failure)
            else:
                await self._streaks.note(job, name, None)

    def _interval_s(self, job: Job) -> float:
        return self._intervals[job].total_seconds() * random.uniform(1 - _SPREAD, 1 + _SPREAD)
