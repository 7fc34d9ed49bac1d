"""The people who work with this system (用户): who they are, what they may, and what their password is checked by."""

from datetime import datetime, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.terms import Role
from domain.units import NOWHERE
from storage.base import Base
from storage.people.passwords import PasswordHash

INITIAL_VALID = timedelta(hours=72)
"""So long a password that somebody else has set lets its owner in to choose his own."""


class UserRow(Base):
    """A user. `password`: the hash by `storage.people.passwords`; `role`: a `domain.terms.Role`.

    `active` False: can't log in, and sessions hold no longer; `disabled_at` and `disabled_by` say since when and by
    whom. `must_change`: the password was set by somebody else, and opens nothing but its own change until
    `password_until` (None: without end). `vetted`: known to be none of `domain.password_rules.PUBLIC`. `created_at`,
    `password_changed_at`, `last_login_at`: None where it was before 0040. `unit_id`: where he stands
    (storage/people/units.py); None: nowhere, and nothing is opened to him but his own account. `courier_id`: which
    courier he is, of a `courier` alone.
    """

    __tablename__ = "user_account"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    vetted: Mapped[bool] = mapped_column(default=False)
    must_change: Mapped[bool] = mapped_column(default=False)
    password_changed_at: Mapped[datetime | None]
    password_until: Mapped[datetime | None]
    created_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None] = mapped_column(String(64))
    unit_id: Mapped[str | None] = mapped_column(String(32), index=True)
    courier_id: Mapped[str | None] = mapped_column(String(64))


class LoggedIn:
    """The user of a session that holds, with the role and place of today.

    `login`: the id of the session. `seen_at`: when he was last seen to have done something in it. `unit_id`,
    `courier_id`: as with `UserRow`. `device_id`: the enrolled device that has proved itself in it; None where none has.
    `reach`: what his unit covers; nothing until somebody who knows the tree says so.
    """

    def __init__(
        self,
        username: str,
        role: Role,
        login: str = "",
        seen_at: datetime | None = None,
        *,
        unit_id: str | None = None,
        courier_id: str | None = None,
        device_id: str | None = None,
    ) -> None:
        self.username = username
        self.role = role
        self.login = login
        self.seen_at = seen_at
        self.unit_id = unit_id
        self.courier_id = courier_id
        self.device_id = device_id
        self.reach = NOWHERE


def put_user(
    session: Session, username: str, role: Role, password: PasswordHash, unit_id: str, courier_id: str | None = None
) -> None:
    """Add a user, or give a known one this role, place and password, which is his own from the start.

    Hash before the transaction begins.
    """
    row = UserRow(username=username, role=role, password=password, active=True, vetted=False, must_change=False)
    row.password_until = row.disabled_at = row.disabled_by = None
    row.unit_id, row.courier_id = unit_id, courier_id
    session.merge(row)


def password_of(session: Session, username: str) -> PasswordHash | None:
    """The stored hash, to verify against when the transaction is over; None for an unknown user."""
    stored = session.scalar(select(UserRow.password).filter_by(username=username))
    return None if stored is None else PasswordHash(stored)


def is_over(session: Session, username: str, now: datetime) -> bool:
    """Whether the password of an open account was to be changed by a moment that is over."""
    user = session.get(UserRow, username)
    return user is not None and user.active and user.password_until is not None and user.password_until <= now


def unvetted(session: Session) -> dict[str, PasswordHash]:
    """Name → hash of the accounts that may log in and of whose password nothing is known."""
    asked = select(UserRow.username, UserRow.password).where(UserRow.active, UserRow.vetted.is_(False))
    return {username: PasswordHash(stored) for username, stored in session.execute(asked)}
