"""What keeps a handling on hold until a person has decided (挂起): every matter has a task of its own."""

from collections.abc import Mapping

from domain.messages import HoldNotice, TaskOutcome, TaskResolved


class Holds:
    """Ids of the tasks that keep a handling on hold; it goes on when the last one is resolved.

    Other tasks change nothing.
    """

    def __init__(self, carried: Mapping[str, HoldNotice | None] | None = None) -> None:
        self._by = dict(carried or {})  # task id → the authority's other word, if that is the matter

    def __bool__(self) -> bool:
        return bool(self._by)

    def carried(self) -> dict[str, HoldNotice | None]:
        """Task id → the authority's other decision (None: a refused command), for the next run."""
        return dict(self._by)

    def put(self, task: str, theirs: HoldNotice | None = None) -> None:
        """Put the handling on hold for this task. `theirs`: the authority's other decision, if that is the matter."""
        self._by[task] = theirs

    def lift(self, task: str) -> None:
        """Drop this task; one that is not there changes nothing."""
        self._by.pop(task, None)

    def settle(self, resolved: TaskResolved) -> HoldNotice | None:
        """Drop the resolved task (CLOSE_AS_FAILED: all); returns the authority's other decision if a person accepts it.

        None: nothing is to be accepted.
        """
        theirs = self._by.pop(resolved.task_id, None)
        if resolved.outcome is TaskOutcome.CLOSE_AS_FAILED:
            self._by.clear()
        return theirs if resolved.outcome is TaskOutcome.ACCEPT_THEIRS else None
