"""The one-hour promise today, outlet by outlet (今天的承诺): how many are open, at risk, kept and broken."""

from collections import Counter, defaultdict
from datetime import datetime, time
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from catalog.workdays import SHANGHAI, local_day
from domain.model import Frozen
from logistics.promise_model import PromiseVerdict
from logistics.promise_report import KEPT
from parcels.outlets import outlets_now
from storage.watching import promises_since


class Standing(StrEnum):
    """How the promises of a column stand."""

    OPEN = "open"
    AT_RISK = "risk"
    KEPT = "kept"
    BROKEN = "broken"


VERDICTS: Final[dict[Standing, tuple[PromiseVerdict, ...]]] = {
    Standing.OPEN: (PromiseVerdict.ON_TRACK,),
    Standing.AT_RISK: (PromiseVerdict.AT_RISK,),
    Standing.KEPT: tuple(sorted(KEPT)),
    Standing.BROKEN: (PromiseVerdict.BREACHED,),
}
LABELS: Final = {
    Standing.OPEN: "进行中",
    Standing.AT_RISK: "有风险",
    Standing.KEPT: "做到",
    Standing.BROKEN: "超时",
}
_OF_VERDICT: Final = {verdict.value: standing for standing, verdicts in VERDICTS.items() for verdict in verdicts}


class OutletPromises(Frozen):
    """The promises of one outlet that were ordered today, by how they stand."""

    outlet_id: str
    name: str
    counts: dict[Standing, int]


def day_of(now: datetime) -> datetime:
    """Midnight before `now` by the hall's clock."""
    return datetime.combine(local_day(now), time(), SHANGHAI)


def promise_board(session: Session, now: datetime) -> list[OutletPromises]:
    """Every outlet with its promises of today; a cancelled order stands nowhere."""
    counted: dict[str, Counter[Standing]] = defaultdict(Counter)
    for outlet_id, verdict, count in promises_since(session, day_of(now)):
        if outlet_id is not None and verdict in _OF_VERDICT:
            counted[outlet_id][_OF_VERDICT[verdict]] += count
    return [
        OutletPromises(
            outlet_id=outlet.id, name=outlet.name, counts={each: counted[outlet.id][each] for each in Standing}
        )
        for outlet in outlets_now(session)
    ]
