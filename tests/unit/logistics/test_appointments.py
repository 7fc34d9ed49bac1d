"""Appointments: half hours within service hours, up to seven days ahead, over lunch, closing and holidays."""

from datetime import date, datetime, timedelta

import pytest

from logistics.appointments import AHEAD, MOST, SLOT, WindowFault, fault_of, windows
from logistics.service_calendar import CHINA, ServiceCalendar

HOURS = ServiceCalendar.from_working_days(["09:00-18:00"])
LUNCH = ServiceCalendar.from_working_days(["09:00-12:00", "14:00-18:00"])
HOLIDAY = ServiceCalendar.from_working_days(["09:00-18:00"], swapped={date(2026, 11, 24): False})
MONDAY = datetime(2026, 11, 23, tzinfo=CHINA)


def at(clock, day=0):
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("start", "calendar", "fault"),
    [
        (at("15:00"), HOURS, None),
        (at("09:00", day=1), HOURS, None),
        (at("09:30"), HOURS, WindowFault.PAST),
        (at("15:10"), HOURS, WindowFault.CUT),
        (at("08:30", day=1), HOURS, WindowFault.CLOSED),
        (at("17:00"), HOURS, None),
        (at("17:30"), HOURS, WindowFault.CLOSED),  # last order is an hour before closing: he would come tomorrow
        (at("18:00"), HOURS, WindowFault.CLOSED),
        (at("11:30"), LUNCH, None),
        (at("12:00"), LUNCH, WindowFault.CLOSED),
        (at("13:30"), LUNCH, WindowFault.CLOSED),
        (at("10:00", day=1), HOLIDAY, WindowFault.CLOSED),
        (at("10:00", day=5), HOURS, WindowFault.CLOSED),  # a Saturday
        (at("10:00", day=7), HOURS, None),
        (at("10:30", day=7), HOURS, WindowFault.TOO_FAR),
    ],
)
def test_a_window_is_taken_or_refused_with_its_reason(start, calendar, fault):
    assert fault_of(start, calendar, at("10:00")) == fault


@pytest.mark.parametrize("calendar", [HOURS, LUNCH, HOLIDAY])
@pytest.mark.parametrize("now", [at("08:00"), at("10:07"), at("16:59"), at("17:01"), at("23:30")])
def test_every_window_that_is_offered_may_be_taken_and_no_other(calendar, now):
    offered = [window.start for window in windows(calendar, now)]
    begun = now.replace(minute=0)
    steps = (begun + step * SLOT for step in range(int(AHEAD / SLOT) + 4))
    assert offered == [start for start in steps if fault_of(start, calendar, now) is None]
    assert all(window.end - window.start == SLOT for window in windows(calendar, now))


def test_a_list_has_no_more_than_anybody_reads():
    assert len(windows(ServiceCalendar.open_always(), at("10:00"))) == MOST
    assert len(windows(HOURS, at("09:00"))) <= MOST


@pytest.mark.parametrize("scale", [7.0, 240.0, 300.0])
def test_accelerated_time_has_windows_of_its_own_that_may_be_taken(scale):
    now = at("23:10")
    for window in windows(HOURS, now, scale):
        assert window.end - window.start == SLOT / scale
        assert fault_of(window.start, HOURS, now, scale) is None
