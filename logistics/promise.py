"""The one-hour promise (一小时承诺) as a pure function of what is known, courier.md §4.

Everything is a parameter: the calendar, the pauses, the suspensions, the plan, the clock. The leg's workflow
calls `evaluate`, sleeps until `next_boundary`, and calls it again when a fact comes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from domain.model import Frozen
from domain.terms import ParcelStage
from logistics.milestones import Milestone
from logistics.promise_model import (
    AreaSuspension,
    CauseParty,
    Clock,
    Pause,
    PlannedArrival,
    PromiseFacts,
    PromiseOrder,
    PromiseState,
    PromiseTerms,
    PromiseVerdict,
    PromiseVersion,
    VersionCause,
)
from logistics.service_calendar import Interval, ServiceCalendar, after_counted_s, counted_s, united


def evaluate(
    order: PromiseOrder,
    terms: PromiseTerms,
    calendar: ServiceCalendar,
    now: datetime,
    *,
    facts: PromiseFacts | None = None,
    pauses: Sequence[Pause] = (),
    suspensions: Sequence[AreaSuspension] = (),
    plan: PlannedArrival | None = None,
) -> PromiseState:
    """How the promise stands at `now` (aware), from what was known by then.

    Raises:
        CalendarExhausted: the calendar has no hours for it.
    """
    return _Evaluation(order, terms, calendar, now, facts or PromiseFacts(), pauses, suspensions, plan).state()


class OfferObstacle(StrEnum):
    """Why no promise is made (不承诺原因)."""

    OUTSIDE_DISTRICT = "outside_district"
    NEEDS_PERSON = "needs_person"  # the address must be placed first
    PLAN_TOO_LATE = "plan_too_late"
    SWITCHED_OFF = "switched_off"  # the district promises nothing for this kind of leg


class PromiseOffer(Frozen):
    """What would be promised, shown before the order is confirmed; a job is taken without a promise too."""

    start: datetime
    deadline: datetime
    starts_later: bool
    obstacle: OfferObstacle | None

    @property
    def promised(self) -> bool:
        """True when the deadline may be promised."""
        return self.obstacle is None


def offer(
    order: PromiseOrder,
    terms: PromiseTerms,
    calendar: ServiceCalendar,
    *,
    in_district: bool | None,
    suspensions: Sequence[AreaSuspension] = (),
    plan: PlannedArrival | None = None,
) -> PromiseOffer:
    """The promise that this order would get, as if accepted at `order.accepted_at` (decisions.md 12).

    `in_district` None: the address has no point yet. `plan`: what the dispatcher could do, where it was asked.
    """
    state = evaluate(order, terms, calendar, order.accepted_at, suspensions=suspensions)
    obstacle = None
    if in_district is None:
        obstacle = OfferObstacle.NEEDS_PERSON
    elif not in_district:
        obstacle = OfferObstacle.OUTSIDE_DISTRICT
    elif plan is not None and plan.eta_p90 > state.deadline:
        obstacle = OfferObstacle.PLAN_TOO_LATE
    later = state.start > order.accepted_at
    return PromiseOffer(start=state.start, deadline=state.deadline, starts_later=later, obstacle=obstacle)


class _Stop(NamedTuple):
    at: datetime
    by: Milestone


class _Blocked(NamedTuple):
    """Intervals that don't count, united; `pause_end` when a pause closes by itself, `over_cap` that one did."""

    suspended: list[Interval]
    paused: list[Interval]
    over_cap: bool

    @property
    def all(self) -> list[Interval]:
        return united([*self.suspended, *self.paused])


