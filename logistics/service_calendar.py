"""Service hours (营业时间): which seconds count for the one-hour promise.

Business-minute arithmetic over data: hours per weekday and exceptions per date. Statutory holidays (法定节假日)
and make-up days (调休) are exceptions that are loaded every year; nothing here knows them by the weekday
(courier.md §4). All results are aware and in UTC; days are counted in Asia/Shanghai.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Self

from pydantic import Field, model_validator

from domain.model import Frozen

CHINA = timezone(timedelta(hours=8))
"""Asia/Shanghai, which has had no daylight saving time since 1991."""

_LOOK_AHEAD_DAYS = 400

Interval = tuple[datetime, datetime]
"""From (included) to (excluded), aware."""


class CalendarExhausted(ValueError):
    """No service hour within the next 400 days: the calendar's data are wrong or too old."""


class Hours(Frozen):
    """One stretch of service hours within a day, local time; `closes` 00:00 means midnight at the day's end."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError("hours must close after they open")
        return self

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "09:00-18:00".

        Raises:
            ValueError: not of that form.
        """
        opens, _, closes = text.partition("-")
        return cls(opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))

    def on(self, day: date) -> Interval:
        """The stretch as instants of that local day."""
        end_day = day + timedelta(days=1) if self.closes == time(0) else day
        start = datetime.combine(day, self.opens, CHINA).astimezone(UTC)
        return start, datetime.combine(end_day, self.closes, CHINA).astimezone(UTC)


class ServiceCalendar(Frozen):
    """When the couriers serve (服务日历).

    weekdays       seven entries, Monday first, each with its stretches (empty: closed)
    exceptions     dates whose stretches replace the weekday's: holidays, make-up days, short days
    last_order_s   orders that come less than this before the day's last closing start at the next opening
    always_open    every second counts (`TIME_SCALE`, interfaces.md)
    """

    weekdays: tuple[tuple[Hours, ...], ...] = Field(min_length=7, max_length=7)
    exceptions: dict[date, tuple[Hours, ...]] = Field(default_factory=dict)
    last_order_s: int = Field(default=3600, ge=0)
    always_open: bool = False

    @classmethod
    def open_always(cls) -> Self:
        """The calendar of accelerated business time: nothing is ever closed."""
        return cls(weekdays=((),) * 7, last_order_s=0, always_open=True)

    @classmethod
    def from_working_days(
        cls,
        working: Sequence[str],
        resting: Sequence[str] = (),
        swapped: dict[date, bool] | None = None,
        last_order_s: int = 3600,
    ) -> Self:
        """From "09:00-18:00" texts: `working` on Monday to Friday, `resting` at weekends.

        `swapped` is the year's table of holidays and make-up days: date → is it a working day.
        """
        open_days, rest_days = tuple(map(Hours.parse, working)), tuple(map(Hours.parse, resting))
        exceptions = {day: open_days if works else rest_days for day, works in (swapped or {}).items()}
        week = (open_days,) * 5 + (rest_days,) * 2
        return cls(weekdays=week, exceptions=exceptions, last_order_s=last_order_s)

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The stretches of a local day, in order."""
        found = self.exceptions.get(day, self.weekdays[day.weekday()])
        return tuple(sorted(found, key=lambda hours: hours.opens))

    def stretches_from(self, at: datetime) -> Iterator[Interval]:
        """The open intervals from `at` on, cut at `at`, in order.

        Raises:
            CalendarExhausted: when the next 400 days are used up.
        """
        day = at.astimezone(CHINA).date()
        for offset in range(_LOOK_AHEAD_DAYS):
            today = day + timedelta(days=offset)
            for start, end in self._intervals_on(today):
                if end > at:
                    yield max(start, at).astimezone(UTC), end
        raise CalendarExhausted("no service hours in the next 400 days")

    def start_of_order(self, accepted: datetime, lead_s: float | None = None) -> datetime:
        """When the clock of an order starts: at once, or at the next opening (closed, or past the last order).

        `lead_s` replaces `last_order_s`. A break at noon closes, but "last order" looks at the day's end only.

        Raises:
            CalendarExhausted: the calendar opens for no day long enough.
        """
        lead = timedelta(seconds=self.last_order_s if lead_s is None else lead_s)
        for start, _ in self.stretches_from(accepted):
            day = self._intervals_on(start.astimezone(CHINA).date())
            if self.always_open or start <= day[-1][1] - lead:
                return start
        raise CalendarExhausted("no service day is long enough for an order")

    def _intervals_on(self, day: date) -> list[Interval]:
        if self.always_open:
            midnight = datetime.combine(day, time(0), CHINA).astimezone(UTC)
            return [(midnight, midnight + timedelta(days=1))]
        return [hours.on(day) for hours in self.hours_on(day)]


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """Overlapping intervals joined, empty ones dropped, in order: two pauses at once count once."""
    joined: list[Interval] = []
    for start, end in sorted((start, end) for start, end in intervals if end > start):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def without(interval: Interval, blocked: Iterable[Interval]) -> Iterator[Interval]:
    """The parts of `interval` outside `blocked` (united)."""
    cursor, end = interval
    for block_start, block_end in blocked:
        if block_end <= cursor or block_start >= end:
            continue
        if block_start > cursor:
            yield cursor, block_start
        cursor = block_end
    if cursor < end:
        yield cursor, end


def counted_s(calendar: ServiceCalendar, start: datetime, end: datetime, blocked: Sequence[Interval] = ()) -> float:
    """Seconds between two instants that count: open and not blocked (united). 0 when end ≤ start."""
    total = 0.0
    if end <= start:
        return total
    for open_from, open_to in calendar.stretches_from(start):
        if open_from >= end:
            break
        for piece_from, piece_to in without((open_from, min(open_to, end)), blocked):
            total += (piece_to - piece_from).total_seconds()
    return total


def after_counted_s(
    calendar: ServiceCalendar, start: datetime, seconds: float, blocked: Sequence[Interval] = ()
) -> datetime:
    """The first instant by which `seconds` have counted since `start` (blocked: united).

    Raises:
        CalendarExhausted: there are not that many.
    """
    left = timedelta(seconds=seconds)
    for stretch in calendar.stretches_from(start):
        for piece_from, piece_to in without(stretch, blocked):
            if piece_to - piece_from >= left:
                return piece_from + left
            left -= piece_to - piece_from
    raise CalendarExhausted("the calendar ends before the time is used up")
