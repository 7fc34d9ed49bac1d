"""A sign of life while a call waits for a slow network: a killed worker is noticed in seconds, not minutes."""

import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import activity

EVERY_S = 2.0


@contextmanager
def sign_of_life() -> Iterator[None]:
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
