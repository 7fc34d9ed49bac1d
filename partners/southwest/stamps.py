"""Times as this wire writes them, all in Asia/Shanghai."""

import re
import secrets
from datetime import datetime
from typing import Final

from partners.standards import CHINA, parse_instant

_WITH_MILLISECONDS: Final = re.compile(r"[0-9T:-]{19}\.[0-9]{3}(?:Z|[+-][0-9]{2}:[0-9]{2})")


def compact(now: datetime) -> str:
    """`C-Timestamp`: yyyyMMddHHmmssSSS in Asia/Shanghai."""
    local = now.astimezone(CHINA)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def business_id(now: datetime) -> str:
    """`C-Business-Id`: the time and 15 random hex characters; new for every attempt."""
    return compact(now) + secrets.token_hex(8)[:15]


def row_time(instant: datetime) -> str:
    """`cd_time`: ISO 8601 with offset and milliseconds."""
    return instant.astimezone(CHINA).isoformat(timespec="milliseconds")


def parse_row_time(text: str) -> datetime:
    """The moment of a `cd_time`, aware.

    Raises:
        ValueError: it has no offset or no milliseconds.
    """
    if _WITH_MILLISECONDS.fullmatch(text) is None:
        raise ValueError("cd_time needs an offset and milliseconds")
    return parse_instant(text)


def day(instant: datetime) -> str:
    """yyyyMMdd in Asia/Shanghai, as in cd_batch."""
    return f"{instant.astimezone(CHINA):%Y%m%d}"
