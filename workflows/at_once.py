"""A step on our own database, taken where the workflow is: no task for it, no poll, one event instead of six."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows import policies

Order = TypeVar("Order")
Found = TypeVar("Found")

AT_ONCE_SINCE = 4
"""The edition of cases and legs since which it is so; those that began before wait for a worker of the step's queue."""


async def at_once(
    step: Callable[[Any, Order], Found],
    order: Order,
    *,
    edition: int,
    queue: str,
    attempt: timedelta,
    retry: RetryPolicy,
) -> Found:
    """Take `step` as a local activity, once; where that fails or takes too long, as an activity of `queue`, as ever.

    Only for steps that ask nobody but our database and are idempotent: the first try may still be at work.
    """
    if edition >= AT_ONCE_SINCE:
        try:
            return await workflow.execute_local_activity_method(
                step, order, schedule_to_close_timeout=policies.AT_ONCE, retry_policy=policies.ONLY_ONCE
            )
        except FailureError as failure:  # of a local activity it comes as it is, not within an ActivityError
            if is_cancelled_exception(failure):
                raise
            workflow.logger.info("step_not_at_once", extra={"step": step.__name__})
    return await workflow.execute_activity_method(
        step, order, task_queue=queue, start_to_close_timeout=attempt, retry_policy=retry
    )
