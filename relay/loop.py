"""Keeps the relay going in the web process: at once when kicked, and now and then by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

log = structlog.get_logger(__name__)

Job = Callable[[], Awaitable[int]]


class RelayLoop:
    """Runs `jobs` in turn. `kick()` may be called from any thread after a commit."""

    def __init__(self, jobs: Sequence[Job], every_s: float) -> None:
        self._jobs = jobs
        self._every_s = every_s
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def kick(self) -> None:
        self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Until cancelled. A job that fails is logged and tried again the next time round."""
        while True:
            for job in self._jobs:
                try:
                    await job()
                except Exception:
                    log.exception("relay_failed", job=getattr(job, "__name__", "job"))
            self._wake.clear() if self._wake.is_set() else await self._rest()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), self._every_s)
        except TimeoutError:
            return
        self._wake.clear()
