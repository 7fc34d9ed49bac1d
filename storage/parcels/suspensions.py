"""Suspensions of service (暂停服务): who has declared, confirmed and ended them; what counts of each (decision 60)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.sealed_types import SealedText

_LISTED_AT_MOST: Final = 200


class SuspensionRow(Base):
    """Service suspended in an area from `from_at` to `to_at`: the promise's clock stands still there (courier.md §4).

    `by`, `confirmed_by`, `ended_by`: user names. `source_no`: of the warning it rests on. `alone_until`: until when it
    counts while nobody has confirmed it, `from_at` where that is not at all; both None in rows from before 0043, which
    count whole. `ended_at`: when its end was brought forward; `withdrawn`: since it was declared wrongly.
    """

    __tablename__ = "suspension"

    id: Mapped[int] = mapped_column(primary_key=True)
    outlet_id: Mapped[str | None] = mapped_column(String(32))  # None: the whole district
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    declared_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(SealedText("suspension.reason"))
    by: Mapped[str] = mapped_column(String(64))
    source_no: Mapped[str | None] = mapped_column(String(64))
    alone_until: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(SealedText("suspension.end_reason"))
    withdrawn: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def needs_second(self) -> bool:
        """Whether some of it counts only once a second person has confirmed it."""
        return self.alone_until is not None and self.alone_until < self.to_at and self.confirmed_at is None

    @property
    def counts_until(self) -> datetime:
        """Until when it counts as things stand; not after `from_at`: for nothing yet."""
        until = self.alone_until if self.needs_second and self.alone_until is not None else self.to_at
        return until if self.ended_at is None else min(until, self.ended_at)

    def is_over(self, now: datetime) -> bool:
        """Whether it can be neither confirmed nor ended any more."""
        return self.to_at <= now or self.ended_at is not None


def lock_suspension(session: Session, suspension_id: int) -> SuspensionRow | None:
    """The suspension, locked until the transaction ends; None if there is none with this id."""
    return session.get(SuspensionRow, suspension_id, with_for_update=True, populate_existing=True)


def suspensions_at(session: Session, now: datetime, *, over: bool = False) -> list[SuspensionRow]:
    """Those that are not over, by their beginning; or the latest 200 that are."""
    going_on = SuspensionRow.ended_at.is_(None) & (SuspensionRow.to_at > now)
    query = select(SuspensionRow).where(~going_on if over else going_on)
    order = SuspensionRow.id.desc() if over else SuspensionRow.from_at
    return list(session.scalars(query.order_by(order, SuspensionRow.id).limit(_LISTED_AT_MOST)))


def unconfirmed_by(session: Session, username: str, around: datetime, reach: timedelta) -> list[SuspensionRow]:
    """What a person has declared about outlets within `reach` of a time, and nobody has confirmed."""
    query = select(SuspensionRow).where(
        SuspensionRow.by == username,
        SuspensionRow.outlet_id.is_not(None),
        SuspensionRow.confirmed_at.is_(None),
        SuspensionRow.to_at > around - reach,
        SuspensionRow.from_at < around + reach,
    )
    return list(session.scalars(query))
