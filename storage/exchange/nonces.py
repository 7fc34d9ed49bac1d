"""Nonces that were used: the replay key is (partner, nonce), kept at least twice the time window (contracts.md)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, String, bindparam, delete, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, UtcDateTime, insert_all_new


class NonceRow(Base):
    """A nonce of a partner, which can't be used again before `until`.

    (partner, nonce) is the replay key (contracts.md "Replays and message ids").
    """

    __tablename__ = "nonce"

    partner: Mapped[str] = mapped_column(String(16), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)


# The same words for SQLite and PostgreSQL; prepared once because it runs before every acknowledgement.
_REMEMBER: Final = text(
    "INSERT INTO nonce (partner, nonce, until) VALUES (:partner, :value, :until) "
    "ON CONFLICT (partner, nonce) DO UPDATE SET until = excluded.until WHERE nonce.until < :now"
).bindparams(bindparam("until", type_=UtcDateTime()), bindparam("now", type_=UtcDateTime()))


def remember_nonce(session: Session, partner: str, nonce: str, *, now: datetime, until: datetime) -> bool:
    """Remember a nonce in the caller's transaction; False when it was used before and still counts.

    One statement, so that of two at once exactly one wins.
    """
    found = session.execute(_REMEMBER, {"partner": partner, "value": nonce, "until": until, "now": now})
    return cast(CursorResult[Any], found).rowcount == 1


def remember_nonces(session: Session, partner: str, nonces: Sequence[str], *, until: datetime) -> frozenset[str]:
    """The same for several at once; returns those that were new. One that is kept and counts no more is none of them.

    One statement, so that of two at once exactly one wins.
    """
    if not nonces:
        return frozenset()
    rows = [{"partner": partner, "nonce": nonce, "until": until} for nonce in nonces]
    return frozenset(nonce for (nonce,) in insert_all_new(session, NonceRow, rows, NonceRow.nonce))


def forget_expired_nonces(session: Session, now: datetime) -> int:
    """Delete the nonces that count no more; returns how many."""
    return cast(CursorResult[Any], session.execute(delete(NonceRow).where(NonceRow.until < now))).rowcount
