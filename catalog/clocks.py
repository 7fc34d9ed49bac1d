"""The law's clocks (时限): when each limit ends, when to warn, who is warned after it, who is responsible.

Limits are rule data (data/limits.csv) or the item's own; days are working days (行政许可法第八十二条). The last
day ends at 24:00 (民法典第二百零三条), given here as 23:59:59 so that the date shown is the last day itself.
With `time_scale` ≠ 1 (sandbox only) the calendar is always open and one working day lasts 24 h / scale.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources

from catalog.workdays import SHANGHAI, WorkdayCalendar, local_day
from domain.messages import Deadline, DeadlineKind, ItemBrief, Responsible
from domain.model import Frozen
from domain.terms import Scheme

Span = tuple[datetime, datetime]
"""From the start to the end of a special procedure (特别程序), both aware."""

_LAST_SECOND = time(23, 59, 59)
_OFFICE_OPENS = time(9, 0)
_DAY = timedelta(days=1)


class LimitRule(Frozen):
    """One row of the rule data: the narrowest one that fits counts. Empty cells fit everything.

    `workdays` None: the item's own limit. `region` is a GB/T 2260 code or the beginning of one.
    """

    kind: DeadlineKind
    item_code: str
    scheme: str
    region: str
    workdays: int | None
    responsible: Responsible
    basis: str

    def fits(self, kind: DeadlineKind, item: ItemBrief, where: "Where") -> bool:
        """Whether the row counts for this kind of clock, this item and this place."""
        scheme = where.scheme.value if where.scheme is not None else ""
        return (
            self.kind is kind
            and self.item_code in ("", item.code)
            and self.scheme in ("", scheme)
            and where.region.startswith(self.region)
        )

    @property
    def narrowness(self) -> tuple[bool, int, bool]:
        """What the narrowest row has most of: an item's own before a region's, a region's before a network's."""
        return bool(self.item_code), len(self.region), bool(self.scheme)


class Where(Frozen):
    """Whose limits count (通办协议与办理地). The default: the general ones.

    `region`: the authority's 6-digit code.
    """

    scheme: Scheme | None = None
    region: str = ""


_ESCALATE_AFTER_WORKDAYS = (1, 3)
"""After the end, while the clock runs: 责任部门负责人, then 区政务服务管理办公室. The supervisor has a task at once."""


@cache
def rules() -> tuple[LimitRule, ...]:
    """The bundled limits (data/limits.csv) with their legal basis, in the file's order."""
    text = (resources.files("catalog") / "data" / "limits.csv").read_text("utf-8")
    return tuple(
        LimitRule.model_validate(row | {"workdays": row["workdays"] or None})
        for row in csv.DictReader(io.StringIO(text))
    )


def rule_of(kind: DeadlineKind, item: ItemBrief, where: Where = Where()) -> LimitRule:  # noqa: B008  # frozen
    """The narrowest rule for a clock. There is a general one for every kind."""
    return max((rule for rule in rules() if rule.fits(kind, item, where)), key=lambda rule: rule.narrowness)


def limit_of(kind: DeadlineKind, item: ItemBrief, where: Where = Where()) -> int:  # noqa: B008  # frozen
    """Working days that a clock of this kind has by default; 0: the same day, as for a 即办件's own limits."""
    if kind is DeadlineKind.DECISION_PROMISED:
        return item.promised_days
    if kind is DeadlineKind.DECISION_STATUTORY:
        return item.statutory_days
    return rule_of(kind, item, where).workdays or 0


def compute_deadline(
    kind: DeadlineKind,
    start: datetime,
    item: ItemBrief,
    *,
    calendar: WorkdayCalendar,
    time_scale: float = 1.0,
    workdays: int | None = None,
    excluded: Sequence[Span] = (),
    where: Where = Where(),  # noqa: B008  # frozen
) -> Deadline:
    """One clock's boundaries. Pure.

    `start` is the event (day 0), aware. `workdays` replaces the default: the days a notice gives, or an
    extension. `excluded` are ended special procedures (行政许可法第四十五条): the day one begins still counts, the
    days after it up to and including the day it ends do not. The warning comes a quarter of the limit
    ahead, 1 to 5 working days, at 9:00.

    Raises:
        ValueError: a time without an offset, or a scale ≤ 0.
    """
    n = limit_of(kind, item, where) if workdays is None else workdays
    if time_scale <= 0:
        raise ValueError("time_scale must be positive")
    if time_scale == 1:
        warn_at, due_at, provisional = _by_calendar(start, n, excluded, calendar)
    else:
        span = max(n, 1) * _DAY / time_scale
        paused = sum((end - begin for begin, end in excluded if begin >= start), timedelta(0))
        due_at = start + span + paused
        warn_at, provisional = due_at - span / 4, False
    escalate_at = (_escalation(due_at, days, calendar, time_scale) for days in _ESCALATE_AFTER_WORKDAYS)
    return Deadline(
        kind=kind,
        start_at=start,
        warn_at=warn_at,
        due_at=due_at,
        responsible=rule_of(kind, item, where).responsible,
        escalate_at=tuple(escalate_at),
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


def _escalation(due_at: datetime, days: int, calendar: WorkdayCalendar, time_scale: float) -> datetime:
    """9:00 of the working day on which the next level gets it."""
    if time_scale != 1:
        return due_at + days * _DAY / time_scale
    day, _ = calendar.add_workdays(local_day(due_at), days)
    return datetime.combine(day, _OFFICE_OPENS, SHANGHAI)


def days_left(due_at: datetime, now: datetime, calendar: WorkdayCalendar) -> int:
    """Working days until the last day (剩N个工作日); 0 on it, negative after it."""
    return calendar.count_workdays(local_day(now), local_day(due_at))
