"""One delivery of an Update to a workflow, and what its answer means."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.carried import CaseRun
from domain.model import Frozen
from domain.naming import CASES_QUEUE, CaseUpdate, case_workflow_id
from relay.handlers import CASE_HANDLERS, handler_of
from workflows.case import CaseWorkflow


class Delivery(StrEnum):
    """What became of a delivery (送达结果)."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"  # by the workflow's own rule: final
    CLOSED = "CLOSED"  # the workflow has ended: this run takes nothing any more
    MISSING = "MISSING"  # the server knows no such workflow: not yet, or not any more
    AGAIN = "AGAIN"  # the workflow ended, went on in a new run or had to begin its step anew: delivered again at once
    AWAY = "AWAY"  # Temporal or the workers are away: again later


class Answer(Frozen):
    """What a delivery came to. `code`: type of the refusal or name of the RPC status, "" where it was TAKEN.

    `opened`: a run of the case was started with it, if none was there.
    """

    delivery: Delivery
    code: str = ""
    opened: bool = False


_RPC_TIMEOUT = timedelta(seconds=10)
_AT_THIS_MOMENT = ("aborted by closing workflow", "unexpected workflow task failure")
"""How the server says that the run ended, or that its step did not count because something came meanwhile.

The second one (WorkflowNotReady) is not repeated by the server or the SDK: the workflow may have seen the Update.
"""
Unheard = WorkflowUpdateFailedError | WorkflowUpdateRPCTimeoutOrCancelledError | RPCError
"""What an Update raises that nothing is known to have come of."""


async def deliver_update(
    client: Client, workflow_id: str, name: str, argument: dict[str, Any], update_id: str
) -> Answer:
    """Execute an Update under the sender's id, at most 10 s long; a repeated id changes nothing.

    Never raises for the wire. `argument`: the message as JSON; REFUSED with code MALFORMED where it does not fit the
    handler, or where the workflow has no handler of this name.
    """
    try:
        handler = handler_of(workflow_id, name)
        message = handler.message.model_validate(argument)
    except ValueError:
        return Answer(delivery=Delivery.REFUSED, code="MALFORMED")
    handle = client.get_workflow_handle(workflow_id)
    try:
        await handle.execute_update(handler.update, message, id=update_id, rpc_timeout=_RPC_TIMEOUT)
    except (WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError) as failure:
        return answer_of(failure)
    return Answer(delivery=Delivery.TAKEN)


async def deliver_or_start(client: Client, run: CaseRun, name: str, argument: dict[str, Any], update_id: str) -> Answer:
    """The same for a case that may have no workflow: then one is started from `run`, in one step of the server."""
    start = WithStartWorkflowOperation(
        CaseWorkflow.run,
        run,
        id=case_workflow_id(run.case_no),
        task_queue=CASES_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    try:
        handler = CASE_HANDLERS[CaseUpdate(name)]
        message = handler.message.model_validate(argument)
    except ValueError:
        return Answer(delivery=Delivery.REFUSED, code="MALFORMED")
    try:
        await client.execute_update_with_start_workflow(
            handler.update,
            message,
            start_workflow_operation=start,
            id=update_id,
            rpc_timeout=_RPC_TIMEOUT,
        )
    except (WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, RPCError) as failure:
        return answer_of(failure)
    return Answer(delivery=Delivery.TAKEN, opened=True)


async def has_closed(client: Client, workflow_id: str) -> bool:
    """Whether the workflow's latest run is over; False also where the server can't be asked."""
    try:
        latest = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=_RPC_TIMEOUT)
    except RPCError:
        return False
    return latest.status is not WorkflowExecutionStatus.RUNNING


def answer_of(failure: Unheard) -> Answer:
    """What a delivery came to that raised."""
    match failure:
        case WorkflowUpdateFailedError():
            cause = failure.cause
            code = cause.type or "REFUSED" if isinstance(cause, ApplicationError) else "REFUSED"
            if code == "AcceptedUpdateCompletedWorkflow":
                return Answer(delivery=Delivery.AGAIN, code=code)
            return Answer(delivery=Delivery.REFUSED, code=code)
        case WorkflowUpdateRPCTimeoutOrCancelledError():
            return Answer(delivery=Delivery.AWAY, code="TIMEOUT")
        case _:
            return _from_rpc(failure)


def _from_rpc(failure: RPCError) -> Answer:
    code = failure.status.name
    if any(words in failure.message for words in _AT_THIS_MOMENT):
        return Answer(delivery=Delivery.AGAIN, code=code)
    if failure.status is RPCStatusCode.NOT_FOUND:
        closed = "already completed" in failure.message
        return Answer(delivery=Delivery.CLOSED if closed else Delivery.MISSING, code=code)
    return Answer(delivery=Delivery.AWAY, code=code)
