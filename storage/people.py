"""Users and their sessions. Passwords as scrypt hashes, tokens as SHA-256 of the secret."""

import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.terms import Role
from storage.base import Base

SESSION_LENGTH = timedelta(hours=10)


class UserRow(Base):
    __tablename__ = "user_account"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class LoginRow(Base):
    __tablename__ = "login"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime]


class LoggedIn:
    """Who is calling."""

    def __init__(self, username: str, role: Role) -> None:
        self.username = username
        self.role = role


def _scrypt(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1).hex()


def put_user(session: Session, username: str, role: Role, password: str) -> None:
    salt = os.urandom(16)
    session.merge(
        UserRow(username=username, role=role, password=f"{salt.hex()}${_scrypt(password, salt)}", active=True)
    )


def log_in(session: Session, username: str, password: str, now: datetime) -> tuple[str, Role] | None:
    """A new token, or None; an unknown name costs as much time as a wrong password."""
    user = session.get(UserRow, username)
    salt_hex, _, expected = (user.password if user else f"{'00' * 16}$").partition("$")
    given = _scrypt(password, bytes.fromhex(salt_hex))
    if user is None or not user.active or not hmac.compare_digest(given, expected):
        return None
    token = secrets.token_urlsafe(32)
    session.add(LoginRow(token_sha256=_hashed(token), username=username, expires_at=now + SESSION_LENGTH))
    return token, Role(user.role)


def who(session: Session, token: str, now: datetime) -> LoggedIn | None:
    login = session.get(LoginRow, _hashed(token))
    if login is None or login.expires_at <= now:
        return None
    user = session.get(UserRow, login.username)
    return LoggedIn(user.username, Role(user.role)) if user is not None and user.active else None


def log_out(session: Session, token: str) -> None:
    login = session.get(LoginRow, _hashed(token))
    if login is not None:
        session.delete(login)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
