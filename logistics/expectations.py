"""How long a leg between two halls should take (寄递预期): a stated expectation, no promise (decisions.md 12)."""

import tomllib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from pydantic import Field

from domain.model import Frozen
from domain.terms import INTERREGIONAL_LEGS, Leg

_DATA = Path(__file__).parent / "data" / "leg_expectations.toml"


class LegExpectation(Frozen):
    """`due_at`: when the papers should have come; `alarm_at`: when a person is asked to look for them."""

    hours: int
    due_at: datetime
    alarm_at: datetime

    @property
    def sentence(self) -> str:
        """What people read."""
        days = self.hours / 24
        return f"预计 {days:.0f} 天内送达" if days >= 1 else f"预计 {self.hours} 小时内送达"

    def overdue(self, now: datetime) -> bool:
        """True from the alarm on."""
        return now >= self.alarm_at


class _Table(Frozen):
    alarm_after_hours: int = Field(ge=0)
    hours: dict[str, int]


def expected(leg: Leg, region: str, sent_at: datetime, time_scale: float = 1.0) -> LegExpectation:
    """The expectation of a FORWARD or BACK leg sent at `sent_at` (aware).

    region       of the authority's hall, GB/T 2260, 6 digits; the direction does not matter
    time_scale   business time runs so many times faster (interfaces.md)

    Raises:
        ValueError: not an interregional leg.
    """
    if leg not in INTERREGIONAL_LEGS:
        raise ValueError("a door leg has a promise, not an expectation")
    table = _table()
    hours = next(table.hours[region[:length]] for length in range(6, -1, -1) if region[:length] in table.hours)
    due_at = sent_at + timedelta(hours=hours / time_scale)
    return LegExpectation(
        hours=hours, due_at=due_at, alarm_at=due_at + timedelta(hours=table.alarm_after_hours / time_scale)
    )


@cache
def _table() -> _Table:
    return _Table.model_validate(tomllib.loads(_DATA.read_text(encoding="utf-8")))
