"""One message of an authority as it is kept (收件箱): what was said, its verdict, whether its case has it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.terms import WireEvent
from storage.base import Base

CITY = "city"  # the sender of our own officers' events


class InboxState(StrEnum):
    """NEW: to be delivered to its case. DELIVERED: the Update was sent, its outcome is not known yet.

    APPLIED: the case has it, or need not. PARKED: waits for a gap or for its case. DEAD: waits for a person.
    """

    NEW = "NEW"
    DELIVERED = "DELIVERED"
    APPLIED = "APPLIED"
    PARKED = "PARKED"
    DEAD = "DEAD"


class InboxRow(Base):
    """One message; (sender, message_id) is unique and never changes its content. Written by `storage.exchange.inbox`.

    `sender`: the network, or CITY. `message_id`: A eventId, B `{row_guid}:{cd_time}`, C sid, CITY
    `{handling_no}-{Idempotency-Key}`. `content_sha256`: of the bytes that are compared for "same id, same content".
    `message` and `raw` are sealed under `inbox/{sender}/{message_id}`. `update_name`, `update`: the Update for the
    case; None where there is none. `attempts`, `refusals`, `due_at`, `error`: written by the relay on delivery.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("sender", "message_id"),
        Index("ix_inbox_state", "state", "id"),
        Index("ix_inbox_to_tell", "state", "case_no"),
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
    refusals: Mapped[int] = mapped_column(default=0, server_default="0")  # of its case, which is no outage
    due_at: Mapped[datetime | None]  # delivered again not before then; None: at once
    error: Mapped[str | None]

    @property
    def facts(self) -> dict[str, Any]:
        """What a task may say of a message: where it is kept, and nothing that is sealed.

        `event` None: a name that we do not know, which might be anything.
        """
        return {
            "sender": self.sender,
            "messageId": self.message_id,
            "event": self.event_name if self.event_name in set(WireEvent) else None,
            "seq": self.seq,
            "occurredAt": self.occurred_at.isoformat(),
        }

    @property
    def given_up(self) -> bool:
        """Parked for a case of ours to come that did not come in time, or was another network's."""
        return self.state == InboxState.DEAD and self.case_no is None


def associated_data_of(sender: str, message_id: str) -> str:
    """The associated data that `message` and `raw` of a row are sealed under: `inbox/{sender}/{message_id}`."""
    return f"inbox/{sender}/{message_id}"
