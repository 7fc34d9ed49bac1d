"""Bags (袋): parcels that travel together between an outlet and the hall, closed with a seal, checked at the other end.

Everything here follows from scans that name their bag: closing and opening need no network (ux.md S6).
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.keyset import Condition

_UNDER_WAY = text("opened_at IS NULL")


class BagRow(Base):
    """One bag. `origin`, `destination`: `hall` or the id of an outlet; `expected`: parcels, as said when it was closed.

    `opened_at` None: nobody has opened it yet, or only the login that had closed it, which is no second person.
    `seal_found`: what the opening side has read, None until then.
    """

    __tablename__ = "bag"
    __table_args__ = (
        Index("ix_bag_coming", "destination", "closed_at", sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
    )

    bag_no: Mapped[str] = mapped_column(String(32), primary_key=True)
    origin: Mapped[str] = mapped_column(String(32))
    destination: Mapped[str] = mapped_column(String(32))
    seal_no: Mapped[str] = mapped_column(String(32))
    expected: Mapped[int]
    closed_at: Mapped[datetime | None]  # None: it was opened, and the scans of its closing have not come yet
    closed_by: Mapped[str | None] = mapped_column(String(64))
    closed_login: Mapped[str | None] = mapped_column(String(64))  # whose session said so; None: before 0043
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[str | None] = mapped_column(String(64))
    opened_login: Mapped[str | None] = mapped_column(String(64))
    one_hand: Mapped[bool] = mapped_column(default=False, server_default=false())  # that login has tried to open it
    seal_found: Mapped[str | None] = mapped_column(String(32))


class BagLineRow(Base):
    """One parcel of a bag. `put_event`, `found_event`: ids in the log; None: not put in here, not found yet."""

    __tablename__ = "bag_line"

    bag_no: Mapped[str] = mapped_column(ForeignKey("bag.bag_no"), primary_key=True)
    number: Mapped[str] = mapped_column(String(64), primary_key=True)
    leg_id: Mapped[str | None] = mapped_column(String(48), index=True)
    put_event: Mapped[str | None] = mapped_column(String(64))
    found_event: Mapped[str | None] = mapped_column(String(64))
    missing: Mapped[bool] = mapped_column(default=False)  # the opening side says that it is not in it


def bag_of(session: Session, bag_no: str) -> BagRow | None:
    """The bag, locked until the transaction ends; None for an unknown one."""
    return session.get(BagRow, bag_no, with_for_update=True, populate_existing=True)


def lines_of(session: Session, bag_nos: Collection[str]) -> list[BagLineRow]:
    """The parcels of these bags by number."""
    query = select(BagLineRow).where(BagLineRow.bag_no.in_(bag_nos))
    return list(session.scalars(query.order_by(BagLineRow.bag_no, BagLineRow.number)))


def bags_to(session: Session, destination: str, limit: int, within: tuple[Condition, ...] = ()) -> list[BagRow]:
    """Closed bags that nobody has opened yet, on their way to a place, the oldest first; `within`: besides."""
    query = select(BagRow).where(BagRow.destination == destination, _UNDER_WAY, *within)
    return list(session.scalars(query.order_by(BagRow.closed_at).limit(limit)))
