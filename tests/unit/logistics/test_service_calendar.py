"""Service hours: what counts, what doesn't, when an order starts."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from logistics.service_calendar import (
    CHINA,
    CalendarExhausted,
    Hours,
    ServiceCalendar,
    after_counted_s,
    counted_s,
    united,
)

WEEK = ServiceCalendar.from_working_days(["09:00-12:00", "14:00-18:00"])
MONDAY = datetime(2026, 11, 23, tzinfo=CHINA)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def is_open(calendar: ServiceCalendar, at: datetime) -> bool:
    return next(calendar.stretches_from(at))[0] == at


def test_hours_go_forward() -> None:
    assert Hours.parse("09:00-18:00").closes == time(18)
    with pytest.raises(ValidationError):
        Hours.parse("18:00-09:00")
    with pytest.raises(ValueError, match="isoformat"):
        Hours.parse("nine")


def test_midnight_closes_the_day() -> None:
    late = ServiceCalendar.from_working_days(["20:00-00:00"])
    assert is_open(late, at(23, 59))
    assert not is_open(late, at(0))


def test_open_and_closed_ends() -> None:
    assert is_open(WEEK, at(9))
    assert not is_open(WEEK, at(12))
    assert not is_open(WEEK, at(10, day=5))  # Saturday


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (at(11, 30), at(14, 30), 60),
        (at(17, 50), at(9, 10, day=1), 20),
        (at(17, 50, day=4), at(9, 10, day=7), 20),  # over the weekend
        (at(19), at(20), 0),
        (at(10), at(9), 0),
    ],
)
def test_counted_minutes(start: datetime, end: datetime, minutes: int) -> None:
    assert counted_s(WEEK, start, end) == minutes * 60


@given(st.integers(0, 7 * 24 * 60), st.integers(0, 900))
def test_adding_and_counting_are_inverse(offset_min: int, minutes: int) -> None:
    start = MONDAY + timedelta(minutes=offset_min)
    blocked = united([(at(10, day=1), at(11, day=1)), (at(10, 30, day=1), at(15, day=1))])
    end = after_counted_s(WEEK, start, minutes * 60, blocked)
    assert counted_s(WEEK, start, end, blocked) == minutes * 60


def test_exceptions_are_data() -> None:
    swapped = {date(2026, 11, 23): False, date(2026, 11, 28): True}
    calendar = ServiceCalendar.from_working_days(["09:00-18:00"], swapped=swapped)
    assert not is_open(calendar, at(10))
    assert is_open(calendar, at(10, day=5))


def test_an_order_starts_at_once_or_at_the_next_opening() -> None:
    assert WEEK.start_of_order(at(10)) == at(10)
    assert WEEK.start_of_order(at(12, 30)) == at(14)
    assert WEEK.start_of_order(at(17)) == at(17)  # exactly the last order
    assert WEEK.start_of_order(at(17) + timedelta(seconds=1)) == at(9, day=1)
    assert WEEK.start_of_order(at(17, 30, day=4)) == at(9, day=7)


def test_results_are_utc() -> None:
    assert WEEK.start_of_order(at(7)).tzinfo is UTC


def test_always_open() -> None:
    always = ServiceCalendar.open_always()
    assert always.start_of_order(at(23, 59)) == at(23, 59)
    assert counted_s(always, at(23), at(1, day=1)) == 7200
    assert after_counted_s(always, at(23), 7200) == at(1, day=1)


def test_a_calendar_without_hours_is_told() -> None:
    closed = ServiceCalendar(weekdays=((),) * 7)
    with pytest.raises(CalendarExhausted):
        closed.start_of_order(at(10))
    with pytest.raises(CalendarExhausted):
        after_counted_s(closed, at(10), 1)


def test_overlapping_intervals_are_united() -> None:
    assert united([(at(11), at(12)), (at(9), at(10)), (at(9, 30), at(11)), (at(13), at(13))]) == [(at(9), at(12))]
