"""Devices that may scan (登记设备): whose they are, the key each signs with, and how one is enrolled and stopped.

Of a key only the public half is here; the private one never leaves its device. A code with which a device is enrolled
is kept as a keyed hash, for ten minutes and one use. What became of a device before it was enrolled anew is on the
audit trail.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, String, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.devices import CODE_VALID, NAME_LENGTH, DeviceEnd
from storage.base import Base
from storage.people.session_list import end_sessions
from storage.people.sessions import LoginRow
from storage.people.typed_codes import digest_of, fresh_code

SEEN_NOTED_EVERY: Final = timedelta(minutes=5)
"""That a device is in use is written down so often at most."""

_CODE_LENGTH: Final = 8  # 39 bits for ten minutes, and five guesses a quarter of an hour for each account
_CODE_OF: Final = "device"


class EnrolledDeviceRow(Base):
    """A device that was enrolled, live until `revoked_at`.

    `outlet_id`: the place that looks after it, an outlet or `hall`. `username`: the one login that may use it; None:
    every login of the place. `public_key`: DER of a SubjectPublicKeyInfo on P-256. `last_seen_at`, `last_seen_by`: when
    it last proved itself and for which login, within `SEEN_NOTED_EVERY`. `reason`: a `DeviceEnd`.
    """

    __tablename__ = "enrolled_device"

    device_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    outlet_id: Mapped[str] = mapped_column(String(32), index=True)
    username: Mapped[str | None] = mapped_column(String(64))
    public_key: Mapped[bytes]
    invited_by: Mapped[str] = mapped_column(String(64))
    enrolled_by: Mapped[str] = mapped_column(String(64))
    enrolled_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    last_seen_by: Mapped[str | None] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(16))


class DeviceCodeRow(Base):
    """A code that enrols one device (登记码), not used yet. `digest`: hex HMAC-SHA-256; the rest is the device's."""

    __tablename__ = "device_code"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    outlet_id: Mapped[str] = mapped_column(String(32))
    username: Mapped[str | None] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Owner(NamedTuple):
    """Whose a device is: the place that looks after it, and the one login that may use it, where it is not all's."""

    outlet_id: str
    username: str | None


class Invitation(NamedTuple):
    """What a code was made for, and by whom."""

    name: str
    owner: Owner
    made_by: str


def invite(session: Session, key: bytes, wanted: Invitation, now: datetime) -> str:
    """A code that enrols one device within ten minutes, as it is told once. Codes that are over go on the way.

    `key`: `runtime.container:device_key`.
    """
    session.execute(delete(DeviceCodeRow).where(DeviceCodeRow.expires_at <= now))
    code = fresh_code(_CODE_LENGTH)
    row = DeviceCodeRow(digest=digest_of(key, _CODE_OF, code), name=wanted.name, made_by=wanted.made_by)
    row.outlet_id, row.username, row.expires_at = *wanted.owner, now + CODE_VALID
    session.add(row)
    return code


def take_code(session: Session, key: bytes, typed: str, now: datetime) -> Invitation | None:
    """What a code was made for; it is used up with the caller's transaction. None: unknown, used, or over."""
    row = session.get(DeviceCodeRow, digest_of(key, _CODE_OF, typed), with_for_update=True)
    if row is None or row.expires_at <= now:
        return None
    session.delete(row)
    return Invitation(row.name, Owner(row.outlet_id, row.username), row.made_by)


def enrol(
    session: Session, device_id: str, invitation: Invitation, public_key: bytes, by: str, now: datetime
) -> EnrolledDeviceRow | None:
    """Let a device sign from now on, also one that was stopped before; None where it is live already.

    `by`: the login that has typed the code.
    """
    row = session.get(EnrolledDeviceRow, device_id, with_for_update=True)
    if row is not None and row.revoked_at is None:
        return None
    if row is None:
        row = EnrolledDeviceRow(device_id=device_id)
        session.add(row)
    row.name, row.public_key, row.invited_by = invitation.name, public_key, invitation.made_by
    row.outlet_id, row.username = invitation.owner
    row.enrolled_by, row.enrolled_at = by, now
    row.last_seen_at = row.last_seen_by = row.revoked_at = row.revoked_by = row.reason = None
    return row


def revoke(session: Session, device_id: str, by: str, reason: DeviceEnd, now: datetime) -> int | None:
    """Stop a device, and end every session of each login that was seen on it, and of the one that it belongs to.

    Returns how many sessions; None where there is no such live device. Nothing is cached: who looks next sees it.
    """
    row = session.get(
        EnrolledDeviceRow, device_id, with_for_update=True
    )  # a session being bound to it waits, or is seen
    if row is None or row.revoked_at is not None:
        return None
    row.revoked_at, row.revoked_by, row.reason = now, by, reason
    out = set(session.scalars(select(LoginRow.username).filter_by(device_id=device_id)))
    if row.username is not None:
        out.add(row.username)
    return sum(end_sessions(session, username) for username in sorted(out))


def bind(session: Session, device_id: str, login: str) -> bool:
    """Note that a session (id of its login) is on a device, so that it ends with it; False where that is stopped."""
    row = session.get(EnrolledDeviceRow, device_id, with_for_update={"read": True})
    if row is None or row.revoked_at is not None:
        return False
    session.execute(update(LoginRow).where(LoginRow.token_sha256 == login).values(device_id=device_id))
    return True


def note_use(session: Session, device_id: str, username: str, now: datetime) -> None:
    """A device has just proved itself for a login; nothing where that was noted lately."""
    row = EnrolledDeviceRow
    old = or_(row.last_seen_at.is_(None), row.last_seen_at <= now - SEEN_NOTED_EVERY, row.last_seen_by != username)
    session.execute(update(row).where(row.device_id == device_id, old).values(last_seen_at=now, last_seen_by=username))


def is_note_due(row: EnrolledDeviceRow, username: str, now: datetime) -> bool:
    """Whether `note_use` would write, by what was read."""
    last = row.last_seen_at
    return last is None or now - last >= SEEN_NOTED_EVERY or row.last_seen_by != username


def devices(
    session: Session,
    places: Collection[str] | None,
    *,
    size: int,
    username: str | None = None,
    after: tuple[str, str] | None = None,
) -> list[EnrolledDeviceRow]:
    """Devices by name, those that are stopped too; `places`: of these only. `after`: (name, id) of the last.

    `username`: without those that are for another login alone.
    """
    row = EnrolledDeviceRow
    conditions = _at(places)
    if username is not None:
        conditions.append(or_(row.username.is_(None), row.username == username))
    if after is not None:
        name, device_id = after
        conditions.append(or_(row.name > name, (row.name == name) & (row.device_id > device_id)))
    return list(session.scalars(select(row).where(*conditions).order_by(row.name, row.device_id).limit(size)))


def live_devices(session: Session, places: Collection[str] | None) -> dict[Owner, int]:
    """How many live devices each owner has; `places`: of these only."""
    row = EnrolledDeviceRow
    counted = select(row.outlet_id, row.username, func.count()).where(row.revoked_at.is_(None), *_at(places))
    rows = session.execute(counted.group_by(row.outlet_id, row.username))
    return {Owner(place, username): count for place, username, count in rows}


def _at(places: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if places is None else [EnrolledDeviceRow.outlet_id.in_(sorted(places))]
