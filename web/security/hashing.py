"""Password hashes beside everything else: few at a time, on threads of their own that step back for all others.

45 wrong logins at once would else fill every core and every thread that serves pages.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from web.foundation.problems import TooBusy

_AT_ONCE: Final = max(1, (os.cpu_count() or 1) // 2)  # a hash fills a core and 19 MiB
_MAY_WAIT: Final = 200  # a whole hall at nine o'clock; the last waits for some seconds
_NICENESS: Final = 15

Given = ParamSpec("Given")
Result = TypeVar("Result")


def _step_back() -> None:
    """Where a thread may have a priority of its own, a hash gets what the others leave."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class Hashing:
    """Runs password hashes on threads of their own; one per process.

    Half as many at once as there are cores; 200 may wait.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, "hashing", initializer=_step_back)
        self._waiting = 0

    async def run(self, work: Callable[Given, Result], *args: Given.args, **more: Given.kwargs) -> Result:
        """What `work` returns, once its turn has come; raises what it raises.

        Raises:
            TooBusy: 200 are waiting already (`BUSY`).
        """
        if self._waiting >= _MAY_WAIT:
            raise TooBusy("登录的人较多，请稍后再试", code="BUSY")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **more))
        finally:
            self._waiting -= 1
