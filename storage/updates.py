"""Updates that a workflow is still to be told, committed with the change that caused them.

Authority events have their inbox, scans their own log; everything else (a clerk's supplement or withdrawal,
a resolved task, a hand-over, a new calendar) waits here. The id is the sender's event id.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.model import Frozen
from storage.base import Base


class UpdateRow(Base):
    __tablename__ = "pending_update"
    __table_args__ = (Index("ix_pending_update_open", "delivered_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    update_id: Mapped[str] = mapped_column(String(160), unique=True)
    workflow_id: Mapped[str] = mapped_column(String(80), index=True)
    name: Mapped[str] = mapped_column(String(32))
    argument: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str | None] = mapped_column(String(64))


def is_queued(session: Session, update_id: str) -> bool:
    """Whether this update waits, or was told already."""
    return session.scalar(select(UpdateRow.id).filter_by(update_id=update_id)) is not None


def queue_update(
    session: Session, *, update_id: str, workflow_id: str, name: str, argument: Frozen, now: datetime
) -> None:
    session.add(
        UpdateRow(
            update_id=update_id,
            workflow_id=workflow_id,
            name=name,
            argument=argument.model_dump(mode="json"),
            created_at=now,
        )
    )
