"""Small writes of many threads as few transactions: what gathers while one is committed goes along with the next."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import structlog

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

log = structlog.get_logger(__name__)

_MOST = 32


class GroupWrite(Generic[Item, Outcome]):
    """Takes items of any thread and has them written together, in the order in which they came.

    Who adds waits in its thread; on an event loop, where hundreds wait at once, it is `relay.group_commit`.

    `together`: writes a group in one transaction and returns an outcome for each item; None where that item must be
    written by itself, and where it raises, all of them must. `alone`: writes one by itself, in the thread of who
    brought it: there it may wait for a lock, or fail, and nobody else does.
    """

    def __init__(
        self,
        together: Callable[[Sequence[Item]], Sequence[Outcome | None]],
        alone: Callable[[Item], Outcome],
        name: str,
    ) -> None:
        self._together = together
        self._alone = alone
        self._waiting: list[tuple[Item, Future[Outcome | None]]] = []
        self._lock = threading.Lock()
        # A thread of its own: whose thread is cancelled or leaves takes nothing from the others.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=name)

    @property
    def waiting(self) -> int:
        """How many items wait for the writer."""
        return len(self._waiting)

    def add(self, item: Item) -> Outcome:
        """Return once the item is committed. Raises as `alone` does."""
        done: Future[Outcome | None] = Future()
        with self._lock:
            self._waiting.append((item, done))
        self._writer.submit(self._write_gathered)
        found = done.result()
        return self._alone(item) if found is None else found

    def _write_gathered(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        if not group:
            return  # it went along with an earlier one
        try:
            found = self._together([item for item, _ in group])
        except Exception as fault:  # noqa: BLE001 – whom it concerns hears of it when his is written by itself
            log.info("group_taken_apart", size=len(group), error=type(fault).__name__)
            found = [None] * len(group)
        for (_, done), outcome in zip(group, found, strict=True):
            done.set_result(outcome)
