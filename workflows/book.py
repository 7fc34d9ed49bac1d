"""A handling's own book, or the case's: status, clocks and tasks, each written down in one transaction."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import ClockOrder, DeadlineKind, TaskOrder
    from domain.tasks import TaskKind, task_id
    from domain.terms import CaseStatus
    from workflows.clocks import Clocks, Phase
    from workflows.desk import Desk
    from workflows.limits import Limits
    from workflows.waiting import happens_in_time


_TASKS = {
    Phase.WARN: TaskKind.DEADLINE_WARNING,
    Phase.DEPARTMENT: TaskKind.ESCALATED_DEPARTMENT,
    Phase.DISTRICT: TaskKind.ESCALATED_DISTRICT,
}


class Book:
    """`clocks` are those that run now; what started them is kept, so that a new calendar can compute them anew.

    `handling_no` None: a matter of the whole case (领取、容缺). `stale`: a new calendar is in force.
    """

    def __init__(self, desk: Desk, handling_no: str | None, limits: Limits) -> None:
        self.clocks = Clocks()
        self.stale = False
        self._desk = desk
        self._handling_no = handling_no
        self._limits = limits
        self._orders: dict[DeadlineKind, ClockOrder] = {}

    async def move_to(
        self,
        status: CaseStatus,
        kind: str,
        *,
        start: list[ClockOrder] | None = None,
        stop: tuple[DeadlineKind, ...] | list[DeadlineKind] = (),
    ) -> None:
        """A new status of the handling, with the clocks that it starts and stops."""
        if self._handling_no is None:
            raise TypeError("a case's status follows from its handlings'")
        self._desk.move(self._handling_no, status)
        await self.start_clocks(*(start or []), kind=kind, stop=stop)

    async def start_clocks(
        self,
        *orders: ClockOrder,
        kind: str = "CLOCK_STARTED",
        stop: tuple[DeadlineKind, ...] | list[DeadlineKind] = (),
        task: TaskOrder | None = None,
        settles: Iterable[str] = (),
    ) -> None:
        """One step that starts and stops clocks, opens a task and settles others."""
        self.clocks.stop(*stop)
        started = await self._desk.record(
            kind, handling_no=self._handling_no, start=orders, stop=stop, task=task, settles=settles
        )
        for deadline in started:
            self.clocks.start(deadline)
        self._orders = {kind: order for kind, order in self._orders.items() if kind in self.clocks.kinds}
        self._orders |= {order.kind: order for order in orders}

    async def compute_anew(self) -> None:
        """A new calendar is in force: every running clock gets new times."""
        self.stale = False
        await self.start_clocks(*self._orders.values(), kind="CALENDAR_CHANGED")

    async def boundary_passed(self) -> None:
        """A clock has come to its warning, its end or a level after it: the one who is responsible gets a task."""
        for deadline, phase in self.clocks.take_passed(workflow.now()):
            kind = _TASKS.get(phase) or self._limits.missed(deadline.kind)
            deemed = self._limits.deem(deadline) if kind is TaskKind.DEEMED_ACCEPTED else []
            await self.raise_task(kind, f"{deadline.kind}-{deadline.due_at.isoformat()}", *deemed)

    async def raise_task(self, kind: TaskKind, what: str, *start: ClockOrder) -> str:
        """Open one task per matter, and write it into the history with the clocks that start; returns its id."""
        await self.start_clocks(*start, kind=kind, task=TaskOrder(key=self.task_key(kind, what), kind=kind))
        return self.task_id(kind, what)

    def task_id(self, kind: TaskKind, what: str) -> str:
        return task_id(self.task_key(kind, what))

    def task_key(self, kind: TaskKind, what: str) -> str:
        return f"{self._handling_no or self._desk.case_no}/{kind}/{what}"

    async def meanwhile(self, saying: Coroutine[Any, Any, bool]) -> bool:
        """However long it takes to say something: meanwhile the clocks are watched."""
        said = asyncio.create_task(saying)
        while not await happens_in_time(said.done, self.clocks):
            await self.boundary_passed()
        return said.result()
