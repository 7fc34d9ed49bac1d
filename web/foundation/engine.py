"""Whether the engine (Temporal and our worker) goes on with cases, looked at beside the pages, never by one of them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog

LOOK_S: Final = 2.0

log = structlog.get_logger(__name__)


class Engine:
    """What the last look saw. `away_since`: since when nothing goes on; None: it goes on, or nobody has looked yet."""

    def __init__(self) -> None:
        self.away_since: datetime | None = None

    def saw(self, serving: bool, at: datetime) -> None:
        """Note what a look has seen; the first one of several that saw nothing tells since when."""
        if serving:
            if self.away_since is not None:
                log.info("engine_back")
            self.away_since = None
        elif self.away_since is None:
            log.warning("engine_away")
            self.away_since = at

    async def watch(self, serving: Callable[[], Awaitable[bool]], now: Callable[[], datetime]) -> None:
        """Look every two seconds until cancelled; `serving` answers within a bounded time and does not raise."""
        while True:
            self.saw(await serving(), now())
            await asyncio.sleep(LOOK_S)
