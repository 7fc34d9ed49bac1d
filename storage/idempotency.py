"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): the first answer again, or a clear no."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import JSON, CursorResult, String, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import BadInput
from storage.base import Base, UtcDateTime


class IdempotencyRow(Base):
    """The first answer to one key of one caller. `actor`: a user name; `key`: the Idempotency-Key header.

    `fingerprint`: hex SHA-256 of the request's body. `answer`: the JSON that was answered; {} until there is one.
    """

    __tablename__ = "idempotency"

    actor: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime]


# One statement for both databases; of two at once, the second waits here until the first has its answer.
_RESERVE: Final = text(
    "INSERT INTO idempotency (actor, key, fingerprint, answer, at) VALUES (:actor, :key, :fingerprint, :answer, :at) "
    "ON CONFLICT (actor, key) DO NOTHING"
).bindparams(bindparam("answer", type_=JSON()), bindparam("at", type_=UtcDateTime()))
_UNANSWERED: Final = datetime(1970, 1, 1, tzinfo=UTC)


def first_answer(session: Session, actor: str, key: str, body: bytes) -> dict[str, Any] | None:
    """The stored answer for this key, or None if it is new: then it is reserved for the caller.

    The caller keeps an answer in the same transaction, or rolls back. A second one at once waits for the first.

    Raises:
        BadInput: the key was used with another body (`IDEMPOTENCY_KEY_REUSED`).
    """
    mine = {"actor": actor, "key": key, "fingerprint": _fingerprint(body), "answer": {}, "at": _UNANSWERED}
    if cast(CursorResult[Any], session.execute(_RESERVE, mine)).rowcount == 1:
        return None
    row = session.get_one(IdempotencyRow, (actor, key), populate_existing=True)
    if row.fingerprint != _fingerprint(body):
        raise BadInput("同一个幂等键不能用于不同的内容", code="IDEMPOTENCY_KEY_REUSED")
    return row.answer


def kept_answer(session: Session, actor: str, key: str) -> dict[str, Any] | None:
    """The answer that this caller was given for a key; None for a key that was not used."""
    return session.scalar(select(IdempotencyRow.answer).filter_by(actor=actor, key=key)) or None


def keep_answer(session: Session, actor: str, key: str, body: bytes, answer: dict[str, Any], now: datetime) -> None:
    """Store the answer for a key that `first_answer` has reserved, in the same transaction."""
    mine = update(IdempotencyRow).filter_by(actor=actor, key=key, fingerprint=_fingerprint(body))
    session.execute(mine.values(answer=answer, at=now), execution_options={"synchronize_session": False})


def _fingerprint(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
