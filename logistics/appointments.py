"""Appointments at a door (预约时段): half an hour within the service hours, from now up to seven days ahead.

An outlet's last order counts (courier.md §4): who comes within the hour after the window's start still comes the same
day. With accelerated time (`time_scale`) all of it is so many times shorter, on a calendar that is always open.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final

from logistics.promise_model import Appointment
from logistics.service_calendar import CHINA, ServiceCalendar

SLOT: Final = timedelta(minutes=30)
AHEAD: Final = timedelta(days=7)
MOST: Final = 120
"""As many as anybody reads in a list; 7 days of 8 hours have 112."""
_EPOCH: Final = datetime(2020, 1, 1, tzinfo=CHINA)


class WindowFault(StrEnum):
    """Why a window can't be taken (不可预约原因)."""

    PAST = "past"
    TOO_FAR = "too_far"
    CLOSED = "closed"  # outside the hours, a holiday, or too late on the day
    CUT = "cut"  # begins at no full or half hour


def window_from(start: datetime, time_scale: float = 1.0) -> Appointment:
    """The window that begins at `start` (aware)."""
    return Appointment(start=start.astimezone(UTC), end=start.astimezone(UTC) + SLOT / time_scale)


def fault_of(start: datetime, calendar: ServiceCalendar, now: datetime, time_scale: float = 1.0) -> WindowFault | None:
    """Why no window may begin at `start`; None where one may.

    Raises:
        CalendarExhausted: the calendar has no hours for it.
    """
    if start < now:
        return WindowFault.PAST
    if start > now + AHEAD / time_scale:
        return WindowFault.TOO_FAR
    if (start - _EPOCH) % (SLOT / time_scale):
        return WindowFault.CUT
    return None if _is_open(start, calendar, time_scale) else WindowFault.CLOSED


def windows(
    calendar: ServiceCalendar, now: datetime, time_scale: float = 1.0, most: int = MOST
) -> tuple[Appointment, ...]:
    """The windows that may be taken now, in order; `most` of them.

    Raises:
        CalendarExhausted: the calendar has no hours at all.
    """
    return tuple(islice(_windows(calendar, now, time_scale), most))


def _windows(calendar: ServiceCalendar, now: datetime, time_scale: float) -> Iterator[Appointment]:
    slot, until = SLOT / time_scale, now + AHEAD / time_scale
    served = ServiceCalendar.open_always() if time_scale != 1 else calendar
    for open_from, open_to in served.stretches_from(now):
        if open_from > until:
            return
        start = open_from + -(open_from - _EPOCH) % slot
        while start < open_to and start <= until:
            if _is_open(start, calendar, time_scale):
                yield window_from(start, time_scale)
            start += slot


def _is_open(start: datetime, calendar: ServiceCalendar, time_scale: float) -> bool:
    """Whether the whole window lies in one stretch, and begins before the day's last order."""
    if time_scale != 1:
        return True
    open_from, open_to = next(calendar.stretches_from(start))
    whole = open_from <= start and start + SLOT <= open_to
    return whole and calendar.start_of_order(start) == start
