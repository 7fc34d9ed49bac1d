"""What has happened to a handling and was not dealt with yet, in the order in which it came."""

from collections import deque

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import (
        AuthorityEvent,
        CalendarChanged,
        HoldNotice,
        LegEffect,
        SupplementGiven,
        TaskResolved,
        WithdrawalAsked,
    )
    from domain.terms import DECISIONS, WireEvent

NewsItem = AuthorityEvent | SupplementGiven | HoldNotice | TaskResolved | WithdrawalAsked | LegEffect | CalendarChanged


class News:
    """A queue that can be looked through: a person's word or a decision may be waited for out of turn."""

    def __init__(self) -> None:
        self._waiting: deque[NewsItem] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, item: NewsItem) -> None:
        self._waiting.append(item)

    def take(self) -> NewsItem:
        return self._waiting.popleft()

    def take_verdict(self, task_id: str) -> TaskResolved | None:
        """A person's word on this task, if it has come."""
        for item in self._waiting:
            if isinstance(item, TaskResolved) and item.task_id == task_id:
                self._waiting.remove(item)
                return item
        return None

    def has_verdict(self, task_id: str) -> bool:
        return any(isinstance(item, TaskResolved) and item.task_id == task_id for item in self._waiting)

    def has_decision(self) -> bool:
        return self.has(*DECISIONS)

    def has(self, *events: WireEvent) -> bool:
        """Whether an authority has said one of these."""
        return any(isinstance(item, AuthorityEvent) and item.event in events for item in self._waiting)
