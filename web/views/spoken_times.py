"""Times inside a sentence (口语时间): 今天 16:00, 明天, 12 月 9 日; in an answer; blanks where Chinese meets digits."""

import re
from datetime import datetime
from typing import Final

from logistics.service_calendar import CHINA

_SEAM: Final = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z])(?=[\u4e00-\u9fff])")


def spaced(text: str) -> str:
    """A blank at each seam of Chinese and Latin letters or digits: 承诺12月9日前 → 承诺 12 月 9 日前."""
    return _SEAM.sub(" ", text)


def on_day(at: str | datetime, now: datetime) -> str:
    """今天, 明天, 12月9日, 2027年1月4日; of the hall's clock. `at`: ISO 8601 or aware."""
    local, today = _moment(at).astimezone(CHINA), now.astimezone(CHINA)
    days = (local.date() - today.date()).days
    if days in (0, 1):
        return ("今天", "明天")[days]
    year = "" if local.year == today.year else f"{local.year}年"
    return f"{year}{local.month}月{local.day}日"


def by_when(at: str | datetime, now: datetime) -> str:
    """Until when something is to be done: 今天16:00前, 明天内, 12月9日前."""
    day = on_day(at, now)
    if day == "今天":
        return f"{day}{_moment(at).astimezone(CHINA):%H:%M}前"
    return f"{day}内" if day == "明天" else f"{day}前"


def late_by(at: str | datetime, now: datetime) -> str | None:
    """已超期2天, by days, hours or minutes; None where the boundary has not passed."""
    seconds = (now - _moment(at)).total_seconds()
    if seconds <= 0:
        return None
    return f"已超期{span(seconds)}"


def span(seconds: float) -> str:
    """2天, 3小时, 5分钟: the largest unit that holds, at least a minute."""
    if seconds >= 86_400:
        return f"{int(seconds // 86_400)}天"
    if seconds >= 3_600:
        return f"{int(seconds // 3_600)}小时"
    return f"{max(int(seconds // 60), 1)}分钟"


def _moment(at: str | datetime) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def iso(at: datetime | None) -> str | None:
    """ISO 8601 of a moment; None stays."""
    return at.isoformat() if at is not None else None
