"""What an activity's failure means: the one place that reports it to Temporal, and opens a task if it can't pass."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, is_cancelled_exception
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.stuck_steps import subject_of, task_key
from activities.troubles import trouble_of
from domain.errors import KuayuError, PartnerError
from domain.troubles import STUCK_AFTER, Trouble
from storage.base import Database
from storage.stuck_steps import open_stuck
from storage.tasks.rows import settle_task

LONGEST_PAUSE = timedelta(minutes=5)
"""Between two attempts of what can't succeed; it goes on by itself so long after its cause is gone, at most."""

log = structlog.get_logger(__name__)


def application_error(failure: Exception, pause: timedelta | None = None) -> ApplicationError:
    """The failure as Temporal gets it. What may pass is BENIGN, which is no error in its metrics and logs.

    An ApplicationError is returned as it is. The next attempt waits as long as the partner wishes, else for `pause`,
    else by the activity's own retry policy.
    """
    if isinstance(failure, ApplicationError):
        return failure
    wish = failure.retry_after_s if isinstance(failure, PartnerError) else None
    passing = trouble_of(failure) is None
    return ApplicationError(
        failure.sentence if isinstance(failure, KuayuError) else type(failure).__name__,
        type=type(failure).__name__,
        next_retry_delay=timedelta(seconds=wish) if wish else pause,
        category=ApplicationErrorCategory.BENIGN if passing else ApplicationErrorCategory.UNSPECIFIED,
    )


def tried_again(failure: PartnerError) -> ApplicationError:
    """A partner's failure as a benign ApplicationError, for a step whose caller waits whatever the network says.

    Also a refusal is then none of our errors. Its `type` is the name of the class in `domain.errors`.
    """
    wait = timedelta(seconds=failure.retry_after_s) if failure.retry_after_s else None
    kind, benign = type(failure).__name__, ApplicationErrorCategory.BENIGN
    return ApplicationError(failure.sentence, type=kind, next_retry_delay=wait, category=benign)


class FailureInterceptor(Interceptor):
    """Around every activity of a worker.

    After `STUCK_AFTER` attempts a step that can't succeed opens a task, once; the task closes when the step succeeds.
    `steps`: activity type → words for the task. `longest_pause`: between two attempts of such a step.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        steps: Mapping[str, str],
        longest_pause: timedelta = LONGEST_PAUSE,
    ) -> None:
        self._database = database
        self._steps = steps
        self._now = now
        self._longest_pause = longest_pause

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Called by the worker: the next interceptor with this one around it."""
        return _Around(next, self)

    async def failed(self, failure: Exception, args: tuple[Any, ...]) -> ApplicationError:
        """What the activity raises in place of `failure`; opens the task where it is due. Never raises itself."""
        trouble = trouble_of(failure)
        info = activity.info()
        final = isinstance(failure, ApplicationError) and failure.non_retryable  # its workflow knows what follows
        if trouble is None or info.attempt < STUCK_AFTER or final:
            return application_error(failure)
        await asyncio.to_thread(self._open_task, failure, trouble, args, info)
        return application_error(
            failure, pause=min(self._longest_pause, timedelta(seconds=2 ** min(info.attempt - 1, 20)))
        )

    def _open_task(self, failure: Exception, trouble: Trouble, args: tuple[Any, ...], info: activity.Info) -> None:
        """Open the task; what goes wrong with that is logged and never in the way of the step itself."""
        error = failure.type if isinstance(failure, ApplicationError) and failure.type else type(failure).__name__
        log.error("step_stuck", error=error, trouble=trouble)
        try:
            with self._database.write() as session:
                open_stuck(
                    session,
                    task_key(info),
                    subject_of(info.workflow_id or "", args),
                    step=self._steps.get(info.activity_type, info.activity_type),
                    trouble=trouble,
                    error=error,
                    now=self._now(),
                )
        except Exception as second:
            log.exception("step_stuck_untold", error=type(second).__name__)

    async def succeeded(self) -> None:
        """Settle the task of this step, if it may have one."""
        info = activity.info()
        if info.attempt > STUCK_AFTER:
            await asyncio.to_thread(self._settle, task_key(info))

    def _settle(self, key: str) -> None:
        with self._database.write() as session:
            settle_task(session, key, self._now())


class _Around(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, failing: FailureInterceptor) -> None:
        super().__init__(next)
        self._failing = failing

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            result = await self.next.execute_activity(input)
        except Exception as failure:
            if is_cancelled_exception(failure):
                raise
            known = await self._failing.failed(failure, tuple(input.args))
            if known is failure:
                raise
            raise known from failure
        await self._failing.succeeded()
        return result
