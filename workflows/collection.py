"""自取: papers wait at the hall until the applicant collects them; the window is reminded."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import DeadlineKind, HandedOver, TaskOrder
    from domain.tasks import TaskKind
    from workflows.book import Book
    from workflows.clocks import Clocks
    from workflows.desk import Desk
    from workflows.limits import Limits
    from workflows.waiting import happens_in_time


class Collection:
    """One task and one clock each time; `handed_over` may be told before anything waits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._book = Book(desk, None, Limits(desk.start.item))
        self._handed_over: HandedOver | None = None
        self._waiting = False

    @property
    def clocks(self) -> Clocks:
        return self._book.clocks

    def handed_over(self, handed: HandedOver) -> None:
        self._handed_over = handed

    def calendar_changed(self) -> None:
        """Cases that did not hear of calendars here go on as they began."""
        if workflow.patched("a-calendar-reaches-the-collection"):
            self._book.stale = self._waiting

    async def wait(self) -> HandedOver | None:
        """Until everything is in the applicant's (or agent's) hands."""
        key = f"{self._desk.case_no}/{TaskKind.COLLECT_AT_HALL}/{self._desk.leg_number('collection')}"
        order = self._desk.clock(DeadlineKind.COLLECTION)
        task = TaskOrder(key=key, kind=TaskKind.COLLECT_AT_HALL)
        self._waiting = True
        await self._book.start_clocks(order, kind="AWAITING_COLLECTION", task=task)
        await self._until_collected()
        self._waiting = False
        handed, self._handed_over = self._handed_over, None
        await self._book.start_clocks(kind="HANDED_OVER", stop=[DeadlineKind.COLLECTION], settles=[key])
        return handed

    async def _until_collected(self) -> None:
        while True:
            if not await happens_in_time(lambda: self._handed_over is not None or self._book.stale, self.clocks):
                self.clocks.take_passed(workflow.now())
                await self._desk.record("COLLECTION_REMINDER")
            elif self._handed_over is not None:
                return
            else:
                await self._book.compute_anew()
