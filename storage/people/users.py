"""Users and their sessions. Tokens as SHA-256 of the secret; passwords as `storage.people.passwords` has them."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.terms import Role
from storage.base import Base
from storage.people.passwords import PasswordHash

SESSION_LENGTH = timedelta(hours=10)
_REMOVED_AT_ONCE = 100


class UserRow(Base):
    """A user. `password`: the hash by `storage.people.passwords`; `role`: a `domain.terms.Role`.

    `active` False: can't log in, and sessions hold no longer.
    """

    __tablename__ = "user_account"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class LoginRow(Base):
    """A session of a user, 10 h long. `token_sha256`: hex SHA-256 of the token, which itself is kept nowhere."""

    __tablename__ = "login"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LoggedIn:
    """The user of a session that holds, with the role of today."""

    def __init__(self, username: str, role: Role) -> None:
        self.username = username
        self.role = role


def put_user(session: Session, username: str, role: Role, password: PasswordHash) -> None:
    """Add a user, or give a known one this role and password. Hash before the transaction begins."""
    session.merge(UserRow(username=username, role=role, password=password, active=True))


def password_of(session: Session, username: str) -> PasswordHash | None:
    """The stored hash, to verify against when the transaction is over; None for an unknown user."""
    stored = session.scalar(select(UserRow.password).filter_by(username=username))
    return None if stored is None else PasswordHash(stored)


def open_session(
    session: Session, username: str, verified: PasswordHash, renewed: PasswordHash | None, now: datetime
) -> tuple[str, Role] | None:
    """Open a session of 10 h for a password that was verified against the hash `verified`: (token, role).

    `renewed`: a hash with today's parameters that takes its place, if not None. Returns None if the account is
    closed, or its password has changed while it was verified. Some sessions that are over are deleted on the way.
    """
    user = session.get(UserRow, username, with_for_update=True)
    if user is None or not user.active or user.password != verified:
        return None
    if renewed is not None:
        user.password = renewed
    _remove_expired(session, now)
    token = secrets.token_urlsafe(32)
    session.add(LoginRow(token_sha256=login_id(token), username=user.username, expires_at=now + SESSION_LENGTH))
    return token, Role(user.role)


def _remove_expired(session: Session, now: datetime) -> None:
    """So many per login that they go faster than they come, and no login pays for a year of them."""
    expired = select(LoginRow.token_sha256).where(LoginRow.expires_at <= now).order_by(LoginRow.expires_at)
    session.execute(delete(LoginRow).where(LoginRow.token_sha256.in_(expired.limit(_REMOVED_AT_ONCE))))


def who(session: Session, token: str, now: datetime) -> LoggedIn | None:
    """The user of a token; None if it is unknown or over, or the account is closed."""
    query = select(UserRow.username, UserRow.role).join(LoginRow, UserRow.username == LoginRow.username)
    query = query.where(LoginRow.token_sha256 == login_id(token), LoginRow.expires_at > now, UserRow.active)
    found = session.execute(query).one_or_none()
    return LoggedIn(found.username, Role(found.role)) if found is not None else None


def until(session: Session, token: str, now: datetime) -> tuple[LoggedIn, datetime] | None:
    """The user of a token and the end of the session; None as with `who`."""
    person = who(session, token, now)
    login = session.get(LoginRow, login_id(token)) if person is not None else None
    return (person, login.expires_at) if person is not None and login is not None else None


def log_out(session: Session, token: str) -> str | None:
    """End the session of a token: whose it was; nothing happens for an unknown one."""
    login = session.get(LoginRow, login_id(token))
    if login is None:
        return None
    session.delete(login)
    return login.username


def login_id(token: str) -> str:
    """The id of a login: hex SHA-256 of its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def who_holds(session: Session, logins: Collection[str], now: datetime) -> dict[str, Role]:
    """Login id → role of today, for those of `logins` (ids, not tokens) that still hold."""
    query = select(LoginRow.token_sha256, UserRow.role).join(UserRow, UserRow.username == LoginRow.username)
    query = query.where(LoginRow.token_sha256.in_(logins), LoginRow.expires_at > now, UserRow.active)
    return {login: Role(role) for login, role in session.execute(query)}
