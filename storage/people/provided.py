"""Accounts of the unit's unified login (统一认证): who stands behind a provider's subject, his role and unit by it."""

import hashlib
import re
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.terms import Role
from domain.units import STANDS_AT
from storage.base import Base
from storage.people.accounts import Place, change_role, put_at
from storage.people.passwords import PasswordHash
from storage.people.session_list import end_sessions
from storage.people.units import unit_of
from storage.people.users import UserRow

PREFIX: Final = "oidc:"
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")
_LIKE_A_PERSONS_NUMBER: Final = re.compile(r"[0-9]{11}|[0-9]{15}|[0-9]{17}[0-9Xx]")


class ProvidedAccountRow(Base):
    """An account that a provider vouches for. `subject_sha256`: hex SHA-256 of its issuer and subject.

    `unit`: what the provider called the person's unit at the last login; `seen_at`: when that was.
    """

    __tablename__ = "provided_account"

    subject_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("user_account.username"), unique=True)
    unit: Mapped[str] = mapped_column(String(120))
    seen_at: Mapped[datetime]


class Provided(NamedTuple):
    """What a provider says of a person: the digest of who he is, his role of ours, his unit in its own words.

    `places`: whether it says where people stand at all; then `unit_id` is the unit of ours that it means, or None.
    """

    subject_sha256: str
    role: Role
    unit: str
    places: bool = False
    unit_id: str | None = None


def subject_digest(issuer: str, subject: str) -> str:
    """Under which an account is found again: two providers may call different people alike."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


def name_for(issuer: str, subject: str) -> str:
    """`oidc:` and the subject; a digest of it where it would not do as a name, or looks like a person's number."""
    if _PLAIN.fullmatch(subject) and not _LIKE_A_PERSONS_NUMBER.fullmatch(subject):
        return f"{PREFIX}{subject}"
    return f"{PREFIX}{subject_digest(issuer, subject)[:24]}"


def provide(session: Session, said: Provided, name: str, unusable: PasswordHash, now: datetime) -> str | None:
    """The account of whom the provider vouches for, made at his first login, with today's role and place: its username.

    `name`: for a new one; `unusable`: a password that nobody knows. Returns None where the account was closed here.
    Where the provider does not say where people stand, who keeps the accounts does.
    """
    known = session.get(ProvidedAccountRow, said.subject_sha256, with_for_update=True)
    if known is None:
        taken = session.get(UserRow, name) is not None
        username = f"{PREFIX}{said.subject_sha256[:24]}" if taken else name
        row = UserRow(username=username, role=said.role, password=unusable, active=True, created_at=now)
        row.must_change, row.vetted = False, True
        session.add(row)
        session.flush()
        known = ProvidedAccountRow(subject_sha256=said.subject_sha256, username=username)
        session.add(known)
    user = session.get_one(UserRow, known.username)
    known.unit, known.seen_at = said.unit, now
    if not user.active:
        return None
    change_role(session, known.username, said.role)
    if said.places:
        put_at(session, known.username, _place(session, user, said))
    return known.username


def _place(session: Session, user: UserRow, said: Provided) -> Place:
    """Where the provider puts him, if his role may stand there; which courier he is stays while he stays."""
    unit = unit_of(session, said.unit_id) if said.unit_id is not None else None
    if unit is None or unit.kind not in STANDS_AT[said.role]:
        return Place()
    return Place(unit.id, user.courier_id if user.unit_id == unit.id else None)


def end_sessions_of(session: Session, subject_sha256: str) -> str | None:
    """The provider says that this person has logged out: whose sessions ended; None for somebody unknown."""
    username = session.scalar(select(ProvidedAccountRow.username).filter_by(subject_sha256=subject_sha256))
    if username is not None:
        end_sessions(session, username)
    return username
