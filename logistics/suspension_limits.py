"""How far one person's word suspends service (暂停服务), and what a second one confirms: courier.md §4, decision 60."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.model import Frozen
from logistics.service_calendar import united, without

BACKDATED: Final = timedelta(minutes=15)
AHEAD: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=14)
ALONE: Final = timedelta(hours=24)
_NEAR: Final = timedelta(days=7)


class SuspensionFault(StrEnum):
    """Why nobody may declare it (不可暂停原因); the value is the problem's code."""

    BACKWARD = "SUSPENSION"
    BACKDATED = "SUSPENSION_BACKDATED"
    TOO_FAR = "SUSPENSION_AHEAD"
    TOO_LONG = "SUSPENSION_LONG"


class SpokenAlone(Frozen):
    """What one person has suspended by his word alone: an outlet, from when to when it counts without anybody else."""

    outlet_id: str
    start: datetime
    end: datetime


def fault_of(start: datetime, end: datetime, now: datetime) -> SuspensionFault | None:
    """Why no suspension from `start` to `end` (all aware) can be declared at `now`; None where one can."""
    if end <= start:
        return SuspensionFault.BACKWARD
    if start < now - BACKDATED:
        return SuspensionFault.BACKDATED
    if start > now + AHEAD:
        return SuspensionFault.TOO_FAR
    if end - start > LONGEST:
        return SuspensionFault.TOO_LONG
    return None


def alone_until(
    outlet_id: str | None, start: datetime, end: datetime, spoken: Sequence[SpokenAlone], outlets: int
) -> datetime:
    """Until when a suspension counts by the word of whoever declares it; `end`: nobody else is needed.

    `start`: it counts for nothing before a second person confirms it. That is so of the whole district, and of one
    outlet more where his word alone would then have stopped more than half of all (`outlets`: how many there are).
    Of one outlet he may stop 24 hours within seven days, in one piece or in many. `spoken`: what he has said before.
    """
    counted = [each for each in spoken if each.end > each.start]
    if outlet_id is None or _stops_most(outlet_id, start, end, counted, outlets):
        return start
    before = united((each.start, each.end) for each in counted if each.outlet_id == outlet_id and _near(each, start))
    left = max(timedelta(), ALONE - sum((to - since for since, to in before), timedelta()))
    for piece_from, piece_to in without((start, end), before):
        if piece_to - piece_from > left:
            return piece_from + left
        left -= piece_to - piece_from
    return end


def _near(each: SpokenAlone, start: datetime) -> bool:
    return each.end > start - _NEAR and each.start < start + _NEAR


def _stops_most(outlet_id: str, start: datetime, end: datetime, spoken: Iterable[SpokenAlone], outlets: int) -> bool:
    at_once = {each.outlet_id for each in spoken if each.start < end and each.end > start}
    return 2 * len(at_once | {outlet_id}) > outlets
