"""What was changed about door orders (寄递变更): one row per change, only ever added."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.leg_changes import ChangeKind
from storage.base import Base
from storage.parcels.legs import CourierRow

TOLD_FOR: Final = timedelta(hours=12)
"""How long a courier is told of a change whom nobody has heard of since; his list is no older either."""


class LegChangeRow(Base):
    """One change of one leg. `version`: 1 for the first of the leg; `LegRow.changes` is that of the last.

    `by`: a login, or `applicant`. `before`, `after`: what stood and what stands, as JSON, sealed under
    `leg-change/{leg_id}/{version}`; of a cancelled visit None. `promised_before`, `promised_after`: until when somebody
    was to be at the door; None: nothing was promised. `outlet_id`, `courier_id`: who was to go, and has to hear of it.
    """

    __tablename__ = "leg_change"
    __table_args__ = (UniqueConstraint("leg_id", "version"), Index("ix_leg_change_told", "outlet_id", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    leg_id: Mapped[str] = mapped_column(String(48))
    case_no: Mapped[str] = mapped_column(String(21), index=True)
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    before: Mapped[bytes | None] = mapped_column(LargeBinary)
    after: Mapped[bytes | None] = mapped_column(LargeBinary)
    promised_before: Mapped[datetime | None]
    promised_after: Mapped[datetime | None]
    outlet_id: Mapped[str | None] = mapped_column(String(32))
    courier_id: Mapped[str | None] = mapped_column(String(64))


def sealed_as(leg_id: str, version: int) -> str:
    """What the values of a change are bound to."""
    return f"leg-change/{leg_id}/{version}"


def changes_of(session: Session, leg_id: str) -> list[LegChangeRow]:
    """The changes of a leg, the first one first."""
    return list(session.scalars(select(LegChangeRow).filter_by(leg_id=leg_id).order_by(LegChangeRow.version)))


def last_change(session: Session, leg_id: str, kind: ChangeKind | None = None) -> LegChangeRow | None:
    """The latest change of a leg, of this kind where one is named; None where there is none."""
    found = select(LegChangeRow).filter_by(leg_id=leg_id).order_by(LegChangeRow.version.desc()).limit(1)
    return session.scalar(found if kind is None else found.filter_by(kind=kind))


def untold(session: Session, outlet_id: str, now: datetime) -> list[LegChangeRow]:
    """Changes of which the courier of this outlet who was to go may not know: no scan of his is later. Oldest first."""
    unheard = or_(CourierRow.seen_at.is_(None), CourierRow.seen_at <= LegChangeRow.at)
    found = (
        select(LegChangeRow)
        .join(CourierRow, CourierRow.courier_id == LegChangeRow.courier_id)
        .where(LegChangeRow.outlet_id == outlet_id, LegChangeRow.at > now - TOLD_FOR, unheard)
    )
    return list(session.scalars(found.order_by(LegChangeRow.at, LegChangeRow.id)))
