"""自取: papers wait at the hall until the applicant collects them; the window is reminded."""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import CollectionCarried
    from domain.messages import DeadlineKind, HandedOver, TaskOrder
    from domain.tasks import TaskKind
    from workflows.case_context import CaseContext
    from workflows.clocks import Clocks
    from workflows.deadline_ledger import DeadlineLedger
    from workflows.limits import Limits
    from workflows.waiting import happens_in_time


class Collection:
    """One task COLLECT_AT_HALL and one clock each time that papers wait. `handed_over` may come before."""

    def __init__(self, context: CaseContext, carried: CollectionCarried | None = None) -> None:
        before = carried or CollectionCarried()
        self._context = context
        self._ledger = DeadlineLedger(context, None, Limits(context.start.item), before.clocks)
        self._handed_over = before.handed_over
        self._task_key = before.task_key  # None: nothing waits

    def carried(self) -> CollectionCarried:
        """Its state for the next run."""
        return CollectionCarried(task_key=self._task_key, handed_over=self._handed_over, clocks=self._ledger.carried())

    @property
    def clocks(self) -> Clocks:
        """The clock COLLECTION while papers wait; else none runs."""
        return self._ledger.clocks

    def handed_over(self, handed: HandedOver) -> None:
        """Note the hand-over; `wait` returns on it."""
        self._handed_over = handed

    def calendar_changed(self) -> None:
        """Compute the clock anew, in cases that began after this rule; others go on as they began."""
        if workflow.patched("a-calendar-reaches-the-collection"):
            self._ledger.stale = self.waits

    @property
    def waits(self) -> bool:
        """Whether papers lie at the hall and the window has a task for them."""
        return self._task_key is not None

    async def wait(self, collected: Callable[[], None]) -> HandedOver | None:
        """Return once the applicant (or agent) has everything: what the window said of it.

        `collected` is called at that moment, before it is recorded.
        """
        if self._task_key is None:
            await self._begin()
        await self._until_collected()
        collected()
        settles = [self._task_key] if self._task_key else []
        self._task_key = None
        handed, self._handed_over = self._handed_over, None
        await self._ledger.start_clocks(kind="HANDED_OVER", stop=[DeadlineKind.COLLECTION], settles=settles)
        return handed

    async def _begin(self) -> None:
        key = f"{self._context.case_no}/{TaskKind.COLLECT_AT_HALL}/{self._context.leg_number('collection')}"
        self._task_key = key
        order = self._context.clock(DeadlineKind.COLLECTION)
        task = TaskOrder(key=key, kind=TaskKind.COLLECT_AT_HALL)
        await self._ledger.start_clocks(order, kind="AWAITING_COLLECTION", task=task)

    async def _until_collected(self) -> None:
        while True:
            if not await happens_in_time(lambda: self._handed_over is not None or self._ledger.stale, self.clocks):
                self.clocks.take_passed(workflow.now())
                await self._context.record("COLLECTION_REMINDER")
            elif self._handed_over is not None:
                return
            else:
                await self._ledger.compute_anew()
