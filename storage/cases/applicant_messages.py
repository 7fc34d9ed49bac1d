"""Messages to applicants (办件提醒): what is to be told, once per milestone, and what became of it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.applicant_messages import TEMPLATES, MessageKind, MessageState, message_id
from storage.base import Base, insert_new
from storage.sealing import Sealer

_OPEN = text("state = 'queued'")


class MessageRow(Base):
    """One message to the applicant of a case. `key` is unique within the case: one message per milestone.

    `said`: values of the template without personal data. `secrets`: values that nobody here may read (a one-time code),
    a sealed JSON object, forgotten once it was sent. `words`: text and masked number as sent, sealed; None until the
    first attempt. Both are sealed under `message/{id}`. `next_at`: not before then. `expires_at`: of no use afterwards.
    `reason`: a code, why it was not sent or has failed. `asked_by`, `ask_reason`: of a resend, the person and why.
    """

    __tablename__ = "applicant_message"
    __table_args__ = (
        UniqueConstraint("case_no", "key"),
        Index("ix_applicant_message_open", "next_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    handling_no: Mapped[str | None] = mapped_column(String(21))
    key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(32))
    said: Mapped[dict[str, Any]]
    secrets: Mapped[bytes | None] = mapped_column(LargeBinary)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12), default=MessageState.QUEUED)
    channel: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime] = mapped_column(index=True)
    next_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    asked_by: Mapped[str | None] = mapped_column(String(64))
    ask_reason: Mapped[str | None]


def enqueue(
    session: Session,
    *,
    case_no: str,
    key: str,
    kind: MessageKind,
    now: datetime,
    values: Mapping[str, str] | None = None,
    handling_no: str | None = None,
    secrets: Mapping[str, str] | None = None,
    sealer: Sealer | None = None,
    asked_by: str | None = None,
    ask_reason: str | None = None,
) -> bool:
    """Have the applicant told, once per `key` of the case, in the caller's transaction; False where it is there.

    `key`: the step's or visit's own. `values`: what the template names, but for `no` and `item`; no personal data.
    `secrets`: values that are sealed and shown to nobody, with the `sealer` for them. The case must be written already.

    Raises:
        TypeError: secrets without a sealer.
    """
    if secrets and sealer is None:
        raise TypeError("secrets need a sealer")
    session.flush()  # its case may be new too
    number = message_id(case_no, key)
    lasts = TEMPLATES[kind].lasts_minutes
    row: dict[str, Any] = {
        "id": number,
        "case_no": case_no,
        "handling_no": handling_no,
        "key": key,
        "kind": kind,
        "said": dict(values or {}),
        "secrets": seal_values(sealer, number, secrets) if sealer is not None and secrets else None,
        "state": MessageState.QUEUED,
        "attempts": 0,
        "queued_at": now,
        "next_at": now,
        "expires_at": now + timedelta(minutes=lasts) if lasts is not None else None,
        "asked_by": asked_by,
        "ask_reason": ask_reason,
    }
    return insert_new(session, MessageRow, row)


def seal_values(sealer: Sealer, number: str, values: Mapping[str, str]) -> bytes:
    """Values (or words) of the message `number` as sealed JSON, bound to it."""
    return sealer.seal(json.dumps(values, ensure_ascii=False).encode(), f"message/{number}")


def open_values(sealer: Sealer, number: str, sealed: bytes) -> dict[str, str]:
    """What `seal_values` has sealed for this message.

    Raises:
        Misconfigured: its key is not in SEAL_KEYS.
        InvalidTag: the bytes were altered, or belong to another message.
    """
    return {str(k): str(v) for k, v in json.loads(sealer.open(sealed, f"message/{number}")).items()}
