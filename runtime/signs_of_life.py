"""Whether cases go on: what Temporal knows of our workers, for whoever tells people (`web.foundation.engine`).

A worker that asks for work is there. An idle one asks once a minute only; but it also keeps the sweep going
(`workflows.jobs`), whose heartbeat says within seconds that its worker is gone, without anything being sent for it.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.jobs import SILENT_AT_MOST, Job
from runtime.settings import Settings
from runtime.temporal import connect

_ASKS_WITHIN = timedelta(seconds=75)
"""A worker asks again at least once a minute."""

_JUST_ASKED = timedelta(seconds=10)

_TAKEN_OVER_WITHIN = SILENT_AT_MOST + timedelta(seconds=2)
"""Another worker has the sweep by then, if there is one."""


async def goes_on(
    client: Client, task_queue: str, now: Callable[[], datetime], *, within_s: float = 2.0, host: str = ""
) -> bool:
    """Whether the server answers within `within_s` seconds and some worker of the queue lives; never raises.

    The server's absence is noticed at once, a worker's death or standstill within 20 seconds. `host`: a worker on this
    machine only, by the SDK's identity `{pid}@{host name}`; the sweep may be another's, so that takes 75 s.
    """
    try:
        async with asyncio.timeout(within_s):
            asked = await _asked_last(client, task_queue, host)
            if asked is None or now() - asked >= _ASKS_WITHIN:
                return False
            if host or now() - asked < _JUST_ASKED:
                return True
            heard = await _heard_last(client)
            return heard is None or now() - heard < _TAKEN_OVER_WITHIN
    except (RuntimeError, RPCError, TimeoutError):
        return False


async def is_worked(settings: Settings, task_queue: str) -> bool:
    """The same for one look, with a client of its own."""
    client = await connect(settings, lazy=True)
    return await goes_on(client, task_queue, lambda: datetime.now(UTC))


async def _asked_last(client: Client, task_queue: str, host: str) -> datetime | None:
    """When a worker, one of `host` if that is said, last asked for a task of a workflow."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request)
    ours = (poller for poller in answer.pollers if poller.identity.endswith(f"@{host}" if host else ""))
    return max((_utc(poller.last_access_time) for poller in ours), default=None)


async def _heard_last(client: Client) -> datetime | None:
    """The last sign of life of the sweep; None while it does not run, or between two of its shifts."""
    try:
        described = await client.get_workflow_handle(Job.SWEEP.workflow_id).describe()
    except RPCError as failure:
        if failure.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    shifts = described.raw_description.pending_activities
    return max((_said_last(shift) for shift in shifts), default=None)


def _said_last(shift: PendingActivityInfo) -> datetime:
    """A shift that nobody has begun counts from when it was due."""
    for name in ("last_heartbeat_time", "last_started_time"):
        if shift.HasField(name):
            return _utc(getattr(shift, name))
    return _utc(shift.scheduled_time)


def _utc(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
