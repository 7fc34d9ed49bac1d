"""What the quarter's figures rest on: read from the tables, case by case. No personal data."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from catalog.intake import IntakeChannel
from catalog.workdays import SHANGHAI, WorkdayCalendar
from domain.terms import CaseStatus, ItemKind, Mode, ResultForm, Scheme, WireEvent
from logistics.promise_model import PromiseVerdict
from storage.keyset import AnyRow
from storage.quarter_rows import (
    ACCEPTED,
    DECIDED,
    door_verdicts,
    promised_clocks_of,
    registered_cases,
    schemes_of,
    steps_of,
)
from web.views.quarter_figures import CaseFigures, DoorFigures, Period

_DAY = timedelta(days=1)
_AT_ONCE: Final = 500
"""Case numbers in one question: SQLite takes 999."""

Workdays = Callable[[date, date], int]


class _Facts(NamedTuple):
    """What is read of a case beside its own row."""

    schemes: frozenset[Scheme]
    handlings: int
    used_days: float | None
    on_time: bool | None


def case_figures(session: Session, period: Period, calendar: WorkdayCalendar, now: datetime) -> list[CaseFigures]:
    """What every case registered within the period brings to the figures; open ones as far as it is known at `now`."""
    workdays = cache(calendar.count_workdays)
    found: list[CaseFigures] = []
    odd: list[AnyRow] = []
    for case in registered_cases(session, period.start, period.end, now):
        if _is_plain(case):
            found.append(_figures(case, _plain(case, workdays)))
        else:
            odd.append(case)
    for start in range(0, len(odd), _AT_ONCE):
        found += _line_by_line(session, odd[start : start + _AT_ONCE], workdays, now)
    return found


def door_figures(session: Session, period: Period) -> list[DoorFigures]:
    """The promise of every door leg that was ordered within the period and has a verdict."""
    verdicts = {verdict.value: verdict for verdict in PromiseVerdict}
    doors = door_verdicts(session, period.start, period.end)
    return [DoorFigures(case_no, verdicts[verdict]) for case_no, verdict in doors]


def _is_plain(case: AnyRow) -> bool:
    """One authority, accepted and decided once at most, nothing between: what the case's row says is everything."""
    once = case.told <= 1 or (case.told == 2 and case.accepted_at is not None and case.ended_at is not None)
    return case.handlings == 1 and case.clocks <= 1 and once


def _plain(case: AnyRow, workdays: Workdays) -> _Facts:
    used = None
    if _is_decided(case) and case.accepted_at is not None:
        end = case.ended_at or case.decided_at
        used = round(_between(case.accepted_at, end, case.time_scale, workdays), 2)
    on_time = bool(case.clock_in_time) if case.clock_ended else None
    return _Facts(_ALONE[case.scheme], 1, used, on_time)


_ALONE: Final = {scheme.value: frozenset({scheme}) for scheme in Scheme}


def _line_by_line(session: Session, cases: Sequence[AnyRow], workdays: Workdays, now: datetime) -> list[CaseFigures]:
    numbers = [case.case_no for case in cases]
    steps = _by_case(steps_of(session, numbers))
    handlings = _by_case(schemes_of(session, numbers))
    clocks = _by_case(promised_clocks_of(session, numbers, now))
    found = []
    for case in cases:
        own = handlings[case.case_no]
        facts = _Facts(
            schemes=frozenset(Scheme(handling.scheme) for handling in own),
            handlings=len(own),
            used_days=_used_days(case, steps[case.case_no], workdays),
            on_time=_on_time(clocks[case.case_no]),
        )
        found.append(_figures(case, facts))
    return found


def _by_case(rows: Iterable[AnyRow]) -> Mapping[str, list[AnyRow]]:
    grouped: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        grouped[row.case_no].append(row)
    return grouped


def _figures(case: AnyRow, facts: _Facts) -> CaseFigures:
    return CaseFigures(
        case_no=case.case_no,
        schemes=facts.schemes,
        mode=_MODES[case.mode],
        kind=_KINDS[case.item_kind],
        statutory_days=case.statutory_days,
        promised_days=case.promised_days,
        used_days=facts.used_days,
        on_time=facts.on_time,
        trips_before=_trips_before(case, facts.handlings) if case.closed_at else None,
        trips_made=_trips_made(case) if case.closed_at else None,
        score=case.rated_score,
        side=case.rated_side,
        rework=case.rated_rework,
        time_scale=case.time_scale,
    )


_MODES: Final = {mode.value: mode for mode in Mode}
_KINDS: Final = {kind.value: kind for kind in ItemKind}


def _is_decided(case: AnyRow) -> bool:
    return case.decided_at is not None and case.status in DECIDED


def _used_days(case: AnyRow, steps: Sequence[AnyRow], workdays: Workdays) -> float | None:
    """Working days from acceptance to decision; of several authorities the one that took longest."""
    if not _is_decided(case):
        return None
    by_handling: dict[str | None, list[AnyRow]] = defaultdict(list)
    for step in steps:
        by_handling[step.handling_no].append(step)
    used = [_days_of(own, case.decided_at, case.time_scale, workdays) for own in by_handling.values()]
    return max((days for days in used if days is not None), default=None)


def _days_of(steps: Sequence[AnyRow], decided_at: datetime, time_scale: float, workdays: Workdays) -> float | None:
    """One authority's working days without special procedures (行政许可法第四十五条); None: it never accepted."""
    accepted = next((step.at for step in steps if step.kind in ACCEPTED), None)
    if accepted is None:
        return None
    end = next((step.at for step in steps if step.kind in DECIDED), decided_at)
    spans = [(accepted, end, 1)]
    paused: datetime | None = None
    for step in steps:
        if step.kind == WireEvent.SUSPENDED and paused is None:
            paused = step.at
        elif step.kind == WireEvent.RESUMED and paused is not None:
            spans.append((paused, step.at, -1))
            paused = None
    if paused is not None:  # decided without a word that the procedure was over
        spans.append((paused, end, -1))
    return round(sum(sign * _between(start, end, time_scale, workdays) for start, end, sign in spans), 2)


def _between(start: datetime, end: datetime, time_scale: float, workdays: Workdays) -> float:
    """Working days between two moments; where business time runs faster, one lasts 24 h / scale."""
    if time_scale != 1:
        return (end - start) * time_scale / _DAY
    return float(max(workdays(start.astimezone(SHANGHAI).date(), end.astimezone(SHANGHAI).date()), 0))


def _on_time(clocks: Sequence[AnyRow]) -> bool | None:
    """The last promised clock of every handling was stopped before its end; None where none has ended."""
    last = {clock.handling_no: clock for clock in clocks}
    ended = [clock for clock in last.values() if clock.ended]
    return all(clock.in_time for clock in ended) if ended else None


def _trips_before(case: AnyRow, handlings: int) -> int:
    """To every authority's place: once to hand in, once more for a paper result."""
    fetched = case.status == CaseStatus.APPROVED and case.result_form != ResultForm.ELECTRONIC
    return handlings * (2 if fetched else 1)


def _trips_made(case: AnyRow) -> int:
    """Handing in at a desk, and collecting at the hall."""
    handed_in = 0 if case.fetched or case.channel == IntakeChannel.ONLINE else 1
    return handed_in + bool(case.handed_over)
