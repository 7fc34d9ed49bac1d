"""From where a user has logged in (常用地点), by a keyed hash: who guesses from elsewhere must not make him wait."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, insert_new

KNOWN_FOR: Final = timedelta(days=30)


class LoginPlaceRow(Base):
    """One address of one user. `place`: a keyed hash of both; `seen_at`: when he last logged in from there."""

    __tablename__ = "login_place"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[str] = mapped_column(String(32), primary_key=True)
    seen_at: Mapped[datetime]


def place_of(key: bytes, username: str, network: str) -> str:
    """What is kept of an address for one user: the same for another user is another word."""
    return hmac.digest(key, f"place/{username}/{network}".encode(), "sha256").hex()[:32]


def is_known(session: Session, username: str, place: str, now: datetime) -> bool:
    """Whether the user has logged in from there within thirty days."""
    mine = select(LoginPlaceRow.seen_at).filter_by(username=username, place=place)
    seen_at = session.scalar(mine)
    return seen_at is not None and seen_at > now - KNOWN_FOR


def remember_place(session: Session, username: str, place: str, now: datetime) -> None:
    """He has logged in from there; where he has not been for thirty days is forgotten."""
    old = delete(LoginPlaceRow).where(LoginPlaceRow.username == username, LoginPlaceRow.seen_at <= now - KNOWN_FOR)
    session.execute(old)
    if not insert_new(session, LoginPlaceRow, {"username": username, "place": place, "seen_at": now}):
        session.get_one(LoginPlaceRow, (username, place)).seen_at = now
