"""The sessions of users (登录会话): opened step by step, over when nobody is seen; kept as SHA-256 of their token."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, String, case, delete, literal, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.people import SESSION_LENGTH, Idle, SessionStage
from domain.terms import Role
from storage.base import Base, UtcDateTime
from storage.people.passwords import PasswordHash
from storage.people.units import version_of_units
from storage.people.users import LoggedIn, UserRow, is_over

PENDING_LENGTH: Final = timedelta(minutes=10)
"""For the steps between the password and the open session."""

NOTED_EVERY: Final = timedelta(seconds=60)
"""That somebody is there is written down so often at most."""

_REMOVED_AT_ONCE = 100


class LoginRow(Base):
    """A session of a user. `token_sha256`: hex SHA-256 of the token, which itself is kept nowhere; the session's id.

    `stage`: a `SessionStage`; only `OPEN` lets anybody in. `expires_at`: when it ends if nobody is seen until then;
    `latest_at`: beyond that it is never moved. `came_from`: the address as it is counted; `agent`: the browser in a few
    words; `amr`: how he proved himself, in the words of RFC 8176 (`pwd`, `pwd otp`) or `oidc`. `device_id`: the
    enrolled device that has proved itself in it (`storage.people.devices`), None before.
    """

    __tablename__ = "login"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), index=True)
    stage: Mapped[str] = mapped_column(String(16), default=SessionStage.OPEN)
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    latest_at: Mapped[datetime]
    came_from: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(80), default="")
    amr: Mapped[str] = mapped_column(String(40), default="pwd")
    device_id: Mapped[str | None] = mapped_column(String(64))


class CameBy(NamedTuple):
    """How somebody came in: his address as it is counted, his browser, and how he proved who he is."""

    address: str = ""
    agent: str = ""
    amr: str = "pwd"


class Opened(NamedTuple):
    """A session as it was opened: its token, the user's role, and what it may do so far."""

    token: str
    role: Role
    stage: SessionStage


class Pending(NamedTuple):
    """Whose login is on its way, and which step it waits for."""

    username: str
    role: Role
    stage: SessionStage


def open_session(
    session: Session,
    username: str,
    verified: PasswordHash,
    renewed: PasswordHash | None,
    now: datetime,
    *,
    stage: SessionStage = SessionStage.OPEN,
    came_by: CameBy = CameBy(),  # noqa: B008 — immutable
    idle: Idle = Idle(),  # noqa: B008 — immutable
) -> Opened | None:
    """Open a session for a password that was verified against the hash `verified`.

    `renewed`: a hash with today's parameters that takes its place, if not None. `stage`: what it may do at first.
    Returns None if the account is closed, its password has changed while it was verified, or was to be changed by a
    day that is over. Some sessions that are over are deleted on the way.
    """
    user = session.get(UserRow, username, with_for_update=True)
    if user is None or not user.active or user.password != verified:
        return None
    if is_over(session, username, now):
        return None
    if renewed is not None:
        user.password = renewed
    _remove_expired(session, now)
    return Opened(_add(session, user, stage, came_by, now, idle), Role(user.role), stage)


def open_vouched(
    session: Session,
    username: str,
    now: datetime,
    *,
    stage: SessionStage,
    came_by: CameBy,
    idle: Idle = Idle(),  # noqa: B008 — immutable
) -> Opened | None:
    """Open a session for whom something else than a password has proved; None if the account is closed or unknown."""
    user = session.get(UserRow, username, with_for_update=True)
    if user is None or not user.active:
        return None
    _remove_expired(session, now)
    return Opened(_add(session, user, stage, came_by, now, idle), Role(user.role), stage)


def _add(session: Session, user: UserRow, stage: SessionStage, came_by: CameBy, now: datetime, idle: Idle) -> str:
    token = secrets.token_urlsafe(32)
    latest = now + PENDING_LENGTH
    if stage is SessionStage.OPEN:
        user.last_login_at, latest = now, now + SESSION_LENGTH
    row = LoginRow(token_sha256=login_id(token), username=user.username, stage=stage, opened_at=now, seen_at=now)
    row.expires_at, row.latest_at = min(latest, now + idle.of(user.role)), latest
    row.came_from, row.agent, row.amr = came_by.address[:45], came_by.agent[:80], came_by.amr[:40]
    session.add(row)
    return token


def _remove_expired(session: Session, now: datetime) -> None:
    """So many per login that they go faster than they come, and no login pays for a year of them."""
    expired = select(LoginRow.token_sha256).where(LoginRow.expires_at <= now).order_by(LoginRow.expires_at)
    session.execute(delete(LoginRow).where(LoginRow.token_sha256.in_(expired.limit(_REMOVED_AT_ONCE))))


def pending(session: Session, token: str, now: datetime) -> Pending | None:
    """Whose login a token is a step of; None if it is unknown, over, open already, or the account is closed."""
    query = select(UserRow.username, UserRow.role, LoginRow.stage)
    query = query.join(LoginRow, UserRow.username == LoginRow.username)
    query = query.where(LoginRow.token_sha256 == login_id(token), LoginRow.expires_at > now, UserRow.active)
    found = session.execute(query.where(LoginRow.stage != SessionStage.OPEN)).one_or_none()
    return Pending(found.username, Role(found.role), SessionStage(found.stage)) if found is not None else None


