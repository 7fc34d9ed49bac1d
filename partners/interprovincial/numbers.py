"""Coordination numbers (YWXTBH 业务协同编号): 12-digit region + yyyyMMdd + 12-digit serial (contracts.md C).

Two serial spaces that cannot meet: a handling's serial begins with six zeros and ends in its own six digits,
a message's begins with a digit from 1 to 9.
"""

from datetime import date, datetime
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


def message_no(unit: str, day: date, serial: int) -> str:
    """The 32 characters of one Fetch or Confirm: `unit` (12 digits), yyyyMMdd, serial.

    `serial` must never be given twice, by any process. Raises ValueError for one outside the space of messages.
    """
    if not FIRST_MESSAGE_SERIAL <= serial <= LAST_MESSAGE_SERIAL:
        raise ValueError("serial outside the space of messages")
    return f"{unit}{day:%Y%m%d}{serial:012d}"


class MessageSerials(Protocol):
    """Gives each serial once, over all processes and restarts."""

    def next_serial(self) -> int:
        """Within FIRST_MESSAGE_SERIAL … LAST_MESSAGE_SERIAL."""
        ...


class NoticeTimes(Protocol):
    """Gives the TZSJ of our notices: it must rise per handling and kind, and stay for the same command."""

    def notice_time(self, handling_no: str, tz: str, key: str, wanted: datetime) -> datetime:
        """`wanted` in whole seconds, or the next free second after the last; for a known `key` the same again."""
        ...
