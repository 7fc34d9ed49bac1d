"""The SDK's sandbox around what workflows do: no clock, no input or output, no chance of their own."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

_SHARED = (
    *("activities", "catalog", "domain", "logistics", "parcels", "partners", "storage"),
    *("requests", "sqlalchemy", "structlog"),
)


def strict_runner() -> SandboxedWorkflowRunner:
    """Reads `workflows` anew for each workflow; models are shared, and what activities need is not called there."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_SHARED))
