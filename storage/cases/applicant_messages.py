"""Messages to applicants (办件提醒): what is to be told, once per milestone, and what became of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.applicant_messages import TEMPLATES, MessageKind, MessageState, message_id
from storage.base import Base, insert_all_new, insert_new
from storage.sealed_types import SealedText
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
    leg_id: Mapped[str | None] = mapped_column(String(48), index=True)
    key: Mapped[str] = mapped_column(String(200))
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
    ask_reason: Mapped[str | None] = mapped_column(SealedText("applicant_message.ask_reason"))


class ToTell(NamedTuple):
    """Something that an applicant is to be told.

    `key`: the step's or visit's own, unique within the case. `values`: what the template names, but for `no` and
    `item`; no personal data. `leg_id`: of the parcel that it is about; a visit is told to whoever is at its door.
    """

    key: str
    kind: MessageKind
    values: Mapping[str, str] = {}
    handling_no: str | None = None
    leg_id: str | None = None


def enqueue_all(session: Session, case_no: str, messages: Sequence[ToTell], now: datetime) -> frozenset[str]:
    """Have the applicant of a case told, in the caller's transaction; returns the keys that were not there yet.

    One statement. The case must be written already, or be in this session.
    """
    return frozenset(key for _, key in enqueue_of(session, [(case_no, message) for message in messages], now))


def enqueue_of(session: Session, messages: Sequence[tuple[str, ToTell]], now: datetime) -> frozenset[tuple[str, str]]:
    """As `enqueue_all`, of several cases, each message with its case number; returns number and key of the new ones."""
    if not messages:
        return frozenset()
    session.flush()
    rows = [_row(case_no, message, now) for case_no, message in messages]
    added = insert_all_new(session, MessageRow, rows, MessageRow.case_no, MessageRow.key)
    return frozenset((row.case_no, row.key) for row in added)


def enqueue(
    session: Session,
    *,
    case_no: str,
    key: str,
    kind: MessageKind,
    now: datetime,
    values: Mapping[str, str] | None = None,
    handling_no: str | None = None,
    leg_id: str | None = None,
    secrets: Mapping[str, str] | None = None,
    sealer: Sealer | None = None,
    asked_by: str | None = None,
    ask_reason: str | None = None,
) -> bool:
    """As `enqueue_all`, of one; False where it is there already.

    `secrets`: values that are sealed and shown to nobody here, with the `sealer` for them. `asked_by`, `ask_reason`: of
    a person who has it sent once more.

    Raises:
        TypeError: secrets without a sealer.
    """
    if secrets and sealer is None:
        raise TypeError("secrets need a sealer")
    session.flush()
    row = _row(case_no, ToTell(key, kind, values or {}, handling_no, leg_id), now)
    if secrets and sealer is not None:
        row["secrets"] = seal_values(sealer, case_no, row["id"], secrets)
    return insert_new(session, MessageRow, row | {"asked_by": asked_by, "ask_reason": ask_reason})


def _row(case_no: str, message: ToTell, now: datetime) -> dict[str, Any]:
    lasts = TEMPLATES[message.kind].lasts_minutes
    return {
        "id": message_id(case_no, message.key),
        "case_no": case_no,
        "handling_no": message.handling_no,
        "leg_id": message.leg_id,
        "key": message.key,
        "kind": message.kind,
        "said": dict(message.values),
        "secrets": None,
        "state": MessageState.QUEUED,
        "attempts": 0,
        "queued_at": now,
        "next_at": now,
        "expires_at": now + timedelta(minutes=lasts) if lasts is not None else None,
        "asked_by": None,
        "ask_reason": None,
    }


def tally_since(session: Session, since: datetime) -> dict[tuple[MessageKind, MessageState], int]:
    """How many messages were queued since then, by kind and state."""
    columns = select(MessageRow.kind, MessageRow.state, func.count()).where(MessageRow.queued_at >= since)
    found = session.execute(columns.group_by(MessageRow.kind, MessageRow.state))
    return {(MessageKind(kind), MessageState(state)): count for kind, state, count in found}


def seal_values(sealer: Sealer, case_no: str, number: str, values: Mapping[str, str]) -> bytes:
    """Values (or words) of the message `number` of a case as sealed JSON, bound to it."""
    return sealer.seal(json.dumps(values, ensure_ascii=False).encode(), f"message/{number}", of=case_no)


def open_values(sealer: Sealer, number: str, sealed: bytes) -> dict[str, str]:
    """What `seal_values` has sealed for this message.

    Raises:
        Misconfigured: its key is not in SEAL_KEYS.
        InvalidTag: the bytes were altered, or belong to another message.
    """
    return {str(k): str(v) for k, v in json.loads(sealer.open(sealed, f"message/{number}")).items()}
