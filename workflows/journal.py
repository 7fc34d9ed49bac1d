"""The steps of a case on their way into its record: whatever has gathered is written down together, in order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import Deadline
    from domain.recording import CaseChange


@dataclass
class Step:
    """One step. `deadlines`: the clocks that it has started, with their times; () until it is `written`."""

    change: CaseChange
    deadlines: tuple[Deadline, ...] = ()
    written: bool = False


Write = Callable[[Sequence[CaseChange]], Awaitable[tuple[tuple[Deadline, ...], ...]]]
"""Writes steps down in one transaction, however often that must be tried; the deadlines of each."""


class Journal:
    """Steps that were taken and are not written yet. One writer at a time, so that they are written in their order.

    What gathers while the writer is at work goes along with its next transaction.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: list[Step] = []
        self._writer: asyncio.Task[None] | None = None
        self._noted = 0
        self._written = 0

    @property
    def empty(self) -> bool:
        """Whether every step is written."""
        return self._written == self._noted

    def add(self, change: CaseChange) -> Step:
        """Put a step at the end; it is written when somebody asks for it by `written`."""
        step = Step(change)
        self._waiting.append(step)
        self._noted += 1
        return step

    async def written(self) -> None:
        """Return once every step that was added until now is written.

        A caller that is cancelled loses nothing: the writer goes on.
        """
        last = self._noted
        while self._written < last:
            if self._writer is None or self._writer.done():
                self._writer = asyncio.create_task(self._write_down())
            await asyncio.shield(self._writer)

    async def write_here(self) -> None:
        """Write down what waits within the caller, which wrote each step by itself: for cases that began so."""
        await self._write_down()

    async def _write_down(self) -> None:
        while self._waiting:
            steps, self._waiting = self._waiting, []
            found = await self._write([step.change for step in steps])
            for step, deadlines in zip(steps, found, strict=True):
                step.deadlines, step.written = deadlines, True
            self._written += len(steps)
