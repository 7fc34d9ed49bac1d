"""What is done about a handling that was approved while its joint case cannot be completed (联办恢复)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import CompensationDue, DeadlineKind, TaskResolved
    from domain.tasks import TaskKind
    from workflows.case_context import CaseContext
    from workflows.deadline_ledger import DeadlineLedger


class Compensation:
    """A task with a clock of its own, once for each handling; its steps stand in the item that the case keeps.

    `task`: id of the open one. `done`: it was resolved.
    """

    def __init__(self, context: CaseContext, ledger: DeadlineLedger, *, task: str | None, done: bool) -> None:
        self.task = task
        self.done = done
        self._context = context
        self._ledger = ledger

    async def begin(self, due: CompensationDue) -> None:
        """A person is to undo, step by step, what was approved; a second order changes nothing."""
        if self.task is not None or self.done:
            return
        clock = self._context.clock(DeadlineKind.COMPENSATION)
        self.task = self._ledger.task_id(TaskKind.COMPENSATION, due.because)
        await self._ledger.raise_task(TaskKind.COMPENSATION, due.because, clock)

    async def settled_by(self, resolved: TaskResolved) -> bool:
        """Whether this resolves the task; then its clock stops, and the case may be closed."""
        if resolved.task_id != self.task:
            return False
        self.task, self.done = None, True
        await self._ledger.start_clocks(kind="COMPENSATED", stop=[DeadlineKind.COMPENSATION])
        return True
