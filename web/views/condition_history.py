"""The last thirty days of the system as a strip (三十天记录): the worst of each day, how much was looked at."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from catalog.workdays import SHANGHAI, local_day
from domain.model import Frozen
from runtime.condition import LEVELS, Level
from storage.conditions import ConditionRow, spans_from

DAYS: Final = 30


class Day(Frozen):
    """One day by the hall's clock. `level`: the worst that was seen, None where nobody looked.

    `looked`: the share of the day of which something is known. `fine`: the share of that without a failure, None
    where nothing is known. `faults`: what was wrong, in words, each once.
    """

    day: date
    level: Level | None
    looked: float
    fine: float | None
    faults: tuple[str, ...]

    @property
    def label(self) -> str:
        """11月28日."""
        return f"{self.day.month}月{self.day.day}日"


def thirty_days(session: Session, now: datetime) -> list[Day]:
    """Each of the last thirty days, today included, the oldest first."""
    first = local_day(now) - timedelta(days=DAYS - 1)
    spans = spans_from(session, _midnight(first))
    return [_day(first + timedelta(days=number), spans, now) for number in range(DAYS)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _day(day: date, spans: Sequence[ConditionRow], now: datetime) -> Day:
    start, end = _midnight(day), min(_midnight(day + timedelta(days=1)), now)
    own = [span for span in spans if span.since < end and span.seen_at > start]
    if not own or end <= start:
        return Day(day=day, level=None, looked=0.0, fine=None, faults=())
    looked = _covered([(max(s.since, start), min(s.seen_at, end)) for s in own])
    failed = _covered([(max(s.since, start), min(s.seen_at, end)) for s in own if s.level == "fail"])
    level: Level = max((_level(span) for span in own), key=LEVELS.index)
    return Day(
        day=day,
        level=level,
        looked=looked / (end - start),
        fine=1 - failed / looked if looked else None,
        faults=tuple(dict.fromkeys(span.detail for span in own if span.level != "pass")),
    )


def _level(span: ConditionRow) -> Level:
    return next(level for level in LEVELS if level == span.level)


def _covered(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """How long at least one of the spans holds; the parts are looked at together, so they overlap."""
    covered, reached = timedelta(), None
    for since, until in sorted(spans):
        begins = since if reached is None or since > reached else reached
        if until > begins:
            covered += until - begins
            reached = until
    return covered
