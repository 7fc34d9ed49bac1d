"""Security keys and built-in readers of an account (安全密钥, WebAuthn): public keys, counters, challenges."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base

MOST_KEYS: Final = 10
"""Of one account."""

CHALLENGE_LENGTH: Final = timedelta(minutes=5)
_REMOVED_AT_ONCE: Final = 100


class Ceremony(StrEnum):
    """What a challenge is for; an answer to the one is none to the other."""

    REGISTER = "register"
    ANSWER = "answer"


class SecurityKeyRow(Base):
    """One key. `key_id`: hex SHA-256 of `credential_id`, which it chose itself; `public_key`: COSE (RFC 9052).

    `sign_count`: what its counter said last; 0 for keys that have none.
    """

    __tablename__ = "security_key"

    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("user_account.username"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class KeyChallengeRow(Base):
    """What a session's browser is to sign next; of each ceremony one. `login`: the id of the session."""

    __tablename__ = "key_challenge"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    ceremony: Mapped[str] = mapped_column(String(8), primary_key=True)
    challenge: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)


def key_id_of(credential_id: bytes) -> str:
    """Under which a key is kept and removed."""
    return hashlib.sha256(credential_id).hexdigest()


def ask(session: Session, login: str, ceremony: Ceremony, challenge: bytes, now: datetime) -> None:
    """Keep a challenge for five minutes, in place of an older one; some that are over are deleted on the way."""
    over = select(KeyChallengeRow.login).where(KeyChallengeRow.expires_at <= now).limit(_REMOVED_AT_ONCE)
    session.execute(delete(KeyChallengeRow).where(KeyChallengeRow.login.in_(over), KeyChallengeRow.expires_at <= now))
    kept = {"login": login, "ceremony": ceremony, "challenge": challenge, "expires_at": now + CHALLENGE_LENGTH}
    session.merge(KeyChallengeRow(**kept))


def take_challenge(session: Session, login: str, ceremony: Ceremony, now: datetime) -> bytes | None:
    """The challenge of a session, once; None where there is none, or it is over."""
    taken = delete(KeyChallengeRow).filter_by(login=login, ceremony=ceremony)
    row = session.execute(taken.returning(KeyChallengeRow.challenge, KeyChallengeRow.expires_at)).one_or_none()
    return row.challenge if row is not None and now < row.expires_at else None


def keys_of(session: Session, username: str) -> list[SecurityKeyRow]:
    """The keys of an account, the oldest first."""
    query = select(SecurityKeyRow).filter_by(username=username)
    return list(session.scalars(query.order_by(SecurityKeyRow.added_at, SecurityKeyRow.key_id)))


def add_key(session: Session, row: SecurityKeyRow) -> bool:
    """Add a key; False where it is somebody's already, or the account has ten."""
    held = session.scalar(select(func.count()).select_from(SecurityKeyRow).filter_by(username=row.username)) or 0
    if held >= MOST_KEYS or session.get(SecurityKeyRow, row.key_id) is not None:
        return False
    session.add(row)
    return True


def use_key(session: Session, key_id: str, before: int, after: int, now: datetime) -> bool:
    """Note that a key has signed; False where its counter has moved since `before` was read: two have the same key."""
    taken = update(SecurityKeyRow).where(SecurityKeyRow.key_id == key_id, SecurityKeyRow.sign_count == before)
    noted = taken.values(sign_count=after, used_at=now).returning(SecurityKeyRow.key_id)
    return session.scalar(noted) is not None


def remove_key(session: Session, username: str, key_id: str) -> bool:
    """Take a key of an account away; False where it has no such key."""
    removed = delete(SecurityKeyRow).filter_by(username=username, key_id=key_id)
    return session.scalar(removed.returning(SecurityKeyRow.key_id)) is not None


def forget_keys(session: Session, username: str) -> None:
    """Take all keys of an account away."""
    session.execute(delete(SecurityKeyRow).filter_by(username=username))
