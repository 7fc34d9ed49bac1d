"""What becomes of an account (账号): made, closed, opened again, given another role, place or password.

Whoever's rights or password change is out at once: every session of his ends in the same transaction.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from domain.terms import Role
from domain.units import DISTRICT, STANDS_AT
from storage.base import insert_new
from storage.people.former_passwords import former_of, keep_former
from storage.people.passwords import PasswordHash
from storage.people.session_list import end_sessions
from storage.people.units import unit_of
from storage.people.users import INITIAL_VALID, UserRow, password_of

_UNSET: Final = {"active": True, "disabled_at": None, "disabled_by": None, "last_login_at": None}


class Place(NamedTuple):
    """Where an account stands: its unit, and of a courier which one he is. Nowhere: nothing is opened to it."""

    unit_id: str | None = None
    courier_id: str | None = None


def add_user(
    session: Session,
    username: str,
    role: Role,
    password: PasswordHash,
    now: datetime,
    *,
    own: bool,
    place: Place = Place(),  # noqa: B008 — immutable
) -> bool:
    """Make an account; False and no effect if there is one of this name.

    `password`: one that may be chosen. `own`: its owner has chosen it himself; else it opens nothing but its change.
    `place`: one where this role may stand.
    """
    values = {"username": username, "role": role, "password": password, "created_at": now, "vetted": True}
    return insert_new(session, UserRow, values | _UNSET | _given(now, own=own) | place._asdict())


def set_password(
    session: Session,
    username: str,
    before: PasswordHash,
    password: PasswordHash,
    now: datetime,
    *,
    own: bool,
    but: str = "",
) -> bool:
    """Another password, judged beside the hash `before`; False and no effect if that is not the account's any more.

    `own` as with `add_user`. All sessions end but that of the login `but`; the former password is remembered, so that
    it is not taken again.
    """
    user = session.get(UserRow, username, with_for_update=True)
    if user is None or user.password != before:
        return False
    keep_former(session, username, user.password, now)
    user.password, user.vetted = password, True
    for name, value in _given(now, own=own).items():
        setattr(user, name, value)
    end_sessions(session, username, but=but)
    return True


def _given(now: datetime, *, own: bool) -> dict[str, object]:
    until = None if own else now + INITIAL_VALID
    return {"must_change": not own, "password_until": until, "password_changed_at": now}


def known_passwords(session: Session, username: str) -> list[PasswordHash]:
    """The password of an account and its former ones that count, in this order; none for an unknown user."""
    current = password_of(session, username)
    return [] if current is None else [current, *former_of(session, username)]


def disable(session: Session, username: str, by: str, now: datetime) -> bool:
    """Close an account and end its sessions; False if there is none. `by`: who does it."""
    user = session.get(UserRow, username, with_for_update=True)
    if user is None:
        return False
    if user.active:
        user.active, user.disabled_at, user.disabled_by = False, now, by
    end_sessions(session, username)
    return True


def enable(session: Session, username: str) -> bool:
    """Open a closed account again, with the password that it had; False if there is none."""
    user = session.get(UserRow, username, with_for_update=True)
    if user is None:
        return False
    user.active, user.disabled_at, user.disabled_by = True, None, None
    return True


def change_role(session: Session, username: str, role: Role) -> bool:
    """Another role, and all sessions of before end; False if there is no such account.

    Who may not stand where he does with it stands nowhere, until somebody gives him a place.
    """
    user = session.get(UserRow, username, with_for_update=True)
    if user is None:
        return False
    if user.role != role:
        user.role = role
        unit = unit_of(session, user.unit_id) if user.unit_id is not None else None
        if unit is None or unit.kind not in STANDS_AT[role]:
            user.unit_id = None
        user.courier_id = None
        end_sessions(session, username)
    return True


def put_at(session: Session, username: str, place: Place) -> bool:
    """Another place, one where the account's role may stand, and all sessions of before end; False: no such account."""
    user = session.get(UserRow, username, with_for_update=True)
    if user is None:
        return False
    if (user.unit_id, user.courier_id) != place:
        user.unit_id, user.courier_id = place
        end_sessions(session, username)
    return True


def end_sessions_at(session: Session, units: Collection[str]) -> int:
    """End the sessions of everybody who stands at one of these units, which have been closed; how many were ended."""
    there = select(UserRow.username).where(UserRow.unit_id.in_(units))
    return sum(end_sessions(session, username) for username in session.scalars(there))


def district_keepers(session: Session) -> list[str]:
    """Who keeps the accounts of the whole district and could log in."""
    keepers = select(UserRow.username).filter_by(role=Role.SECURITY, active=True, unit_id=DISTRICT)
    return list(session.scalars(keepers.order_by(UserRow.username)))


def without_place(session: Session) -> list[str]:
    """Open accounts to which nothing is opened: without a unit, or couriers who are none in particular."""
    nobody = and_(UserRow.role == Role.COURIER, UserRow.courier_id.is_(None))
    nowhere = select(UserRow.username).where(UserRow.active, or_(UserRow.unit_id.is_(None), nobody))
    return list(session.scalars(nowhere.order_by(UserRow.username)))


def is_last(session: Session, username: str, role: Role, unit_id: str) -> bool:
    """Whether nobody else of this role at this unit could still log in; those accounts are held until the end."""
    of_role = select(UserRow.username).filter_by(role=role, active=True, unit_id=unit_id).order_by(UserRow.username)
    return list(session.scalars(of_role.with_for_update())) == [username]
