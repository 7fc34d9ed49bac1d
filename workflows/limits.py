"""Which of the law's clocks an authority's event starts and stops (行政许可法 §32, §42, §45)."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import LimitsCarried
    from domain.messages import AuthorityEvent, ClockOrder, Deadline, DeadlineKind, ItemBrief
    from domain.tasks import TaskKind
    from domain.terms import WireEvent

TO_DECIDE = (DeadlineKind.DECISION_PROMISED, DeadlineKind.DECISION_STATUTORY)


def by_the_event() -> bool:
    """Whether clocks are counted from the event's own day; cases that began before that rule go on as they began."""
    return workflow.patched("clocks-by-the-day-of-the-event")


class Limits:
    """One handling's limits: when it was accepted, the spans that do not count, and the clocks that follow."""

    def __init__(self, item: ItemBrief, carried: LimitsCarried | None = None) -> None:
        before = carried or LimitsCarried()
        self._is_licence = item.is_licence
        self._days = {
            DeadlineKind.DECISION_PROMISED: item.promised_days,
            DeadlineKind.DECISION_STATUTORY: item.statutory_days,
        }
        self._accepted_at = before.accepted_at
        self._silence = before.silence  # the acceptance clock that ended without a word
        self._suspended_at = before.suspended_at
        self._asked_at = before.asked_at  # 补正 asked for after acceptance: the applicant's time, not theirs
        self._excluded = list(before.excluded)
        self._extended_workdays = before.extended_workdays

    def carried(self) -> LimitsCarried:
        """Its state for the next run."""
        return LimitsCarried(
            accepted_at=self._accepted_at,
            silence=self._silence,
            suspended_at=self._suspended_at,
            asked_at=self._asked_at,
            excluded=tuple(self._excluded),
            extended_workdays=self._extended_workdays,
        )

    @property
    def accepted(self) -> bool:
        """Whether it was accepted, by the authority or by the law (视为受理)."""
        return self._accepted_at is not None

    def missed(self, kind: DeadlineKind) -> TaskKind:
        """The kind of task when a clock has ended: DEEMED_ACCEPTED for the acceptance of a licence (§32)."""
        deemed = kind is DeadlineKind.ACCEPTANCE and self._is_licence
        return TaskKind.DEEMED_ACCEPTED if deemed else TaskKind.DEADLINE_MISSED

    def deem(self, acceptance: Deadline) -> list[ClockOrder]:
        """Silence to the end of the clock: accepted from the day of receipt (逾期不告知，自收到之日起即为受理).

        Returns the clocks to decide, from that day; [] where the law does not deem it. A fact of the clocks, never a
        status (decisions.md 9).
        """
        if not self._is_licence or self.accepted or not by_the_event():
            return []
        self._silence, self._accepted_at = acceptance, acceptance.start_at
        return self._decision_clocks()

    def after(self, said: AuthorityEvent) -> list[ClockOrder]:
        """The clocks that this event starts, counted from when it happened."""
        self._hear_what_was_in_time(said)
        at = said.occurred_at
        # Needs no patch: no history that was written before authorities could extend bears such days.
        self._extended_workdays += said.extended_workdays or 0
        goes_on = self.papers_complete(at) if self._asked_at and said.event is not WireEvent.NEED_SUPPLEMENT else []
        if goes_on and said.event is not WireEvent.SUSPENDED:
            return goes_on  # it speaks, so the missing papers are there, whether or not a scan has said so
        match said.event:
            case WireEvent.RECEIVED if not (self.accepted and by_the_event()):
                return [ClockOrder(kind=DeadlineKind.ACCEPTANCE, start_at=at)]
            case WireEvent.REVIEWING if said.extended_workdays and self.accepted:
                return self._decision_clocks()
            case WireEvent.ACCEPTED | WireEvent.REVIEWING if self._silence is not None:
                return []  # the law had accepted it: the days run from the receipt already
            case WireEvent.ACCEPTED:
                return self._accept(at)
            case WireEvent.REVIEWING if self._accepted_at is None:
                return self._accept(at)
            case WireEvent.NEED_SUPPLEMENT:
                if self.accepted and by_the_event():
                    self._asked_at = self._asked_at or at
                return [ClockOrder(kind=DeadlineKind.SUPPLEMENT_REPLY, start_at=at, workdays=said.deadline_workdays)]
            case WireEvent.SUSPENDED:
                self._suspended_at = at
                return [ClockOrder(kind=DeadlineKind.SUSPENSION, start_at=at)] if by_the_event() else []
            case WireEvent.RESUMED if self._suspended_at is not None:
                self._exclude(self._suspended_at, at)
                self._suspended_at = None
                self._accepted_at = self._accepted_at or at
                return self._decision_clocks()
        return []

    def over(self, event: WireEvent) -> tuple[DeadlineKind, ...]:
        """The kinds of clock that this event stops."""
        match event:
            case WireEvent.NEED_SUPPLEMENT if by_the_event():
                return (DeadlineKind.ACCEPTANCE, *TO_DECIDE)
            case WireEvent.ACCEPTED | WireEvent.REVIEWING | WireEvent.NEED_SUPPLEMENT:
                return (DeadlineKind.ACCEPTANCE,)
            case WireEvent.SUSPENDED:
                return TO_DECIDE
            case WireEvent.RESUMED if by_the_event():
                return (DeadlineKind.SUSPENSION,)
            case _:
                return ()

    def papers_complete(self, at: datetime) -> list[ClockOrder]:
        """The clocks that start when the missing papers are with the authority, at `at`.

        Before acceptance the clock of acceptance; after it the clocks to decide, without the days of the supplement.
        """
        if not self.accepted:
            return [ClockOrder(kind=DeadlineKind.ACCEPTANCE, start_at=at)]
        if self._asked_at is None:
            return []
        self._exclude(self._asked_at, at)
        self._asked_at = None
        return self._decision_clocks()

    def _accept(self, at: datetime) -> list[ClockOrder]:
        self._accepted_at = at
        return self._decision_clocks()

    def _hear_what_was_in_time(self, said: AuthorityEvent) -> None:
        """A word that was spoken in time and only came late: there was no silence."""
        speaks = said.event in (WireEvent.ACCEPTED, WireEvent.REVIEWING, WireEvent.NEED_SUPPLEMENT)
        if speaks and self._silence is not None and said.occurred_at <= self._silence.due_at:
            self._silence = self._accepted_at = None

    def _exclude(self, begin: datetime, end: datetime) -> None:
        self._excluded.append((begin, end))

    def _decision_clocks(self) -> list[ClockOrder]:
        return [
            ClockOrder(
                kind=kind,
                start_at=self._accepted_at,
                workdays=days + self._extended_workdays,
                excluded=tuple(self._excluded),
            )
            for kind, days in self._days.items()
            if self._accepted_at is not None
        ]
