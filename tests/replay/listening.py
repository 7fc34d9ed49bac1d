"""Writes down what workflows ask for while a history is replayed: the SDK itself compares types, not arguments."""

from typing import Any

from pydantic import BaseModel
from temporalio.worker import (
    Interceptor,
    SignalChildWorkflowInput,
    SignalExternalWorkflowInput,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

Said = list[tuple[str, Any]]


def _plain(args: Any) -> list[Any]:
    return [arg.model_dump(mode="json") if isinstance(arg, BaseModel) else arg for arg in args]


class Listening(Interceptor):
    """For one replay."""

    def __init__(self) -> None:
        self.said: Said = []

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        said = self.said

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> Any:
                said.append((f"{input.activity} on {input.task_queue}", _plain(input.args)))
                return super().start_activity(input)

            async def start_child_workflow(self, input: StartChildWorkflowInput) -> Any:
                said.append((f"start {input.id}", _plain(input.args)))
                return await super().start_child_workflow(input)

            async def signal_child_workflow(self, input: SignalChildWorkflowInput) -> None:
                said.append((f"signal {input.signal}", _plain(input.args)))
                await super().signal_child_workflow(input)

            async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
                said.append((f"signal {input.signal}", _plain(input.args)))
                await super().signal_external_workflow(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound
