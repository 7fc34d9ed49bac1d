"""What the quarter's figures rest on: read from the tables, case by case. No personal data."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

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


def case_figures(session: Session, period: Period, calendar: WorkdayCalendar, now: datetime) -> list[CaseFigures]:
    """What every case registered within the period brings to the figures; open ones as far as it is known at `now`."""
    workdays = cache(calendar.count_workdays)

    @cache
    def days(first: str, last: str) -> float:
        return float(max(workdays(date.fromisoformat(first), date.fromisoformat(last)), 0))

    found: list[CaseFigures] = []
    odd: list[AnyRow] = []
    for case in registered_cases(session, period.start, period.end, now):
        plain = _plain(days, *case)
        if plain is None:
            odd.append(case)
        else:
            found.append(plain)
    for start in range(0, len(odd), _AT_ONCE):
        found += _line_by_line(session, odd[start : start + _AT_ONCE], workdays, now)
    return found


def door_figures(session: Session, period: Period) -> list[DoorFigures]:
    """The promise of every door leg that was ordered within the period and has a verdict."""
    verdicts = {verdict.value: verdict for verdict in PromiseVerdict}
    doors = door_verdicts(session, period.start, period.end)
    return [DoorFigures(case_no, verdicts[verdict]) for case_no, verdict in doors]


def _plain(
    days: Callable[[str, str], float],
    case_no: str,
    mode: str,
    status: str,
    channel: str,
    decided_at: datetime | None,
    time_scale: float,
    item_kind: str,
    statutory_days: int,
    promised_days: int,
    result_form: str,
    rated_score: int | None,
    rated_side: str | None,
    rated_rework: str | None,
    handlings: int | None,
    scheme: str,
    told: int,
    handed_over: int,
    clocks: int,
    is_closed: bool,
    has_ended: bool,
    accepted_on: str | None,
    decided_on: str,
    fetched: bool,
    clock_ended: bool | None,
    clock_in_time: bool | None,
) -> CaseFigures | None:
    """A row of `registered_cases` that says everything; None where its lines have to be looked at one by one.

    It does with one authority, accepted and decided once at most, nothing between, in real time. By place and by plain
    text, as all the others are: the name of a column or of an enum's member costs more than what is done with it.
    """
    if handlings != 1 or clocks > 1 or time_scale != 1:
        return None
    if told > 1 and not (told == 2 and accepted_on and has_ended):
        return None
    used = days(accepted_on, decided_on) if accepted_on and decided_at and status in _DECIDED else None
    before = made = None
    if is_closed:
        before = 2 if status == _APPROVED and result_form != _ELECTRONIC else 1
        made = (0 if fetched or channel == _ONLINE else 1) + (handed_over > 0)
    on_time = bool(clock_in_time) if clock_ended else None
    return CaseFigures(
        case_no, _ALONE[scheme], _MODES[mode], _KINDS[item_kind], statutory_days, promised_days, used, on_time,
        before, made, rated_score, rated_side, rated_rework, time_scale,
    )  # fmt: skip


_ALONE: Final = {scheme.value: frozenset({scheme}) for scheme in Scheme}


def _line_by_line(session: Session, cases: Sequence[AnyRow], workdays: Workdays, now: datetime) -> list[CaseFigures]:
    numbers = [case.case_no for case in cases]
    steps = _by_case(steps_of(session, numbers))
    handlings = _by_case(schemes_of(session, numbers))
    clocks = _by_case(promised_clocks_of(session, numbers, now))
    found = []
    for case in cases:
        own = handlings[case.case_no]
        found.append(
            CaseFigures(
                case_no=case.case_no,
                schemes=frozenset(Scheme(handling.scheme) for handling in own),
                mode=_MODES[case.mode],
                kind=_KINDS[case.item_kind],
                statutory_days=case.statutory_days,
                promised_days=case.promised_days,
                used_days=_used_days(case, steps[case.case_no], workdays),
                on_time=_on_time(clocks[case.case_no]),
                trips_before=_trips_before(case, len(own)) if case.is_closed else None,
                trips_made=_trips_made(case) if case.is_closed else None,
                score=case.rated_score,
                side=case.rated_side,
                rework=case.rated_rework,
                time_scale=case.time_scale,
            )
        )
    return found


def _by_case(rows: Iterable[AnyRow]) -> Mapping[str, list[AnyRow]]:
    grouped: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        grouped[row.case_no].append(row)
    return grouped


_MODES: Final = {mode.value: mode for mode in Mode}
_KINDS: Final = {kind.value: kind for kind in ItemKind}


_DECIDED: Final = frozenset(status.value for status in DECIDED)
_APPROVED: Final = CaseStatus.APPROVED.value
_ELECTRONIC: Final = ResultForm.ELECTRONIC.value
_ONLINE: Final = IntakeChannel.ONLINE.value


def _used_days(case: AnyRow, steps: Sequence[AnyRow], workdays: Workdays) -> float | None:
    """Working days from acceptance to decision; of several authorities the one that took longest."""
    if case.decided_at is None or case.status not in _DECIDED:
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
    fetched = case.status == _APPROVED and case.result_form != _ELECTRONIC
    return handlings * (2 if fetched else 1)


def _trips_made(case: AnyRow) -> int:
    """Handing in at a desk, and collecting at the hall."""
    handed_in = 0 if case.fetched or case.channel == _ONLINE else 1
    return handed_in + bool(case.handed_over)
