"""Nonces that were used: the replay key is (partner, nonce), kept at least twice the time window (contracts.md)."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, String, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class NonceRow(Base):
    __tablename__ = "nonce"

    partner: Mapped[str] = mapped_column(String(16), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)


def remember_nonce(session: Session, partner: str, nonce: str, *, now: datetime, until: datetime) -> bool:
    """Remember a nonce in the caller's transaction; False when it was used before and still counts.

    One statement, so that of two at once exactly one wins.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(NonceRow).values(partner=partner, nonce=nonce, until=until)
    statement = statement.on_conflict_do_update(
        index_elements=[NonceRow.partner, NonceRow.nonce],
        set_={"until": statement.excluded.until},
        where=NonceRow.until < now,
    )
    return cast(CursorResult[Any], session.execute(statement)).rowcount == 1


def forget_expired_nonces(session: Session, now: datetime) -> int:
    """Drop what counts no more; how many."""
    return cast(CursorResult[Any], session.execute(delete(NonceRow).where(NonceRow.until < now))).rowcount
