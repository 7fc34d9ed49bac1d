"""Many small writes as few transactions: what gathers while one is committed goes along with the next."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class GroupCommit(Generic[Item, Outcome]):
    """Takes items one by one and has them written together, in the order in which they came.

    `write` runs in a thread, in one transaction; it returns an outcome for each item. One per event loop.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Outcome]]) -> None:
        self._write = write
        self._waiting: list[tuple[Item, asyncio.Future[Outcome]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Outcome:
        """Return once the item is committed.

        Raises:
            Exception: as `write` has it for this item alone; the others of its group are written without it.
        """
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return await done

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            await self._write_group(group)

    async def _write_group(self, group: list[tuple[Item, asyncio.Future[Outcome]]]) -> None:
        try:
            found = await asyncio.to_thread(self._write, [item for item, _ in group])
        except Exception as fault:  # noqa: BLE001 – handed to the one whom it concerns
            if len(group) == 1:
                _settle(group[0][1], fault)
                return
            for one in group:  # which of them it was: the others shall not suffer for it
                await self._write_group([one])
            return
        for (_, done), outcome in zip(group, found, strict=True):
            if not done.done():
                done.set_result(outcome)


def _settle(done: asyncio.Future[Outcome], fault: Exception) -> None:
    if not done.done():
        done.set_exception(fault)
