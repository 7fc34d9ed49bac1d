"""Which of the law's clocks an authority's event starts and stops (行政许可法 §32, §42, §45)."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import AuthorityEvent, ClockOrder, DeadlineKind, ItemBrief
    from domain.tasks import TaskKind
    from domain.terms import WireEvent

_TO_DECIDE = (DeadlineKind.DECISION_PROMISED, DeadlineKind.DECISION_STATUTORY)


class Limits:
    """One handling's limits: when it was accepted, and the spans that do not count."""

    def __init__(self, item: ItemBrief) -> None:
        self._is_licence = item.is_licence
        self._days = {
            DeadlineKind.DECISION_PROMISED: item.promised_days,
            DeadlineKind.DECISION_STATUTORY: item.statutory_days,
        }
        self._accepted_at: datetime | None = None
        self._suspended_at: datetime | None = None
        self._excluded: list[tuple[datetime, datetime]] = []

    @property
    def accepted(self) -> bool:
        return self._accepted_at is not None

    def missed(self, kind: DeadlineKind) -> TaskKind:
        """What a clock's end means: only a licence is deemed accepted by silence (§32)."""
        deemed = kind is DeadlineKind.ACCEPTANCE and self._is_licence
        return TaskKind.DEEMED_ACCEPTED if deemed else TaskKind.DEADLINE_MISSED

    def after(self, said: AuthorityEvent) -> list[ClockOrder]:
        """The clocks that this event starts."""
        match said.event:
            case WireEvent.RECEIVED:
                return [ClockOrder(kind=DeadlineKind.ACCEPTANCE, start_at=said.occurred_at)]
            case WireEvent.ACCEPTED:
                self._accepted_at = said.occurred_at
                return self._decision_clocks(said.occurred_at)
            case WireEvent.REVIEWING if self._accepted_at is None:
                self._accepted_at = said.occurred_at
                return self._decision_clocks(said.occurred_at)
            case WireEvent.NEED_SUPPLEMENT:
                days = said.deadline_workdays
                return [ClockOrder(kind=DeadlineKind.SUPPLEMENT_REPLY, start_at=said.occurred_at, workdays=days)]
            case WireEvent.SUSPENDED:
                self._suspended_at = said.occurred_at
            case WireEvent.RESUMED if self._suspended_at is not None:
                self._excluded.append((self._suspended_at, said.occurred_at))
                self._suspended_at = None
                return self._decision_clocks(self._accepted_at or said.occurred_at)
        return []

    def over(self, event: WireEvent) -> tuple[DeadlineKind, ...]:
        """The clocks that this event stops."""
        match event:
            case WireEvent.ACCEPTED | WireEvent.REVIEWING | WireEvent.NEED_SUPPLEMENT:
                return (DeadlineKind.ACCEPTANCE,)
            case WireEvent.SUSPENDED:
                return _TO_DECIDE
            case _:
                return ()

    def _decision_clocks(self, accepted_at: datetime) -> list[ClockOrder]:
        return [
            ClockOrder(kind=kind, start_at=accepted_at, workdays=days, excluded=tuple(self._excluded))
            for kind, days in self._days.items()
        ]
