"""What the quarter's figures rest on: read from the tables, case by case. No personal data."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.intake import IntakeChannel
from catalog.model import ItemSnapshot
from catalog.workdays import WorkdayCalendar, local_day
from domain.messages import DeadlineKind, LegOutcome
from domain.terms import DOOR_LEGS, CaseStatus, Leg, Mode, ResultForm, Scheme, WireEvent
from logistics.promise_model import PromiseState
from storage.cases import CaseEventRow, CaseRow, DeadlineRow, HandlingRow
from storage.legs import LegRow
from web.reporting import CaseFigures, DoorFigures, Period

_BY_AUTHORITY = (CaseStatus.APPROVED, CaseStatus.REJECTED, CaseStatus.NOT_ACCEPTED)
_DAY = timedelta(days=1)
_AT_ONCE = 500
"""Case numbers in one question: SQLite takes 999."""


def case_figures(session: Session, period: Period, calendar: WorkdayCalendar, now: datetime) -> list[CaseFigures]:
    """Every case registered within the period."""
    registered = select(CaseRow).where(CaseRow.registered_at >= period.start, CaseRow.registered_at < period.end)
    cases = list(session.scalars(registered.order_by(CaseRow.case_no)))
    found: list[CaseFigures] = []
    for start in range(0, len(cases), _AT_ONCE):
        found += _some(session, cases[start : start + _AT_ONCE], calendar, now)
    return found


def door_figures(session: Session, period: Period) -> list[DoorFigures]:
    """Every door leg that was ordered within the period and promised."""
    legs = select(LegRow).where(LegRow.leg.in_(DOOR_LEGS), LegRow.promise.is_not(None))
    rows = session.scalars(legs.where(LegRow.ordered_at >= period.start, LegRow.ordered_at < period.end))
    return [
        DoorFigures(case_no=row.case_no, state=PromiseState.model_validate({**row.promise, "boundaries": ()}))
        for row in rows
        if row.promise and "verdict" in row.promise
    ]


def _some(session: Session, cases: Sequence[CaseRow], calendar: WorkdayCalendar, now: datetime) -> list[CaseFigures]:
    numbers = [case.case_no for case in cases]
    events = _by_case(session.scalars(select(CaseEventRow).where(CaseEventRow.case_no.in_(numbers)).order_by("id")))
    handlings = _by_case(session.scalars(select(HandlingRow).where(HandlingRow.case_no.in_(numbers))))
    clocks = _by_case(session.scalars(select(DeadlineRow).where(DeadlineRow.case_no.in_(numbers)).order_by("id")))
    legs = _by_case(session.scalars(select(LegRow).where(LegRow.case_no.in_(numbers))))
    return [
        _one(case, events[n], handlings[n], clocks[n], legs[n], calendar, now)
        for n, case in zip(numbers, cases, strict=True)
    ]


_Row = TypeVar("_Row", CaseEventRow, HandlingRow, DeadlineRow, LegRow)


def _by_case(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    grouped: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        grouped[row.case_no].append(row)
    return grouped


def _one(
    case: CaseRow,
    events: list[CaseEventRow],
    handlings: list[HandlingRow],
    clocks: list[DeadlineRow],
    legs: list[LegRow],
    calendar: WorkdayCalendar,
    now: datetime,
) -> CaseFigures:
    item = ItemSnapshot.model_validate(case.item)
    rating = case.rating or {}
    return CaseFigures(
        case_no=case.case_no,
        schemes=frozenset(Scheme(h.scheme) for h in handlings),
        mode=Mode(case.mode),
        kind=item.kind,
        statutory_days=item.statutory_days,
        promised_days=item.promised_days,
        used_days=_used_days(case, events, calendar),
        on_time=_on_time(clocks, now),
        trips_before=_trips_before(case, handlings, item) if case.closed_at else None,
        trips_made=_trips_made(case, events, legs) if case.closed_at else None,
        score=rating.get("score"),
        side=rating.get("side"),
        rework=rating.get("rework"),
        time_scale=case.time_scale,
    )


def _used_days(case: CaseRow, events: list[CaseEventRow], calendar: WorkdayCalendar) -> float | None:
    """Working days from acceptance to decision; of several authorities the one that took longest."""
    if case.decided_at is None or CaseStatus(case.status) not in _BY_AUTHORITY:
        return None
    by_handling: dict[str, list[CaseEventRow]] = defaultdict(list)
    for event in events:
        by_handling[event.handling_no or ""].append(event)
    used = [_days_of(own, case.decided_at, case.time_scale, calendar) for own in by_handling.values()]
    return max((days for days in used if days is not None), default=None)


def _days_of(
    events: list[CaseEventRow], decided_at: datetime, time_scale: float, calendar: WorkdayCalendar
) -> float | None:
    """One authority's working days without special procedures (行政许可法第四十五条); None: it never accepted."""
    accepted = next((e.at for e in events if e.kind in (WireEvent.ACCEPTED, WireEvent.REVIEWING)), None)
    if accepted is None:
        return None
    end = next((e.at for e in events if e.kind in _BY_AUTHORITY), decided_at)
    spans = [(accepted, end, 1)]
    paused: datetime | None = None
    for event in events:
        if event.kind == WireEvent.SUSPENDED and paused is None:
            paused = event.at
        elif event.kind == WireEvent.RESUMED and paused is not None:
            spans.append((paused, event.at, -1))
            paused = None
    if paused is not None:  # decided without a word that the procedure was over
        spans.append((paused, end, -1))
    return round(sum(sign * _between(start, end, time_scale, calendar) for start, end, sign in spans), 2)


def _between(start: datetime, end: datetime, time_scale: float, calendar: WorkdayCalendar) -> float:
    """Working days between two moments; where business time runs faster, one lasts 24 h / scale."""
    if time_scale != 1:
        return (end - start) * time_scale / _DAY
    return float(max(calendar.count_workdays(local_day(start), local_day(end)), 0))


def _on_time(clocks: list[DeadlineRow], now: datetime) -> bool | None:
    """The last promised clock of every handling was stopped before its end; None where none has ended."""
    last = {row.handling_no: row for row in clocks if row.kind == DeadlineKind.DECISION_PROMISED}
    ended = [row for row in last.values() if row.stopped_at is not None or row.due_at <= now]
    if not ended:
        return None
    return all(row.stopped_at is not None and row.stopped_at <= row.due_at for row in ended)


def _trips_before(case: CaseRow, handlings: list[HandlingRow], item: ItemSnapshot) -> int:
    """To every authority's place: once to hand in, once more for a paper result."""
    approved = CaseStatus(case.status) is CaseStatus.APPROVED
    fetched = approved and item.result_form is not ResultForm.ELECTRONIC
    return len(handlings) * (2 if fetched else 1)


def _trips_made(case: CaseRow, events: list[CaseEventRow], legs: list[LegRow]) -> int:
    """Handing in at a desk, and collecting at the hall."""
    fetched = any(leg.leg == Leg.PICKUP and leg.outcome == LegOutcome.DELIVERED for leg in legs)
    handed_in = 0 if fetched or case.channel == IntakeChannel.ONLINE else 1
    return handed_in + any(event.kind == "HANDED_OVER" for event in events)
