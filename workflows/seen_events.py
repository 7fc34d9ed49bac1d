"""Which Updates and signals were received: the server recognises a repeated one within one run of a workflow only."""

from collections.abc import Iterable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows import policies


class SeenEvents:
    """Ids of Updates and signals, carried from run to run; the oldest are forgotten (`policies.SEEN_AT_MOST`).

    `news`: how many were new in this run.
    """

    def __init__(self, carried: Iterable[str] = ()) -> None:
        self._before = dict.fromkeys(carried)
        self._now: dict[str, None] = {}
        self.news = 0  # how much of what this run has heard was new

    def carried(self) -> tuple[str, ...]:
        """The latest `policies.SEEN_AT_MOST` ids, oldest first."""
        return tuple([*self._before, *self._now][-policies.SEEN_AT_MOST :])

    def before(self) -> bool:
        """Whether an earlier run has received the Update whose handler or validator asks."""
        info = workflow.current_update_info()
        return info is not None and info.id in self._before

    def again(self, what: str | None = None) -> bool:
        """Whether `what` was received before, in this run or an earlier one; from now on it was.

        None: the id of the Update whose handler asks.
        """
        if what is None:
            info = workflow.current_update_info()
            what = info.id if info is not None else ""
        known = what in self._before or what in self._now
        self.news += not known
        self._now[what] = None
        return known