class _Evaluation:
    """One evaluation: the parameters held together, each question a method."""

    def __init__(
        self,
        order: PromiseOrder,
        terms: PromiseTerms,
        calendar: ServiceCalendar,
        now: datetime,
        facts: PromiseFacts,
        pauses: Sequence[Pause],
        suspensions: Sequence[AreaSuspension],
        plan: PlannedArrival | None,
    ) -> None:
        self.order, self.terms, self.facts, self.plan = order, terms, facts, plan
        self.calendar = calendar if terms.time_scale == 1 else ServiceCalendar.open_always()
        self.now = now.astimezone(UTC)
        self.pauses = [pause for pause in pauses if pause.recorded_at <= now]
        self.awaits = any(pause.waits_at(now) for pause in self.pauses)
        self.suspensions = [each for each in suspensions if each.declared_at <= now and each.covers(order)]
        self.base = order.appointment.start if order.appointment else order.accepted_at
        self.base = max(self.base, order.accepted_at).astimezone(UTC)
        self.start = self._start(self.now)
        self.budget_s = self._budget_s()

    def state(self) -> PromiseState:
        blocked = self._blocked(self.now)
        deadline = self._deadline(blocked)
        stop = self._stop()
        versions = tuple(self._versions())
        awaits = stop is None and self.awaits
        end = stop.at if stop else self._cancelled_at() or self.now
        verdict = self._verdict(deadline, stop)
        synced = self.facts.synced_through
        handed = self.facts.handed_over
        closed = awaits or stop is not None or verdict in (PromiseVerdict.CANCELLED, PromiseVerdict.BREACHED)
        return PromiseState(
            verdict=verdict,
            clock=self._clock(stop, blocked),
            start=self.start,
            deadline=versions[-1].deadline if awaits else deadline,
            provisional=verdict is PromiseVerdict.BREACHED and (synced is None or synced < deadline),
            stopped_at=stop.at if stop else None,
            stopped_by=stop.by.stage if stop else None,
            verified=stop is not None and stop.by.verified,
            raw_minutes=self.terms.minutes_of(max(0.0, (end - self.base).total_seconds())),
            adjusted_minutes=self._minutes_to(end, blocked.all),
            handover_minutes=self._minutes_to(handed.at, blocked.all) if handed and handed.at else None,
            excused=self._excused(end, blocked),
            over_cap=blocked.over_cap,
            versions=versions,
            boundaries=() if closed else self._boundaries(deadline, blocked),
            awaits_address=awaits,
        )

    def _start(self, known_at: datetime) -> datetime:
        """When the clock starts: in hours, and not inside a suspension that was known when the order came."""
        lead_s = 0.0 if self.order.appointment else None
        known = [each for each in self.suspensions if each.declared_at <= self.order.accepted_at]
        areas = united((each.counts_from(self.terms), each.end_known(known_at)) for each in known)
        start = self.calendar.start_of_order(self.base, lead_s)
        for area_from, area_to in areas:
            if area_from <= start < area_to:
                start = self.calendar.start_of_order(area_to, lead_s)
        return start.astimezone(UTC)

    def _budget_s(self) -> float:
        """Seconds that may count: the promised minutes, or up to the end of a longer appointment."""
        promised = self.terms.seconds(self.terms.minutes)
        if self.order.appointment is None:
            return promised
        return max(promised, counted_s(self.calendar, self.start, self.order.appointment.end))

    def _blocked(self, known_at: datetime) -> _Blocked:
        """What does not count, as known at that time; pauses are cut where they have used up the cap."""
        suspended = united(
            (max(each.counts_from(self.terms), self.start), each.end_known(known_at))
            for each in self.suspensions
            if each.declared_at <= known_at
        )
        waited = united(self._pause_intervals(known_at, known_at, capped=False))  # goes on: so far
        free = united([*suspended, *waited])
        left_s = self.terms.seconds(self.terms.pause_cap_minutes)
        paused: list[Interval] = []
        over_cap = False
        for pause_from, pause_to in united(self._pause_intervals(known_at, datetime.max.replace(tzinfo=UTC))):
            full = after_counted_s(self.calendar, pause_from, left_s, free) if left_s else pause_from
            over_cap = over_cap or pause_to > full
            paused.append((pause_from, min(pause_to, full)))
            left_s = max(0.0, left_s - counted_s(self.calendar, pause_from, min(pause_to, full), free))
        return _Blocked(suspended, united([*paused, *waited]), over_cap)

    def _pause_intervals(self, known_at: datetime, open_end: datetime, *, capped: bool = True) -> Iterator[Interval]:
        """Pauses of one kind as known at that time; one whose end is not known then lasts to `open_end`."""
        for pause in self.pauses:
            if pause.recorded_at > known_at or pause.capped is not capped:
                continue
            end_known = pause.end_known_at is not None and pause.end_known_at <= known_at
            end = pause.end if end_known and pause.end is not None else open_end
            yield max(pause.start, self.start).astimezone(UTC), end.astimezone(UTC)

    def _deadline(self, blocked: _Blocked, start: datetime | None = None) -> datetime:
        return after_counted_s(self.calendar, start or self.start, self.budget_s, blocked.all)

    def _versions(self) -> Iterator[PromiseVersion]:
        """The deadline as it was known at each time when something that moves it became known."""
        accepted = self.order.accepted_at.astimezone(UTC)
        first = self.order.cause or (VersionCause.APPOINTMENT if self.order.appointment else VersionCause.ACCEPTED)
        changes = [(max(each.declared_at, accepted), VersionCause.SUSPENSION) for each in self.suspensions]
        early = [each.early_end(self.now) for each in self.suspensions]
        changes += [(max(end[0], accepted), end[1]) for end in early if end is not None]
        changes += [(max(pause.recorded_at, accepted), VersionCause.PAUSE) for pause in self.pauses]
        ends = [pause.end_known_at for pause in self.pauses]
        changes += [(end, VersionCause.PAUSE_ENDED) for end in ends if end is not None and end <= self.now]
        number, last = 0, None
        for known_at, cause in [(accepted, first), *sorted(changes)]:
            deadline = self._deadline(self._blocked(known_at), self._start(known_at))
            if deadline != last:
                number, last = number + 1, deadline
                yield PromiseVersion(version=number, deadline=deadline, cause=cause, known_at=known_at.astimezone(UTC))

    def _stop(self) -> _Stop | None:
        """The proved arrival or the papers changing hands, whichever is earlier; an inferred hand-over at its
        latest possible time, because an earlier one would be invented."""
        stops = []
        arrived, handed = self.facts.arrived, self.facts.handed_over
        if arrived is not None and arrived.verified and arrived.at is not None:
            stops.append(_Stop(arrived.at, arrived))
        if handed is not None:
            stops.append(_Stop(handed.not_after, handed))
        known = [stop for stop in stops if stop.by.recorded_at <= self.now]
        return min(known, key=lambda stop: (stop.at, stop.by.stage is not ParcelStage.ARRIVED_DOOR), default=None)

    def _cancelled_at(self) -> datetime | None:
        at = self.facts.cancelled_at
        return at.astimezone(UTC) if at is not None and at <= self.now else None

    def _verdict(self, deadline: datetime, stop: _Stop | None) -> PromiseVerdict:
        if stop is not None:
            if stop.at > deadline:
                return PromiseVerdict.BREACHED
            late = stop.by.recorded_at > deadline
            return PromiseVerdict.KEPT_LATE_UPLOAD if late else PromiseVerdict.KEPT
        cancelled = self._cancelled_at()
        if cancelled is not None and cancelled <= deadline:
            return PromiseVerdict.CANCELLED
        if self.now >= deadline:
            return PromiseVerdict.BREACHED
        return PromiseVerdict.AT_RISK if self._at_risk(deadline) else PromiseVerdict.ON_TRACK

    def _at_risk(self, deadline: datetime) -> bool:
        """By the plan: it arrives too late, or it should have arrived. Without a plan, when little time is left."""
        if self.plan is None:
            return self.now >= self._warn_at() and not self.awaits
        return self.plan.eta_p90 > deadline or self.plan.eta_p90 <= self.now

    def _warn_at(self) -> datetime:
        """When only `warn_minutes` that count are left."""
        before_s = max(0.0, self.budget_s - self.terms.seconds(self.terms.warn_minutes))
        return after_counted_s(self.calendar, self.start, before_s, self._blocked(self.now).all)

    def _boundaries(self, deadline: datetime, blocked: _Blocked) -> tuple[datetime, ...]:
        times = {self.start, deadline, self._warn_at()}  # a fresh plan is looked at while it can still help
        if self.plan is not None:
            times.add(self.plan.eta_p90.astimezone(UTC))
        times.update(edge for interval in (*blocked.suspended, *blocked.paused) for edge in interval)
        return tuple(sorted(time for time in times if time <= deadline))

    def _clock(self, stop: _Stop | None, blocked: _Blocked) -> Clock:
        if stop is not None or self._cancelled_at() is not None:
            return Clock.STOPPED
        if self.now < self.start:
            return Clock.WAITING
        if any(start <= self.now < end for start, end in blocked.suspended):
            return Clock.SUSPENDED
        paused = self.awaits or any(start <= self.now < end for start, end in blocked.paused)
        return Clock.PAUSED if paused else Clock.RUNNING

    def _minutes_to(self, end: datetime, blocked: Sequence[Interval]) -> float:
        return self.terms.minutes_of(counted_s(self.calendar, self.start, end, blocked))

    def _excused(self, end: datetime, blocked: _Blocked) -> dict[CauseParty, float]:
        """Minutes that would have counted; time both suspended and paused is force majeure's, once."""
        nothing = self._minutes_to(end, [])
        suspended = self._minutes_to(end, blocked.suspended)
        both = self._minutes_to(end, blocked.all)
        found = {CauseParty.FORCE_MAJEURE: nothing - suspended, CauseParty.APPLICANT: suspended - both}
        return {party: minutes for party, minutes in found.items() if minutes > 0}
