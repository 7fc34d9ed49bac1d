"""How the parts of the system have been (运行记录): for each of them spans of time in one level, as somebody looked.

A look that finds what the one before found makes the span longer; another finding begins a new one. What nobody has
looked at lies between two spans and is not made up.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base

LOOKED_WITHIN: Final = timedelta(minutes=10)
"""Two looks that lie further apart say nothing about the time between them."""
KEPT_FOR: Final = timedelta(days=90)


class ConditionRow(Base):
    """One part of the system in one level, from `since` to `seen_at`, the last look that found it so.

    `level`: pass, warn or fail. `detail`: what was said of it at the first look.
    """

    __tablename__ = "condition_span"
    __table_args__ = (
        Index("ix_condition_span_part_seen", "part", "seen_at"),
        Index("ix_condition_span_seen", "seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(4))
    detail: Mapped[str]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]


class Seen(NamedTuple):
    """What a look has found of one part."""

    part: str
    level: str
    detail: str


def note(session: Session, found: Iterable[Seen], now: datetime) -> None:
    """Keep what a look has found at `now`; what is older than 90 days goes."""
    for seen in found:
        last = session.scalar(
            select(ConditionRow).filter_by(part=seen.part).order_by(ConditionRow.seen_at.desc()).limit(1)
        )
        if last is not None and last.level == seen.level and now - last.seen_at <= LOOKED_WITHIN:
            last.seen_at = max(last.seen_at, now)
            continue
        # What was found the other way a moment ago held until now: only a longer silence leaves a gap.
        if last is not None and now - last.seen_at <= LOOKED_WITHIN:
            last.seen_at = max(last.seen_at, now)
        session.add(ConditionRow(part=seen.part, level=seen.level, detail=seen.detail, since=now, seen_at=now))
    session.execute(delete(ConditionRow).where(ConditionRow.seen_at < now - KEPT_FOR))


def since_when(session: Session, now: datetime) -> dict[str, ConditionRow]:
    """Part → the span that holds at `now`; a part that nobody has looked at lately lacks."""
    fresh = select(ConditionRow).where(ConditionRow.seen_at >= now - LOOKED_WITHIN).order_by(ConditionRow.id)
    return {row.part: row for row in session.scalars(fresh)}


def spans_from(session: Session, since: datetime) -> Sequence[ConditionRow]:
    """Every span that reaches beyond `since`, the oldest first."""
    return session.scalars(
        select(ConditionRow).where(ConditionRow.seen_at > since).order_by(ConditionRow.since, ConditionRow.id)
    ).all()
