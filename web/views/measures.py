"""The five measures of a month (五项指标) as page, program and command line show them: from one function, so alike.

A case counts in the month in which it was registered, by the hall's clock; an open one as far as its part is known.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from catalog.workdays import SHANGHAI, local_day
from domain.errors import BadInput
from domain.measures import MEASURES, SHARE, Measure, Part, Target
from domain.model import Frozen
from storage.cases.month_sums import Sums, sums_of_months

TREND_MONTHS: Final = 6


class Month(Frozen):
    """A month, `[start, end)`, both midnight by the hall's clock; `name` as `2026-11`."""

    name: str
    start: datetime
    end: datetime

    @property
    def label(self) -> str:
        """2026年11月."""
        return f"{self.start.year}年{self.start.month}月"


class PartShown(Frozen):
    """Some of the cases behind a measure: `count` of them."""

    part: Part
    label: str
    count: int


class MonthValue(Frozen):
    """A measure in one month of the trend; `value` None where it rests on nothing."""

    month: str
    label: str
    value: float | None
    of: int


class MeasureShown(Frozen):
    """A measure of a month. `value`: of 1 or in times, None where it rests on nothing. `of`: on how many it rests.

    `trend`: the months up to this one, the oldest first. `met`: whether it reaches its target; None without a value.
    """

    name: Measure
    label: str
    unit: str
    method: str
    value: float | None
    of: int
    target: Target
    met: bool | None
    parts: tuple[PartShown, ...]
    trend: tuple[MonthValue, ...]

    @property
    def said(self) -> str:
        """The value as people read it, exactly: 25.02%, 0.754 次."""
        return said(self.unit, self.value)

    @property
    def target_said(self) -> str:
        """≥ 77%, ≤ 0.21 次."""
        return f"{'≤' if self.target.at_most else '≥'} {said(self.unit, self.target.value)}"


def said(unit: str, value: float | None) -> str:
    """A value in its unit, with as many digits as it has."""
    if value is None:
        return "暂无"
    return f"{round(100 * value, 2):g}%" if unit == SHARE else f"{value:g} {unit}"


def month_of(name: str) -> Month:
    """`2026-11` → its bounds by the hall's clock.

    Raises:
        BadInput: another form (`MONTH`).
    """
    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", name)
    if found is None:
        raise BadInput("月份应写成年份加月份，例如2026-11。", code="MONTH", field="month")
    return _month(int(found[1]), int(found[2]))


def month_at(moment: datetime) -> Month:
    """The month of a moment, by the hall's clock."""
    day = local_day(moment)
    return _month(day.year, day.month)


def months_to(last: Month, count: int) -> tuple[Month, ...]:
    """`count` months, the oldest first; `last` is the last of them."""
    number = last.start.year * 12 + last.start.month - 1
    return tuple(_month(*_year_and_month(number - back)) for back in range(count - 1, -1, -1))


def _year_and_month(number: int) -> tuple[int, int]:
    return number // 12, number % 12 + 1


def _month(year: int, month: int) -> Month:
    after = date(*_year_and_month(year * 12 + month), 1)
    start, end = (datetime.combine(day, time(), SHANGHAI) for day in (date(year, month, 1), after))
    return Month(name=f"{year}-{month:02}", start=start, end=end)


def measures(session: Session, month: Month, now: datetime, *, trend: bool = True) -> tuple[MeasureShown, ...]:
    """The five measures of a month in the order of the reply, each with the months before it.

    Without `trend` of any span of whole months.
    """
    months = months_to(month, TREND_MONTHS) if trend else (month,)
    counted = _counted(session, months, now)
    return tuple(_shown(measure, months, counted) for measure in Measure)


def _counted(session: Session, months: Sequence[Month], now: datetime) -> list[Sums]:
    """What each of these spans of whole months comes to."""
    spans = [months_of(each) for each in months]
    known = sums_of_months(session, {name for names in spans for name in names}, now)
    return [_total(known[name] for name in names if name in known) for names in spans]


def months_of(span: Month) -> tuple[str, ...]:
    """The names of the months that a span has."""
    first, end = local_day(span.start), local_day(span.end)
    count = (end.year - first.year) * 12 + end.month - first.month
    return tuple(each.name for each in months_to(month_at(span.end - timedelta(days=1)), count))


def _total(several: Iterable[Sums]) -> Sums:
    return Sums(*(sum(column) for column in zip(Sums(), *several, strict=True)))


def _shown(measure: Measure, months: Sequence[Month], counted: Sequence[Sums]) -> MeasureShown:
    rule = MEASURES[measure]
    values = [_value(measure, each) for each in counted]
    trend = [
        MonthValue(month=month.name, label=month.label, value=value, of=of)
        for month, (value, of) in zip(months, values, strict=True)
    ]
    value, of = values[-1]
    return MeasureShown(
        name=measure,
        label=rule.label,
        unit=rule.unit,
        method=rule.method,
        value=value,
        of=of,
        target=rule.target,
        met=rule.target.met_by(value) if value is not None else None,
        parts=tuple(
            PartShown(part=part, label=rule.parts[part], count=count)
            for part, count in _parts(measure, counted[-1]).items()
        ),
        trend=tuple(trend),
    )


def _value(measure: Measure, counted: Sums) -> tuple[float | None, int]:
    """Value, and on how many cases it rests; rounded as the quarter's figures are."""
    c = counted
    above, below, of = {
        Measure.ONLINE: (c.online, c.cases, c.cases),
        Measure.COMPRESSION: (c.statutory - c.promised, c.statutory, c.limited),
        Measure.TRIPS: (c.once + 2 * c.twice, c.closed, c.closed),
        Measure.IMMEDIATE: (c.immediate, c.cases, c.cases),
        Measure.ON_TIME: (c.on_time, c.judged, c.judged),
    }[measure]
    return (round(above / below, 4) if below else None), of


def _parts(measure: Measure, counted: Sums) -> dict[Part, int]:
    c = counted
    if measure is Measure.TRIPS:
        return {Part.NONE: c.closed - c.once - c.twice, Part.ONE: c.once, Part.TWO: c.twice}
    yes, of = {
        Measure.ONLINE: (c.online, c.cases),
        Measure.COMPRESSION: (c.shorter, c.limited),
        Measure.IMMEDIATE: (c.immediate, c.cases),
        Measure.ON_TIME: (c.on_time, c.judged),
    }[measure]
    return {Part.YES: yes, Part.NO: of - yes}
