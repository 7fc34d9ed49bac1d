"""A sign of life while an activity waits for a slow network: a killed worker is noticed in seconds, not minutes."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from temporalio import activity

EVERY_S = 2.0
Given = ParamSpec("Given")
Result = TypeVar("Result")


@contextmanager
def heartbeat() -> Iterator[None]:
    """Send heartbeats from beside the activity's own thread while the block runs; nothing outside of an activity."""
    if not activity.in_activity():
        yield
        return
    over = threading.Event()
    context = contextvars.copy_context()

    def beat() -> None:
        while not over.wait(EVERY_S):
            context.run(activity.heartbeat)

    beating = threading.Thread(target=beat, name="sign-of-life", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def heartbeating(work: Callable[Given, Coroutine[Any, Any, Result]]) -> Callable[Given, Coroutine[Any, Any, Result]]:
    """Decorator of an async activity: heartbeats as long as it runs."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(EVERY_S)

    @wraps(work)
    async def working(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        beating = asyncio.create_task(beat()) if activity.in_activity() else None
        try:
            return await work(*args, **kwargs)
        finally:
            if beating is not None:
                beating.cancel()

    return working
