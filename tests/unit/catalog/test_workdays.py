"""The working-day calendar: official years right to the day, later ones said to be provisional."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.tables import Table
from catalog.workdays import (
    WorkdayCalendar,
    bundled_calendar,
    local_day,
    parse_calendar,
)
from domain.errors import BadInput

CALENDAR = bundled_calendar()
days = st.dates(date(2020, 1, 1), date(2028, 12, 31))


def test_official_years_day_by_day():
    day, wrong = date(2020, 1, 1), []
    while day <= date(2026, 12, 31):
        if CALENDAR.is_workday(day) != chinese_calendar.is_workday(day):
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []
    assert CALENDAR.official_years == frozenset(range(2020, 2027))


@pytest.mark.parametrize(
    ("year", "made_up"),
    [
        (2022, ["01-29", "01-30", "04-02", "04-24", "05-07", "10-08", "10-09"]),
        (2026, ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]),
    ],
)
def test_make_up_days(year, made_up):
    first = date(year, 1, 1)
    worked = [first + timedelta(days=n) for n in range(365)]
    found = [day.isoformat()[5:] for day in worked if day.weekday() > 4 and CALENDAR.is_workday(day)]
    assert found == made_up


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2022-04-20", 5, "2022-04-26"),
        ("2022-04-29", 20, "2022-05-31"),
        ("2022-04-29", 30, "2022-06-15"),
        ("2022-09-28", 5, "2022-10-10"),
        ("2022-01-28", 20, "2022-03-02"),
    ],
)
def test_the_published_vectors(start, n, end):
    assert CALENDAR.add_workdays(date.fromisoformat(start), n) == (date.fromisoformat(end), False)


def test_beyond_the_notices_is_provisional_not_wrong():
    assert CALENDAR.add_workdays(date(2026, 11, 23), 20) == (date(2026, 12, 21), False)
    assert CALENDAR.add_workdays(date(2026, 11, 23), 30) == (date(2027, 1, 5), True)
    assert CALENDAR.add_workdays(date(2026, 12, 31), 0) == (date(2026, 12, 31), False)
    assert not CALENDAR.is_workday(date(2027, 2, 8))  # 初三, a statutory holiday whatever the notice says
    assert CALENDAR.add_workdays(date(2031, 1, 2), 1) == (date(2031, 1, 3), True)


def test_a_loaded_notice_changes_version_and_deadline():
    notice = {date(2027, 1, 4): False, date(2027, 1, 9): True}
    newer = WorkdayCalendar(notice, {2026, 2027})
    assert newer.version != CALENDAR.version
    assert newer.add_workdays(date(2026, 12, 31), 1) == (date(2027, 1, 1), False)
    assert newer.is_workday(date(2027, 1, 9)) and not newer.is_workday(date(2027, 1, 4))
    assert WorkdayCalendar(notice, {2026, 2027}).version == newer.version


def test_the_day_is_shanghais():
    assert local_day(datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert local_day(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == date(2026, 11, 24)
    with pytest.raises(ValueError, match="offset"):
        local_day(datetime(2026, 11, 23))  # noqa: DTZ001


def table(file, *rows):
    return Table(file=file, header=(), rows=rows)


@pytest.mark.parametrize(
    ("days_rows", "years_rows", "message"),
    [
        ([("2027-13-01", "off", "x")], [], "workdays.csv 第2行 date"),
        ([("2027-01-01", "free", "x")], [], "第2行 kind：应为off或work"),
        ([("2027-01-01", "off", "x"), ("2027-01-01", "off", "x")], [], "第3行 date：2027-01-01重复"),
        ([("2027-01-02", "off", "x")], [], "周末才能是work"),
        ([("2027-01-04", "work", "x")], [], "周末才能是work"),
        ([], [("27", "official", "")], "years.csv 第2行 year"),
        ([], [("2027", "final", "")], "years.csv 第2行 status"),
    ],
)
def test_a_faulty_table_is_refused(days_rows, years_rows, message):
    with pytest.raises(BadInput, match=message):
        parse_calendar(table("workdays.csv", *days_rows), table("years.csv", *years_rows))


@given(days, st.integers(0, 120))
def test_adding_and_counting_agree(start, n):
    end, _ = CALENDAR.add_workdays(start, n)
    assert CALENDAR.is_workday(end)
    if n:
        assert CALENDAR.count_workdays(start, end) == n
        assert CALENDAR.workdays_before(end, n - 1) > start
    assert CALENDAR.count_workdays(end, start) == -CALENDAR.count_workdays(start, end)


@given(days, st.integers(0, 40), st.integers(0, 40))
def test_adding_in_two_steps_is_adding_at_once(start, first, second):
    middle, _ = CALENDAR.add_workdays(start, first)
    if first:
        assert CALENDAR.add_workdays(middle, second)[0] == CALENDAR.add_workdays(start, first + second)[0]


@given(days, days, st.integers(0, 60))
def test_a_later_start_never_ends_sooner(one, other, n):
    early, late = sorted([one, other])
    assert CALENDAR.add_workdays(early, n)[0] <= CALENDAR.add_workdays(late, n)[0]


def test_negative_is_a_mistake():
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add_workdays(date(2026, 1, 1), -1)


def test_days_are_counted_as_one_by_one():
    first = date(2026, 9, 1)
    for length in (0, 1, 2, 3, 6, 7, 8, 30, 45, 400):
        for shift in range(60):
            after = first + timedelta(days=shift)
            days = [after + timedelta(days=step) for step in range(1, length + 1)]
            assert CALENDAR.count_workdays(after, after + timedelta(days=length)) == sum(map(CALENDAR.is_workday, days))
