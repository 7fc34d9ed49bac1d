"""The running clocks of one handling: which boundary comes next, which have passed."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from domain.carried import ClockCarried
from domain.messages import Deadline, DeadlineKind


class Phase(StrEnum):
    """A clock's boundaries, in their order (预警、到期、逐级督办)."""

    WARN = "WARN"
    DUE = "DUE"
    DEPARTMENT = "DEPARTMENT"  # a task for the authority's head
    DISTRICT = "DISTRICT"  # a task for the district's office


class Clocks:
    """The running clocks of a handling or a case, one per kind, with absolute times that activities computed.

    After its end a clock comes up again every time as long as it has run: a person is reminded until it stops.
    """

    def __init__(self, carried: Iterable[ClockCarried] = ()) -> None:
        self._running: dict[DeadlineKind, tuple[Deadline, int]] = {  # with how often it was announced
            clock.deadline.kind: (clock.deadline, clock.announced) for clock in carried
        }

    def start(self, deadline: Deadline) -> None:
        """Start the clock of this kind, or start it anew with other times; it counts as not announced yet."""
        self._running[deadline.kind] = (deadline, 0)

    def stop(self, *kinds: DeadlineKind) -> tuple[DeadlineKind, ...]:
        """Stop what runs of `kinds`; returns what was stopped."""
        return tuple(kind for kind in kinds if self._running.pop(kind, None) is not None)

    def stop_all(self) -> tuple[DeadlineKind, ...]:
        """Stop every clock; returns the kinds that ran."""
        return self.stop(*list(self._running))

    @property
    def kinds(self) -> frozenset[DeadlineKind]:
        """The kinds of clock that run."""
        return frozenset(self._running)

    def __iter__(self) -> Iterator[tuple[Deadline, int]]:
        """What runs, with how often it was announced."""
        return iter(self._running.values())

    @property
    def running(self) -> tuple[Deadline, ...]:
        """The deadlines of the clocks that run."""
        return tuple(deadline for deadline, _ in self._running.values())

    def next_boundary(self) -> datetime | None:
        """The earliest boundary (warning, end, escalation, reminder) still to come; None where no clock runs."""
        return min((_boundary(deadline, times) for deadline, times in self._running.values()), default=None)

    def take_passed(self, now: datetime) -> list[tuple[Deadline, Phase]]:
        """The clocks that have come to a boundary since the last call, each once, with its phase."""
        passed: list[tuple[Deadline, Phase]] = []
        for kind, (deadline, times) in list(self._running.items()):
            if now < _boundary(deadline, times):
                continue
            while now >= _boundary(deadline, times):
                times += 1
            self._running[kind] = (deadline, times)
            passed.append((deadline, _phase(deadline, times)))
        return passed


_ESCALATIONS = (Phase.DEPARTMENT, Phase.DISTRICT)


def _boundary(deadline: Deadline, times: int) -> datetime:
    """When the clock comes up after `times` announcements."""
    if times == 0:
        return min(deadline.warn_at, deadline.due_at)
    fixed = (deadline.due_at, *deadline.escalate_at)
    if times <= len(fixed):
        return fixed[times - 1]
    period = max(deadline.due_at - deadline.start_at, timedelta(seconds=1))
    return fixed[-1] + (times - len(fixed)) * period


def _phase(deadline: Deadline, times: int) -> Phase:
    """What the last of `times` announcements is about; reminders after the last level are of the end itself."""
    if times == 1:
        return Phase.WARN
    level = times - 3
    return _ESCALATIONS[level] if 0 <= level < len(deadline.escalate_at) else Phase.DUE
