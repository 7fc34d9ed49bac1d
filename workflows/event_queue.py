"""What has happened to a handling and was not dealt with yet, in the order in which it came."""

from collections import deque
from collections.abc import Iterable, Iterator

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import QueuedEvent, QueuedEventCarried
    from domain.messages import AuthorityEvent, TaskOutcome, TaskResolved, WithdrawalAsked
    from domain.terms import DECISIONS, CaseStatus, WireEvent


class EventQueue:
    """Events of one handling, oldest first; a verdict or a decision may also be looked for and taken out of turn."""

    def __init__(self, carried: Iterable[QueuedEventCarried] = ()) -> None:
        self._waiting: deque[QueuedEvent] = deque(news.item for news in carried)

    def __iter__(self) -> Iterator[QueuedEvent]:
        return iter(self._waiting)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, item: QueuedEvent) -> None:
        """Put an event at the end."""
        self._waiting.append(item)

    def take(self) -> QueuedEvent:
        """Take the oldest event. Raises IndexError when nothing waits."""
        return self._waiting.popleft()

    def take_verdict(self, task_id: str) -> TaskResolved | None:
        """Take a person's verdict on the task with this id out of its turn; None: it has not come."""
        for item in self._waiting:
            if isinstance(item, TaskResolved) and item.task_id == task_id:
                self._waiting.remove(item)
                return item
        return None

    def has_verdict(self, task_id: str) -> bool:
        """Whether a person's verdict on the task with this id waits."""
        return any(isinstance(item, TaskResolved) and item.task_id == task_id for item in self._waiting)

    @property
    def called_off(self) -> CaseStatus | None:
        """How a handling ends that has not begun: a person ends it, or it is asked to stop; None: neither."""
        if any(isinstance(item, TaskResolved) and item.outcome is TaskOutcome.CLOSE_AS_FAILED for item in self):
            return CaseStatus.FAILED
        return CaseStatus.NOT_BEGUN if any(isinstance(item, WithdrawalAsked) for item in self) else None

    def has_decision(self) -> bool:
        """Whether a final decision of the authority waits (`domain.terms:DECISIONS`)."""
        return self.has(*DECISIONS)

    def has(self, *events: WireEvent) -> bool:
        """Whether one of these events of the authority waits."""
        return any(isinstance(item, AuthorityEvent) and item.event in events for item in self._waiting)
