"""What a handling, or the whole case, records: status, clocks and tasks of one step in one transaction."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import ClockCarried
    from domain.messages import ClockOrder, DeadlineKind, TaskOrder
    from domain.tasks import TaskKind, task_id
    from domain.terms import CaseStatus
    from workflows.case_context import CaseContext
    from workflows.clocks import Clocks, Phase
    from workflows.journal import Step
    from workflows.limits import Limits
    from workflows.waiting import happens_in_time


_TASKS = {
    Phase.WARN: TaskKind.DEADLINE_WARNING,
    Phase.DEPARTMENT: TaskKind.ESCALATED_DEPARTMENT,
    Phase.DISTRICT: TaskKind.ESCALATED_DISTRICT,
}


Said = TypeVar("Said")


class DeadlineLedger:
    """Clocks with the orders that started them, so that a new calendar can compute them anew.

    `handling_no` None: a matter of the whole case (领取、容缺). `clocks`: those that run. `stale`: set when a new
    calendar is in force and `compute_anew` is due.
    """

    def __init__(
        self, context: CaseContext, handling_no: str | None, limits: Limits, carried: Iterable[ClockCarried] = ()
    ) -> None:
        before = tuple(carried)
        self.clocks = Clocks(before)
        self.stale = False
        self._context = context
        self._handling_no = handling_no
        self._limits = limits
        self._unwritten: list[Step] = []
        self._orders = {clock.deadline.kind: clock.order for clock in before if clock.order is not None}

    def carried(self) -> tuple[ClockCarried, ...]:
        """Every running clock with its order, for the next run."""
        return tuple(
            ClockCarried(deadline=deadline, announced=times, order=self._orders.get(deadline.kind))
            for deadline, times in self.clocks
        )

    async def move_to(
        self,
        status: CaseStatus,
        kind: str,
        *,
        start: list[ClockOrder] | None = None,
        stop: tuple[DeadlineKind, ...] | list[DeadlineKind] = (),
    ) -> None:
        """A new status of the handling, with the clocks that it starts and stops; written when it returns.

        `kind`: the step's name in the history.

        Raises:
            TypeError: the ledger is the whole case's.
        """
        self.note_move(status, kind, start=start, stop=stop)
        await self.written()

    def note_move(
        self,
        status: CaseStatus,
        kind: str,
        *,
        start: list[ClockOrder] | None = None,
        stop: tuple[DeadlineKind, ...] | list[DeadlineKind] = (),
        accepts: str | None = None,
    ) -> Step:
        """As `move_to`, to be written with what comes next.

        `accepts`: id of the authority's message whose decision counts instead of its first.

        Raises:
            TypeError: the ledger is the whole case's.
        """
        if self._handling_no is None:
            raise TypeError("a case's status follows from its handlings'")
        self._context.move(self._handling_no, status)
        return self.note(*(start or []), kind=kind, stop=stop, accepts=accepts)

    async def moves_with(self, passing: Coroutine[Any, Any, Step | None]) -> bool:
        """A new status that an activity writes besides what it does; what becomes of clocks follows from its step.

        False: there is no such step. Boundaries of clocks that pass meanwhile become tasks.

        Raises:
            TypeError: the ledger is the whole case's.
        """
        if self._handling_no is None:
            raise TypeError("a case's status follows from its handlings'")
        step = await self.meanwhile(passing)
        if step is None:
            return False
        self._context.move(self._handling_no, step.change.case_status)
        self._take(step)
        return True

    async def start_clocks(
        self,
        *orders: ClockOrder,
        kind: str = "CLOCK_STARTED",
        stop: tuple[DeadlineKind, ...] | list[DeadlineKind] = (),
        task: TaskOrder | None = None,
        settles: Iterable[str] = (),
    ) -> None:
        """Record one step that starts and stops clocks, opens a task and settles others; written when it returns.

        `stop`: stopped before `orders` start. `settles`: keys of the tasks that are over.
        """
        self.note(*orders, kind=kind, stop=stop, task=task, settles=settles)
        await self.written()

    def note(
        self,
        *orders: ClockOrder,
        kind: str,
        stop: tuple[DeadlineKind, ...] | list[DeadlineKind] = (),
        task: TaskOrder | None = None,
        settles: Iterable[str] = (),
        accepts: str | None = None,
    ) -> Step:
        """As `start_clocks`, to be written with what comes next; its clocks run from then on."""
        self.clocks.stop(*stop)
        step = self._context.note(
            kind,
            handling_no=self._handling_no,
            start=orders,
            stop=stop,
            task=task,
            settles=settles,
            accepts=accepts,
        )
        self._unwritten.append(step)
        return step

    async def written_alone(self) -> None:
        """As `written` in a case whose steps are written one by one; else nothing: it goes with what comes next."""
        if not self._context.together:
            await self.written()

    async def written(self) -> None:
        """Return once every step noted here is written, and its clocks run."""
        steps, self._unwritten = self._unwritten, []
        with self._context.step():
            await self._context.written()
            for step in steps:
                self._take(step)

    def _take(self, step: Step) -> None:
        """What a later step has stopped among the steps that were written together does not run on."""
        self.clocks.stop(*step.change.stop)
        for deadline in step.deadlines:
            self.clocks.start(deadline)
        self._orders = {kind: order for kind, order in self._orders.items() if kind in self.clocks.kinds}
        self._orders |= {order.kind: order for order in step.change.start}

    def stop_all(self) -> tuple[DeadlineKind, ...]:
        """Stop every clock; returns the kinds that ran, or would have once their step is written."""
        ran = self.clocks.stop_all()
        noted = [order.kind for step in self._unwritten for order in step.change.start]
        return tuple(dict.fromkeys([*ran, *noted]))

    async def compute_anew(self) -> None:
        """Give every running clock new times by the calendar in force, as one step CALENDAR_CHANGED."""
        self.stale = False
        await self.start_clocks(*self._orders.values(), kind="CALENDAR_CHANGED")

    async def boundary_passed(self) -> None:
        """Open a task for every clock that has come to its warning, its end or a level after it (预警、到期、逐级督办).

        An acceptance clock of a licence that ends without a word is deemed accepted (domain.md 2.3).
        """
        for deadline, phase in self.clocks.take_passed(workflow.now()):
            kind = _TASKS.get(phase) or self._limits.missed(deadline.kind)
            deemed = self._limits.deem(deadline) if kind is TaskKind.DEEMED_ACCEPTED else []
            await self.raise_task(kind, f"{deadline.kind}-{deadline.due_at.isoformat()}", *deemed)

    async def raise_task(self, kind: TaskKind, what: str, *start: ClockOrder) -> str:
        """Open a task, record it as a step of its kind together with the clocks `start`; returns the task's id."""
        await self.start_clocks(*start, kind=kind, task=TaskOrder(key=self.task_key(kind, what), kind=kind))
        return self.task_id(kind, what)

    def task_id(self, kind: TaskKind, what: str) -> str:
        """The id of the task with `task_key`."""
        return task_id(self.task_key(kind, what))

    def task_key(self, kind: TaskKind, what: str) -> str:
        """`{handling or case no}/{kind}/{what}`: what makes a task one, however often it is ordered."""
        return f"{self._handling_no or self._context.case_no}/{kind}/{what}"

    async def meanwhile(self, saying: Coroutine[Any, Any, Said]) -> Said:
        """The result of `saying`, however long it takes; boundaries of clocks that pass meanwhile become tasks."""
        said = asyncio.create_task(saying)
        while not await happens_in_time(said.done, self.clocks):
            await self.boundary_passed()
        return said.result()
