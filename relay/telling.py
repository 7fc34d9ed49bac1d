"""Telling a workflow something by Update, and reading what became of it."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.model import Frozen


class Told(StrEnum):
    """What became of an Update."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"  # by the workflow's own rule: final
    CLOSED = "CLOSED"  # the workflow has ended: final
    MISSING = "MISSING"  # no such workflow yet: again later
    AWAY = "AWAY"  # Temporal or the workers are away: again later


class Answer(Frozen):
    told: Told
    code: str = ""


_RPC_TIMEOUT = timedelta(seconds=10)


async def tell(client: Client, workflow_id: str, name: str, argument: dict[str, Any], update_id: str) -> Answer:
    """Execute an Update under the sender's id; a repeated id changes nothing."""
    handle = client.get_workflow_handle(workflow_id)
    try:
        await handle.execute_update(name, argument, id=update_id, rpc_timeout=_RPC_TIMEOUT)
    except WorkflowUpdateFailedError as failure:
        cause = failure.cause
        code = cause.type or "REFUSED" if isinstance(cause, ApplicationError) else "REFUSED"
        if code == "AcceptedUpdateCompletedWorkflow":
            return Answer(told=Told.CLOSED, code=code)
        return Answer(told=Told.REFUSED, code=code)
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        return Answer(told=Told.AWAY, code="TIMEOUT")
    except RPCError as failure:
        return _from_rpc(failure)
    return Answer(told=Told.TAKEN)


def _from_rpc(failure: RPCError) -> Answer:
    code = failure.status.name
    if failure.status is RPCStatusCode.NOT_FOUND:
        closed = "already completed" in failure.message
        return Answer(told=Told.CLOSED if closed else Told.MISSING, code=code)
    return Answer(told=Told.AWAY, code=code)
