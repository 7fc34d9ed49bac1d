"""The list of accounts, page by page."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from domain.terms import Role
from storage.people.sessions import LoginRow
from storage.people.users import LoggedIn, UserRow


class Wanted(NamedTuple):
    """Which accounts: by a part of their names ("" for all), of one role, open or closed (None: both), at one unit."""

    named: str = ""
    role: Role | None = None
    active: bool | None = None
    unit_id: str | None = None


class AccountSeen(NamedTuple):
    """One account as lists have it. `sessions`: how many are open."""

    username: str
    role: Role
    unit_id: str | None
    courier_id: str | None
    active: bool
    must_change: bool
    password_until: datetime | None
    password_changed_at: datetime | None
    created_at: datetime | None
    last_login_at: datetime | None
    disabled_at: datetime | None
    disabled_by: str | None
    sessions: int


class AccountPage(NamedTuple):
    """One page. `next`: the name after which the next begins; None at the end."""

    rows: list[AccountSeen]
    next: str | None


def accounts_within(person: LoggedIn) -> tuple[ColumnElement[bool], ...]:
    """Which accounts somebody may see: those of who stands where he covers; who stands nowhere is the district's."""
    return () if person.reach.whole else (UserRow.unit_id.in_(sorted(person.reach.units)),)


def accounts(
    session: Session,
    wanted: Wanted,
    now: datetime,
    *,
    size: int,
    after: str = "",
    within: tuple[ColumnElement[bool], ...] = (),
) -> AccountPage:
    """The accounts that fit by name, `size` of them, behind the name `after`; `within`: as of `accounts_within`."""
    query = select(UserRow).where(UserRow.username > after, *within)
    if wanted.named:
        query = query.where(UserRow.username.contains(wanted.named, autoescape=True))
    if wanted.role is not None:
        query = query.where(UserRow.role == wanted.role)
    if wanted.active is not None:
        query = query.where(UserRow.active.is_(wanted.active))
    if wanted.unit_id is not None:
        query = query.where(UserRow.unit_id == wanted.unit_id)
    found = list(session.scalars(query.order_by(UserRow.username).limit(size + 1)))
    rows = found[:size]
    open_ones = _open_sessions(session, [row.username for row in rows], now)
    following = rows[-1].username if len(found) > size else None
    return AccountPage([_seen(row, open_ones.get(row.username, 0)) for row in rows], following)


def people_at(session: Session) -> dict[str, int]:
    """How many open accounts stand at each unit that has any."""
    counted = select(UserRow.unit_id, func.count()).where(UserRow.active, UserRow.unit_id.is_not(None))
    return {str(unit_id): count for unit_id, count in session.execute(counted.group_by(UserRow.unit_id))}


def account_of(session: Session, username: str, now: datetime) -> AccountSeen | None:
    """One account; None if there is none."""
    row = session.get(UserRow, username)
    return None if row is None else _seen(row, _open_sessions(session, [username], now).get(username, 0))


def _open_sessions(session: Session, usernames: list[str], now: datetime) -> dict[str, int]:
    counted = select(LoginRow.username, func.count().label("open")).group_by(LoginRow.username)
    counted = counted.where(LoginRow.username.in_(usernames), LoginRow.expires_at > now)
    return {row.username: row.open for row in session.execute(counted)}


def _seen(row: UserRow, sessions: int) -> AccountSeen:
    return AccountSeen(
        username=row.username,
        role=Role(row.role),
        unit_id=row.unit_id,
        courier_id=row.courier_id,
        active=row.active,
        must_change=row.must_change,
        password_until=row.password_until,
        password_changed_at=row.password_changed_at,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
        disabled_at=row.disabled_at,
        disabled_by=row.disabled_by,
        sessions=sessions,
    )
