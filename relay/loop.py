"""Keeps the relay going in the web process: at once when notified of a commit, and every few seconds by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from activities.troubles import trouble_of

log = structlog.get_logger(__name__)

Job = Callable[[], Awaitable[int]]


class RelayLoop:
    """Runs `jobs` in turn, each of which returns how much it has settled.

    `every_s`: seconds of rest between idle rounds. To be made in the event loop in which it runs.
    """

    def __init__(self, jobs: Sequence[Job], every_s: float) -> None:
        self._jobs = jobs
        self._every_s = every_s
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._in_a_row: dict[str, int] = {}

    def notify(self) -> None:
        """Begin the next round at once. May be called from any thread, after a commit."""
        self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Run the jobs until cancelled. One that fails is logged and tried again in the next round.

        No rest after a round that has settled something: more may wait than one round takes.
        """
        while True:
            settled = [await self._do(job) for job in self._jobs]
            self._wake.clear() if self._wake.is_set() or any(settled) else await self._rest()

    async def _do(self, job: Job) -> int:
        """How much a job has settled; 0 where it failed. What may pass by itself is logged as a warning only."""
        name = getattr(job, "__name__", "job")
        try:
            settled = await job()
        except Exception as failure:  # noqa: BLE001 – logged, and the others go on
            self._in_a_row[name] = self._in_a_row.get(name, 0) + 1
            say = log.warning if trouble_of(failure) is None else log.error
            say("relay_failed", job=name, in_a_row=self._in_a_row[name], exc_info=failure)
            return 0
        self._in_a_row.pop(name, None)
        return settled

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), self._every_s)
        except TimeoutError:
            return
        self._wake.clear()
