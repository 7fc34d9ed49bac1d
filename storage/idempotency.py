"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): the first answer again, or a clear no."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import BadInput
from storage.base import Base


class IdempotencyRow(Base):
    __tablename__ = "idempotency"

    actor: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime]


def first_answer(session: Session, actor: str, key: str, body: bytes) -> dict[str, Any] | None:
    """The stored answer for this key; None if it is new.

    Raises:
        BadInput: the key was used with another body.
    """
    row = session.get(IdempotencyRow, (actor, key))
    if row is None:
        return None
    if row.fingerprint != _fingerprint(body):
        raise BadInput("同一个幂等键不能用于不同的内容", code="IDEMPOTENCY_KEY_REUSED")
    return row.answer


def keep_answer(session: Session, actor: str, key: str, body: bytes, answer: dict[str, Any], now: datetime) -> None:
    session.add(IdempotencyRow(actor=actor, key=key, fingerprint=_fingerprint(body), answer=answer, at=now))
    session.flush()


def _fingerprint(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
