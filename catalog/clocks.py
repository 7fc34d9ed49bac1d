"""The law's clocks (时限): when each limit ends, when to warn, whom to tell afterwards, who is responsible.

Limits are rule data (data/limits.csv) or the item's own; days are working days (行政许可法第八十二条). The last
day ends at 24:00 (民法典第二百零三条), given here as 23:59:59 so that the date shown is the last day itself.
With `time_scale` ≠ 1 (sandbox only) the calendar is always open and one working day lasts 24 h / scale.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from catalog.model import ItemSnapshot, ServiceItem, ServiceType
from catalog.workdays import SHANGHAI, WorkdayCalendar, local_day
from domain.messages import Deadline, DeadlineKind, ItemBrief, Responsible
from domain.model import Frozen

Span = tuple[datetime, datetime]
"""From the start to the end of a special procedure (特别程序), both aware."""

_LAST_SECOND = time(23, 59, 59)
_OFFICE_OPENS = time(9, 0)
_DAY = timedelta(days=1)


class LimitRule(Frozen):
    """One row of the rule data. `workdays` None: the item's own limit."""

    kind: DeadlineKind
    workdays: int | None
    responsible: Responsible
    basis: str


class EscalationLevel(StrEnum):
    """Who hears of a limit that has passed (督办层级)."""

    SUPERVISOR = "supervisor"  # 大厅督办
    DEPARTMENT = "department"  # 责任部门负责人
    DISTRICT = "district"  # 区政务服务管理办公室


class Escalation(Frozen):
    """At `at`, while the clock still runs, `level` is told."""

    at: datetime
    level: EscalationLevel


_ESCALATE_AFTER = ((EscalationLevel.SUPERVISOR, 0), (EscalationLevel.DEPARTMENT, 1), (EscalationLevel.DISTRICT, 3))


@cache
def rules() -> dict[DeadlineKind, LimitRule]:
    """The bundled limits with their legal basis."""
    text = (resources.files("catalog") / "data" / "limits.csv").read_text("utf-8")
    return {
        DeadlineKind(row["kind"]): LimitRule(
            kind=DeadlineKind(row["kind"]),
            workdays=int(row["workdays"]) if row["workdays"] else None,
            responsible=Responsible(row["responsible"]),
            basis=row["basis"],
        )
        for row in csv.DictReader(io.StringIO(text))
    }


def limit_of(kind: DeadlineKind, item: ItemBrief) -> int:
    """Working days a clock of this kind has by default; 0 for a 即办件's own limits: the same day."""
    if kind is DeadlineKind.DECISION_PROMISED:
        return item.promised_days
    if kind is DeadlineKind.DECISION_STATUTORY:
        return item.statutory_days
    return rules()[kind].workdays or 0


def compute_deadline(
    kind: DeadlineKind,
    start: datetime,
    item: ItemBrief,
    *,
    calendar: WorkdayCalendar,
    time_scale: float = 1.0,
    workdays: int | None = None,
    excluded: Sequence[Span] = (),
) -> Deadline:
    """One clock's boundaries. Pure.

    `start` is the event (day 0), aware. `workdays` replaces the default: the days a notice gives, or an extension.
    `excluded` are ended special procedures (行政许可法第四十五条): the day one begins still counts, the days after
    it up to and including the day it ends do not. Raises ValueError for a naive time or a scale ≤ 0.
    """
    n = limit_of(kind, item) if workdays is None else workdays
    if time_scale <= 0:
        raise ValueError("time_scale must be positive")
    if time_scale == 1:
        warn_at, due_at, provisional = _by_calendar(start, n, excluded, calendar)
    else:
        span = max(n, 1) * _DAY / time_scale
        paused = sum((end - begin for begin, end in excluded if begin >= start), timedelta(0))
        due_at = start + span + paused
        warn_at, provisional = due_at - span / 4, False
    return Deadline(
        kind=kind,
        start_at=start,
        warn_at=warn_at,
        due_at=due_at,
        responsible=rules()[kind].responsible,
        provisional=provisional,
        calendar_version=calendar.version,
    )


def _by_calendar(
    start: datetime, n: int, excluded: Sequence[Span], calendar: WorkdayCalendar
) -> tuple[datetime, datetime, bool]:
    first = local_day(start)
    if excluded:
        last = _add_outside(first, n, [(local_day(begin), local_day(end)) for begin, end in excluded], calendar)
        provisional = not calendar.is_official(first, last)
    else:
        last, provisional = calendar.add_workdays(first, n)
    warn_day = calendar.workdays_before(last, _lead(n))
    warn_at = max(datetime.combine(warn_day, _OFFICE_OPENS, SHANGHAI), start)
    # Only an event within the day's very last second could lie after it.
    due_at = max(datetime.combine(last, _LAST_SECOND, SHANGHAI), start)
    return warn_at, due_at, provisional


def _add_outside(first: date, n: int, excluded: list[tuple[date, date]], calendar: WorkdayCalendar) -> date:
    """The n-th working day after `first` that lies in no excluded span."""
    day, left = first, n
    while left > 0:
        day += _DAY
        if calendar.is_workday(day) and not any(begin < day <= end for begin, end in excluded):
            left -= 1
    return day if n else calendar.next_workday(first)


def _lead(n: int) -> int:
    """Working days of warning: a quarter of the limit, one to five; none for the same day."""
    return min(max(-(-n // 4), 1), 5) if n else 0


def escalations(deadline: Deadline, calendar: WorkdayCalendar, *, time_scale: float = 1.0) -> tuple[Escalation, ...]:
    """Who is told when a limit has passed: at once, one and three working days later."""
    steps = []
    for level, days in _ESCALATE_AFTER:
        if time_scale == 1:
            last, _ = calendar.add_workdays(local_day(deadline.due_at), days) if days else (None, False)
            at = deadline.due_at if last is None else datetime.combine(last, _OFFICE_OPENS, SHANGHAI)
        else:
            at = deadline.due_at + days * _DAY / time_scale
        steps.append(Escalation(at=at, level=level))
    return tuple(steps)


def deemed_accepted(
    item: ItemSnapshot | ServiceItem, acceptance: Deadline, notice_at: datetime | None, now: datetime
) -> datetime | None:
    """When an application counts as accepted without a word (逾期不告知即为受理), or None.

    Only 行政许可 follows the Act's article 32. `acceptance` is the clock that began with the receipt, `notice_at` when
    the authority accepted, refused or asked for more. A fact of the clock with a task, never a status.
    """
    if item.service_type is not ServiceType.LICENCE:
        return None
    silent_until = notice_at or now
    return acceptance.start_at if silent_until > acceptance.due_at else None


def days_left(deadline: Deadline, now: datetime, calendar: WorkdayCalendar) -> int:
    """Working days until the last day (剩N个工作日); 0 on it, negative after it."""
    return calendar.count_workdays(local_day(now), local_day(deadline.due_at))
