"""Coordination numbers (YWXTBH 业务协同编号): 12-digit region + yyyyMMdd + 12-digit serial (contracts.md C).

Two serial spaces that cannot meet: a handling's serial begins with six zeros and ends in its own six digits,
a message's begins with a digit from 1 to 9.
"""

import re
import threading
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from domain.identifiers import is_case_number

FIRST_MESSAGE_SERIAL: Final = 100_000_000_000
LAST_MESSAGE_SERIAL: Final = 999_999_999_999


def coordination_no(handling_no: str) -> str:
    """The 32 characters under which a handling travels, from its number alone.

    `500103 20261123 000001 3` → `500103000000 20261123 000000 000001`. Raises ValueError for a number out of form.
    """
    if not is_case_number(handling_no):
        raise ValueError("not a handling number")
    return f"{handling_no[:6]}000000{handling_no[6:14]}000000{handling_no[14:20]}"


def is_coordination_no(text: str) -> bool:
    """Form only: 32 digits with a date that exists."""
    if not re.fullmatch(r"[0-9]{32}", text):
        return False
    try:
        date(int(text[12:16]), int(text[16:18]), int(text[18:20]))
    except ValueError:
        return False
    return True


def message_no(unit: str, day: date, serial: int) -> str:
    """The number of one Fetch or Confirm. `serial` must never be given twice, by any process."""
    if not FIRST_MESSAGE_SERIAL <= serial <= LAST_MESSAGE_SERIAL:
        raise ValueError("serial outside the space of messages")
    return f"{unit}{day:%Y%m%d}{serial:012d}"


class MessageSerials(Protocol):
    """Gives each serial once, over all processes and restarts."""

    def next_serial(self) -> int:
        """Within FIRST_MESSAGE_SERIAL … LAST_MESSAGE_SERIAL."""
        ...


class NoticeTimes(Protocol):
    """Knows the TZSJ of our notices: it must rise per handling and kind, and stay for the same command."""

    def notice_time(self, handling_no: str, tz: str, key: str, wanted: datetime) -> datetime:
        """`wanted` in whole seconds, or the next free second after the last; for a known `key` the same again."""
        ...


def next_free(last: datetime | None, wanted: datetime) -> datetime:
    """A second one in the same second takes the next (contracts.md C)."""
    second = wanted.replace(microsecond=0)
    return second if last is None or second > last else last + timedelta(seconds=1)


class SerialsInMemory:
    """For one process that starts with a serial nobody has used (tests, one-off tools)."""

    def __init__(self, first: int = FIRST_MESSAGE_SERIAL) -> None:
        self._next = first
        self._lock = threading.Lock()

    def next_serial(self) -> int:
        with self._lock:
            serial, self._next = self._next, self._next + 1
            return serial


class NoticeTimesInMemory:
    """For one process without restarts (tests, one-off tools)."""

    def __init__(self) -> None:
        self._of_key: dict[str, datetime] = {}
        self._last: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def notice_time(self, handling_no: str, tz: str, key: str, wanted: datetime) -> datetime:
        with self._lock:
            if key not in self._of_key:
                taken = next_free(self._last.get((handling_no, tz)), wanted)
                self._of_key[key] = self._last[handling_no, tz] = taken
            return self._of_key[key]