def advance(
    session: Session,
    token: str,
    now: datetime,
    amr: str,
    *,
    idle: Idle = Idle(),  # noqa: B008
) -> tuple[str, SessionStage] | None:
    """The step that a session waited for is done: its new token and stage; the old token is worth nothing any more.

    `amr`: how he proved himself in it, added to what is known; empty for nothing new. None if there is no such step to
    take: as with `pending`, or the password that was to be changed has not been.
    """
    row = session.get(LoginRow, login_id(token), with_for_update=True)
    user = session.get(UserRow, row.username) if row is not None else None
    if row is None or user is None or not user.active or row.expires_at <= now or row.stage == SessionStage.OPEN:
        return None
    if row.stage == SessionStage.PASSWORD_CHANGE and user.must_change:
        return None
    stage = SessionStage.PASSWORD_CHANGE if user.must_change else SessionStage.OPEN
    came_by = CameBy(row.came_from, row.agent, f"{row.amr} {amr}".strip())
    session.delete(row)
    return _add(session, user, stage, came_by, now, idle), stage


def renew_token(session: Session, token: str) -> str | None:
    """Another token for an open session, which goes on as it was; the old one is worth nothing. None: no such one."""
    row = session.get(LoginRow, login_id(token), with_for_update=True)
    if row is None or row.stage != SessionStage.OPEN:
        return None
    fresh = secrets.token_urlsafe(32)
    names = (column.name for column in LoginRow.__table__.c)
    kept = {name: getattr(row, name) for name in names if name != "token_sha256"}
    session.delete(row)
    session.add(LoginRow(token_sha256=login_id(fresh), **kept))
    return fresh


def note_seen(session: Session, login: str, role: Role, now: datetime, idle: Idle) -> None:
    """Somebody did something in an open session: it goes on from here; nothing where that was noted just now."""
    ends = now + idle.of(role)
    moved = case((LoginRow.latest_at < ends, LoginRow.latest_at), else_=literal(ends, UtcDateTime()))
    mine = update(LoginRow).where(LoginRow.token_sha256 == login, LoginRow.stage == SessionStage.OPEN)
    due = mine.where(LoginRow.expires_at > now, LoginRow.seen_at <= now - NOTED_EVERY)
    session.execute(due.values(seen_at=now, expires_at=moved))


def who(session: Session, token: str, now: datetime) -> LoggedIn | None:
    """The user of a token; None if it is unknown, over or not open yet, or the account is closed."""
    found = who_and_where(session, token, now)
    return found[0] if found is not None else None


def who_and_where(session: Session, token: str, now: datetime) -> tuple[LoggedIn, int | None] | None:
    """The same, with the version of the tree of units by which his place is to be understood; one statement."""
    columns = (UserRow.username, UserRow.role, UserRow.unit_id, UserRow.courier_id, LoginRow.device_id)
    query = select(*columns, LoginRow.token_sha256, LoginRow.seen_at, version_of_units().label("version"))
    query = query.join(LoginRow, UserRow.username == LoginRow.username)
    query = query.where(LoginRow.token_sha256 == login_id(token), *_holds(now))
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    place = {"unit_id": found.unit_id, "courier_id": found.courier_id, "device_id": found.device_id}
    return LoggedIn(found.username, Role(found.role), found.token_sha256, found.seen_at, **place), found.version


class Ends(NamedTuple):
    """When a session ends: `idle_at` if nobody is seen until then, `latest_at` in any case."""

    idle_at: datetime
    latest_at: datetime


def until(session: Session, token: str, now: datetime) -> tuple[LoggedIn, Ends] | None:
    """The user of a token and the end of the session; None as with `who`."""
    person = who(session, token, now)
    login = session.get(LoginRow, login_id(token)) if person is not None else None
    return None if person is None or login is None else (person, Ends(login.expires_at, login.latest_at))


def log_out(session: Session, token: str) -> str | None:
    """End the session of a token, of whatever stage: whose it was; nothing happens for an unknown one."""
    login = session.get(LoginRow, login_id(token))
    if login is None:
        return None
    session.delete(login)
    return login.username


def login_id(token: str) -> str:
    """The id of a login: hex SHA-256 of its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def who_holds(session: Session, logins: Collection[str], now: datetime) -> dict[str, Role]:
    """Login id → role of today, for those of `logins` (ids, not tokens) that are open and still hold."""
    query = select(LoginRow.token_sha256, UserRow.role).join(UserRow, UserRow.username == LoginRow.username)
    query = query.where(LoginRow.token_sha256.in_(logins), *_holds(now))
    return {login: Role(role) for login, role in session.execute(query)}


def _holds(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return LoginRow.stage == SessionStage.OPEN, LoginRow.expires_at > now, UserRow.active.is_(True)
