"""One message of an authority as it is kept (收件箱): what was said, what it came to, whether its case has heard."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base

CITY = "city"  # the sender of our own officers' events


class InboxState(StrEnum):
    """NEW → (DELIVERED: told, outcome not heard yet) → APPLIED; PARKED waits for a gap or a case; DEAD for a person."""

    NEW = "NEW"
    DELIVERED = "DELIVERED"
    APPLIED = "APPLIED"
    PARKED = "PARKED"
    DEAD = "DEAD"


class InboxRow(Base):
    """One message. `update` is the Update for the case; the message itself is sealed."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("sender", "message_id"),
        Index("ix_inbox_state", "state", "id"),
        Index("ix_inbox_handling_seq", "handling_no", "seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(String(16))
    message_id: Mapped[str] = mapped_column(String(128))
    content_sha256: Mapped[str] = mapped_column(String(64))
    handling_no: Mapped[str] = mapped_column(String(32), index=True)
    case_no: Mapped[str | None] = mapped_column(String(21))
    event_name: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str | None] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12))
    order: Mapped[int | None]  # place in which it took effect, per handling
    update_name: Mapped[str | None] = mapped_column(String(32))
    update: Mapped[dict[str, Any] | None]
    message: Mapped[bytes] = mapped_column(LargeBinary)  # sealed InboundMessage
    raw: Mapped[bytes] = mapped_column(LargeBinary)  # sealed, as it came
    park_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]

    @property
    def given_up(self) -> bool:
        """Parked for a case of ours to come that did not come in time, or was another network's."""
        return self.state == InboxState.DEAD and self.case_no is None


def place_of(sender: str, message_id: str) -> str:
    """Under which a message of the inbox is sealed."""
    return f"inbox/{sender}/{message_id}"
