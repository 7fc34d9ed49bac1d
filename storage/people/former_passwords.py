"""Passwords that an account has had (曾用口令), as their hashes: the last few are not taken again."""

from datetime import datetime

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.password_rules import FORMER
from storage.base import Base
from storage.people.passwords import PasswordHash


class FormerPasswordRow(Base):
    """One former password of an account: its hash, and when it was replaced."""

    __tablename__ = "former_password"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), index=True)
    password: Mapped[str]
    replaced_at: Mapped[datetime]


def keep_former(session: Session, username: str, password: str, now: datetime) -> None:
    """Remember a password that is replaced; of those before it only as many stay as count."""
    session.add(FormerPasswordRow(username=username, password=password, replaced_at=now))
    session.flush()
    mine = select(FormerPasswordRow.id).filter_by(username=username).order_by(FormerPasswordRow.id.desc())
    counting = list(session.scalars(mine.limit(FORMER)))
    session.execute(
        delete(FormerPasswordRow).where(FormerPasswordRow.username == username, FormerPasswordRow.id.not_in(counting))
    )


def former_of(session: Session, username: str) -> list[PasswordHash]:
    """The former passwords of an account that count, the newest first."""
    mine = select(FormerPasswordRow.password).filter_by(username=username).order_by(FormerPasswordRow.id.desc())
    return [PasswordHash(each) for each in session.scalars(mine.limit(FORMER))]
