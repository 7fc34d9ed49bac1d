"""Hand-overs of a parcel from one party to another (交接), each side confirming for itself, domain.md §5."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class HandoverRow(Base):
    """One hand-over. `given` and `taken` are what each side has confirmed: {by, at, manifest, sealNo}.

    `event_id` None: one side is still to confirm; nothing has changed hands yet.
    """

    __tablename__ = "handover"
    __table_args__ = (UniqueConstraint("leg_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    leg_id: Mapped[str] = mapped_column(String(48), index=True)
    number: Mapped[int]  # 1, 2 … on this leg
    from_party: Mapped[str] = mapped_column(String(64))
    to_party: Mapped[str] = mapped_column(String(64))
    given: Mapped[dict[str, Any] | None]
    taken: Mapped[dict[str, Any] | None]
    event_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime]


def handovers_of(session: Session, leg_id: str) -> list[HandoverRow]:
    """Of a leg, in order."""
    return list(session.scalars(select(HandoverRow).filter_by(leg_id=leg_id).order_by(HandoverRow.number)))
