"""What the cases registered in a month come to (月度合计), so that nobody counts them to show a measure.

Kept by triggers of the database in the transaction that writes (migration 0032), in slots as the counts of
`storage.cases.tallies`. Whether a promise was kept depends on the moment of asking too: what is kept here are clocks
that have stopped, and those that run and have ended are looked up, few as they are.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import String, case, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.cases.facts import CaseFactsRow


class Sums(NamedTuple):
    """Of the cases registered within a time. `limited`: with a limit by law, in days `statutory` and `promised`.

    `once`, `twice`: closed ones by trips to our hall.
    """

    cases: int = 0
    online: int = 0
    immediate: int = 0
    limited: int = 0
    shorter: int = 0
    statutory: int = 0
    promised: int = 0
    closed: int = 0
    once: int = 0
    twice: int = 0
    judged: int = 0
    on_time: int = 0


class MonthSumRow(Base):
    """A part of a month's sums; read only. `month`: by the hall's clock, `yyyy-MM`. A sum may be negative here."""

    __tablename__ = "month_sum"
    __table_args__ = ({"sqlite_with_rowid": False},)

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    cases: Mapped[int]
    online: Mapped[int]
    immediate: Mapped[int]
    limited: Mapped[int]
    shorter: Mapped[int]
    statutory: Mapped[int]
    promised: Mapped[int]
    closed: Mapped[int]
    once: Mapped[int]
    twice: Mapped[int]
    judged: Mapped[int]
    on_time: Mapped[int]


_SUMMED: Final = tuple(func.sum(getattr(MonthSumRow, name)) for name in Sums._fields)
_facts = CaseFactsRow


def sums_of_months(session: Session, months: Collection[str], now: datetime) -> Mapping[str, Sums]:
    """Month (`yyyy-MM`) → what its cases come to as far as is known at `now`; one without cases is left out."""
    of_month = select(MonthSumRow.month, *_SUMMED).group_by(MonthSumRow.month)
    rows = session.execute(of_month.where(MonthSumRow.month.in_(months)))
    found = {month: Sums(*(int(each or 0) for each in values)) for month, *values in rows}
    for month, unjudged, kept in _over(session, months, now):
        known = found.get(month, Sums())
        found[month] = known._replace(judged=known.judged + unjudged, on_time=known.on_time - kept)
    return found


def _over(session: Session, months: Collection[str], now: datetime) -> list[tuple[str, int, int]]:
    """(month, cases, cases) that are late now because a clock that runs is over: not judged before, and kept before."""
    unjudged = func.sum(case((_facts.clock_kept.is_(None), 1), else_=0))
    late = select(_facts.month, unjudged, func.sum(func.coalesce(_facts.clock_kept, 0))).where(
        text("clock_runs_to IS NOT NULL"), _facts.month.in_(months), _facts.clock_runs_to <= now
    )
    return [(str(month), int(one), int(other)) for month, one, other in session.execute(late.group_by(_facts.month))]
