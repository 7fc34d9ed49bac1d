"""Waiting with a deadline: for something to happen, or for the next boundary of a clock."""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.clocks import Clocks


async def happens_in_time(happened: Callable[[], bool], clocks: Clocks) -> bool:
    """Wait for `happened`, at most to the next boundary of a clock.

    True: it has happened; False: a clock came to a boundary first.
    """
    boundary = clocks.next_boundary()
    patience = None if boundary is None else max(boundary - workflow.now(), timedelta(0))
    try:
        await workflow.wait_condition(happened, timeout=patience)
    except TimeoutError:
        return False
    return True
