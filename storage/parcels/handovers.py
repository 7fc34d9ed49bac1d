"""Hand-overs of a parcel from one party to another (交接), each side confirming for itself, domain.md §5."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class HandoverRow(Base):
    """One hand-over; written by `parcels.handover`. `number`: 1, 2 … on its leg.

    `given` and `taken`: what each side has confirmed, {by, at, manifest, sealNo, key}; None: not yet. `key`: of the
    request; `instead`: whose word it has replaced. They are never one person's (`by`). `event_id`: of the scan that
    both sides' words have made; None while one is missing, and then nothing has changed hands.
    """

    __tablename__ = "handover"
    __table_args__ = (UniqueConstraint("leg_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    leg_id: Mapped[str] = mapped_column(String(48), index=True)
    number: Mapped[int]
    from_party: Mapped[str] = mapped_column(String(64))  # hall, carrier, or the id of a courier or an outlet
    to_party: Mapped[str] = mapped_column(String(64))
    given: Mapped[dict[str, Any] | None]
    taken: Mapped[dict[str, Any] | None]
    event_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime]


def handovers_of(session: Session, leg_id: str) -> list[HandoverRow]:
    """The hand-overs of a leg in their order."""
    return list(session.scalars(select(HandoverRow).filter_by(leg_id=leg_id).order_by(HandoverRow.number)))
