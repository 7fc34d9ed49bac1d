"""One handling's own book: its status, its clocks and its tasks, each written down in one transaction."""

import asyncio
from collections.abc import Coroutine
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


class Book:
    """`clocks` are those that run now; what started them is kept, so that a new calendar can compute them anew."""

    def __init__(self, desk: Desk, handling_no: str, limits: Limits) -> None:
        self.clocks = Clocks()
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
        """A new status, with the clocks that it starts and stops."""
        self._desk.move(self._handling_no, status)
        await self.start_clocks(*(start or []), kind=kind, stop=stop)

    async def start_clocks(
        self,
        *orders: ClockOrder,
        kind: str = "CLOCK_STARTED",
        stop: tuple[DeadlineKind, ...] | list[DeadlineKind] = (),
    ) -> None:
        self.clocks.stop(*stop)
        started = await self._desk.record(kind, handling_no=self._handling_no, start=orders, stop=stop)
        for deadline in started:
            self.clocks.start(deadline)
        self._orders = {kind: order for kind, order in self._orders.items() if kind in self.clocks.kinds}
        self._orders |= {order.kind: order for order in orders}

    async def compute_anew(self) -> None:
        """A new calendar is in force: every running clock gets new times."""
        await self.start_clocks(*self._orders.values(), kind="CALENDAR_CHANGED")

    async def boundary_passed(self) -> None:
        """A clock has come to its warning or its end: the one who is responsible now gets a task."""
        for deadline, phase in self.clocks.take_passed(workflow.now()):
            kind = self._limits.missed(deadline.kind) if phase is Phase.DUE else TaskKind.DEADLINE_WARNING
            await self.raise_task(kind, f"{deadline.kind}-{deadline.due_at.isoformat()}")

    async def raise_task(self, kind: TaskKind, what: str) -> str:
        """Open one task per matter, and write it into the history; returns its id."""
        task = TaskOrder(key=self._task_key(kind, what), kind=kind)
        await self._desk.record(kind, handling_no=self._handling_no, task=task)
        return self.task_id(kind, what)

    def task_id(self, kind: TaskKind, what: str) -> str:
        return task_id(self._task_key(kind, what))

    def _task_key(self, kind: TaskKind, what: str) -> str:
        return f"{self._handling_no}/{kind}/{what}"

    async def meanwhile(self, saying: Coroutine[Any, Any, bool]) -> bool:
        """However long it takes to say something: meanwhile the clocks are watched."""
        said = asyncio.create_task(saying)
        while not await happens_in_time(said.done, self.clocks):
            await self.boundary_passed()
        return said.result()
