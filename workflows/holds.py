"""What stops a handling until a person has spoken (挂起): every matter has a task of its own."""

from domain.messages import TaskOutcome, TaskResolved
from domain.terms import WireEvent


class Holds:
    """A handling goes on when the last task that stopped it is resolved; other tasks change nothing."""

    def __init__(self) -> None:
        self._by: dict[str, WireEvent | None] = {}  # task id → the authority's other word, if that is the matter

    def __bool__(self) -> bool:
        return bool(self._by)

    def put(self, task: str, theirs: WireEvent | None = None) -> None:
        self._by[task] = theirs

    def lift(self, task: str) -> None:
        self._by.pop(task, None)

    def settle(self, resolved: TaskResolved) -> WireEvent | None:
        """Lift what was resolved; returns the authority's other word where a person says that it counts."""
        theirs = self._by.pop(resolved.task_id, None)
        if resolved.outcome is TaskOutcome.CLOSE_AS_FAILED:
            self._by.clear()
        return theirs if resolved.outcome is TaskOutcome.ACCEPT_THEIRS else None
