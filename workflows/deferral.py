"""容缺受理: what the applicant still owes, its clock, and the gate before any result."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import ClockOrder, DeadlineKind, DeferredBrought, TaskOutcome, TaskResolved
    from domain.tasks import TaskKind, task_id
    from domain.terms import CaseStatus
    from workflows.book import Book
    from workflows.clocks import Clocks, Phase
    from workflows.desk import Desk
    from workflows.limits import Limits
    from workflows.waiting import happens_in_time


class Deferral:
    """Waits from the registration on, beside everything else, until one of three ends.

    GAP_CLOSED: everything has come, the result may be released. DEFERRED_GIVEN_UP: it lapsed and a person has ended
    the waiting. DEFERRED_VOID: the matter was not approved, so there is nothing to release and nothing is owed.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._owed = set(desk.start.deferred)
        self._book = Book(desk, None, Limits(desk.start.item))
        self._given_up = False
        self._lapses = 0
        self._open_lapse: str | None = None  # key of the task that asks what is to happen
        self._watching: asyncio.Task[None] | None = None

    @property
    def clocks(self) -> Clocks:
        return self._book.clocks

    def watch(self) -> None:
        """Begin, where something is owed."""
        if self._owed:
            self._watching = asyncio.create_task(self._watch())

    async def gap_closed(self) -> bool:
        """Wait until nothing is owed; False where the result must never be released."""
        if self._watching is not None:
            await self._watching
        return not (self._given_up and self._desk.status is CaseStatus.APPROVED)

    def brought(self, brought: DeferredBrought) -> None:
        """Materials have come; again is harmless."""
        self._owed -= set(brought.seqs)

    def decided(self, resolved: TaskResolved) -> None:
        """A person has said what is to happen after the lapse: go on waiting, or end it."""
        if self._open_lapse is None or task_id(self._open_lapse) != resolved.task_id:
            return
        self._open_lapse = None
        self._given_up = resolved.outcome is TaskOutcome.CLOSE_AS_FAILED

    def calendar_changed(self) -> None:
        self._book.stale = self._watching is not None and not self._watching.done()

    # --- waiting ---

    async def _watch(self) -> None:
        start = self._desk.start
        clock = ClockOrder(
            kind=DeadlineKind.DEFERRED_MATERIAL, start_at=start.registered_at, workdays=start.deferral_workdays
        )
        await self._book.start_clocks(clock, kind="DEFERRED")
        while self._end() is None:
            if not await happens_in_time(lambda: self._end() is not None or self._book.stale, self._book.clocks):
                await self._boundary_passed()
            if self._book.stale:
                await self._book.compute_anew()
        settles = [self._open_lapse] if self._open_lapse else []
        await self._book.start_clocks(
            kind=self._end() or "GAP_CLOSED", stop=[DeadlineKind.DEFERRED_MATERIAL], settles=settles
        )

    def _end(self) -> str | None:
        status = self._desk.status
        if status.is_outcome and status is not CaseStatus.APPROVED:
            return "DEFERRED_VOID"
        if self._given_up:
            return "DEFERRED_GIVEN_UP"
        return None if self._owed else "GAP_CLOSED"

    async def _boundary_passed(self) -> None:
        """Warned before the end; from the end on a person is asked, again as long as it lasts."""
        for deadline, phase in self._book.clocks.take_passed(workflow.now()):
            what = f"{deadline.kind}-{deadline.due_at.isoformat()}"
            if phase is Phase.WARN:
                await self._book.raise_task(TaskKind.DEADLINE_WARNING, what)
            elif self._open_lapse is None:
                self._lapses += 1
                self._open_lapse = self._book.task_key(TaskKind.DEFERRED_LAPSED, f"{self._lapses}")
                await self._book.raise_task(TaskKind.DEFERRED_LAPSED, f"{self._lapses}")
