"""Updates that are still to be delivered to a workflow, committed with the change that caused them.

Authority events have their inbox; everything else (a clerk's supplement or withdrawal, a resolved task, a hand-over,
what scans come to, a new calendar) waits here. The id of an Update is that of its cause.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.model import Frozen
from storage.base import Base


class UpdateRow(Base):
    """One Update to deliver; the relay does, in the order of `id` per workflow.

    `update_id`: unique, so that one cause has one effect. `workflow_id`: `case-{case_no}` or `leg-{leg_id}`.
    `argument`: the message as JSON; no personal data (decisions.md 4). `delivered_at` None: it waits. `refusal`: the
    code of the last attempt that was not taken.
    """

    __tablename__ = "pending_update"
    __table_args__ = (
        Index("ix_pending_update_open", "delivered_at", "id"),
        Index("ix_pending_update_to_tell", "delivered_at", "workflow_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    update_id: Mapped[str] = mapped_column(String(160), unique=True)
    workflow_id: Mapped[str] = mapped_column(String(80), index=True)
    name: Mapped[str] = mapped_column(String(32))
    argument: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]  # tried again not before then; None: at once
    refusal: Mapped[str | None] = mapped_column(String(64))


def is_queued(session: Session, update_id: str) -> bool:
    """Whether an Update of this id waits, or was delivered already."""
    return session.scalar(select(UpdateRow.id).filter_by(update_id=update_id)) is not None


def queue_update(
    session: Session, *, update_id: str, workflow_id: str, name: str, argument: Frozen, now: datetime
) -> None:
    """Queue an Update in the caller's transaction; the relay delivers it after the commit.

    `argument`: one of `domain.messages`.

    Raises:
        IntegrityError: at the next flush, if this id was queued before; ask `is_queued` first.
    """
    session.add(
        UpdateRow(
            update_id=update_id,
            workflow_id=workflow_id,
            name=name,
            argument=argument.model_dump(mode="json"),
            created_at=now,
        )
    )
