"""Devices that scan (设备): who looks after a place makes a code, whoever types it on a device enrols it; and its end.

Decision 63; what a device signs: docs/postal.md "An enrolled device".
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.devices import CODE_VALID, DEVICE_ID, MAY_SCAN, NAME_LENGTH, DeviceEnd, may_use, places_of
from domain.errors import BadInput, Conflict, NotFound
from domain.terms import Role
from domain.units import HALL, reach_of
from parcels.outlets import outlet_now
from runtime.container import device_key, tries_key
from storage.parcels.legs import CourierRow
from storage.people import devices as stored
from storage.people.account_list import accounts_within
from storage.people.devices import EnrolledDeviceRow, Invitation, Owner
from storage.people.units import units_now
from storage.people.users import LoggedIn, UserRow
from storage.people.wrong_tries import Counted, give_back, slot_of, take_try
from web.answers.devices import DeviceCode, DeviceList, DeviceShown, DeviceStopped
from web.foundation.auditing import about, because
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, TooBusy, Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.device_keys import public_key_of
from web.security.devices import check_signed
from web.security.objects import check_kept
from web.security.session import DeviceKeeper, only

router = APIRouter(prefix="/api/v1", tags=["设备"])

_A_PAGE: Final = 200
_WRONG: Final = ("DEVICE_CODE", "DEVICE_OTHER")

Scans = Annotated[LoggedIn, Depends(only(*MAY_SCAN))]


class NewDevice(RequestSchema):
    """`POST /devices:invite`. `name`: what people call the device; no personal data. `outlet_id`: an outlet or `hall`.

    `username`: the one login that may use it; null: every login there.
    """

    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    outlet_id: str = Field(max_length=32)
    username: str | None = Field(default=None, max_length=64)


class Enrolment(RequestSchema):
    """`POST /devices:enrol`. `public_key`: of the signing key, base64 of a SubjectPublicKeyInfo on P-256."""

    code: str = Field(min_length=1, max_length=32)
    device_id: str = Field(pattern=DEVICE_ID)
    public_key: str = Field(max_length=200)


class Stop(RequestSchema):
    """`POST /devices/{deviceId}/revoke`."""

    reason: DeviceEnd


class Wanted(NamedTuple):
    """Which devices: of one place, with which one account may scan; None: whatever a keeper looks after."""

    outlet_id: str | None = None
    username: str | None = None


class TooManyDeviceCodes(TooBusy):
    """Too many codes were wrong for this login; for so long none is looked at (`DEVICE_LOCKED`)."""

    def __init__(self, wait: timedelta) -> None:
        self.retry_after_s = max(1, int(wait.total_seconds()))
        super().__init__("登记码多次不对，请一刻钟后再试，或请网点负责人核对。", code="DEVICE_LOCKED")


@router.get("/devices", operation_id="listDevices", response_model=DeviceList)
def list_devices(
    keeper: DeviceKeeper,
    ctx: Ctx,
    outlet_id: Annotated[str | None, Query(alias="outletId", max_length=32)] = None,
    after: Annotated[str, Query(max_length=64)] = "",
    size: Annotated[int, Query(ge=1, le=_A_PAGE)] = 50,
) -> dict[str, Any]:
    """Devices by name, those that were stopped too; who keeps an outlet sees that outlet's alone.

    Refused: 403 OTHER_OUTLET, OTHER_HALL.
    """
    if outlet_id is not None:
        check_kept(keeper, outlet_id)
    rows, following = page_of(ctx, keeper, Wanted(outlet_id), size=size, after=after)
    return {"devices": [shown(row) for row in rows], "next": following}


@router.post("/devices:invite", operation_id="inviteDevice", status_code=201, response_model=DeviceCode)
def invite_device(wanted: NewDevice, keeper: DeviceKeeper, ctx: Ctx) -> dict[str, Any]:
    """A code that is shown once: whoever types it on a device within ten minutes enrols that one.

    Refused: 403 OTHER_OUTLET, OTHER_HALL; 404 OUTLET_UNKNOWN; 422 DEVICE_LOGIN (that login can't scan there).
    """
    return invite(ctx, keeper, wanted)


@router.post("/devices:enrol", operation_id="enrolDevice", status_code=201, response_model=DeviceShown)
async def enrol_device(wanted: Enrolment, request: Request, person: Scans, ctx: Ctx) -> dict[str, Any]:
    """Enrol the device that signs this request with the key that it names; again with the same key is harmless.

    Refused: 403 DEVICE_SIGNATURE, DEVICE_OTHER (the code is for another login or place); 409 DEVICE_CLOCK,
    DEVICE_ENROLLED, DEVICE_TAKEN; 422 DEVICE_CODE, DEVICE_KEY; 429 DEVICE_LOCKED.
    """
    body = await request.body()
    return await asyncio.to_thread(_enrolled, ctx, request, person, wanted, body)


@router.post("/devices/{device_id}/revoke", operation_id="revokeDevice", response_model=DeviceStopped)
def revoke_device(device_id: str, wanted: Stop, keeper: DeviceKeeper, ctx: Ctx) -> dict[str, Any]:
    """Stop a device at once: nothing that it sends counts any more, and the sessions on it are over.

    Refused: 403 OTHER_OUTLET, OTHER_HALL; 404 DEVICE_UNKNOWN; 409 DEVICE_STOPPED.
    """
    ended = revoke(ctx, keeper, device_id, wanted.reason)
    with ctx.database.read() as session:
        return shown(session.get_one(EnrolledDeviceRow, device_id)) | {"sessionsEnded": ended}


def page_of(
    ctx: Context, keeper: LoggedIn, wanted: Wanted, *, size: int, after: str = ""
) -> tuple[list[EnrolledDeviceRow], str | None]:
    """A page of devices that a keeper looks after, and the `after` of the next one."""
    with ctx.database.read() as session:
        places = places_of(keeper.role, keeper.reach)
        if wanted.outlet_id is not None:
            places = _both(places, frozenset({wanted.outlet_id}))
        if wanted.username is not None:
            seen = select(UserRow).where(UserRow.username == wanted.username, *accounts_within(keeper))
            places = _both(places, _scans_at(session, session.scalar(seen)))
        last = session.get(EnrolledDeviceRow, after) if after else None
        mark = None if last is None else (last.name, last.device_id)
        rows = stored.devices(session, places, size=size + 1, username=wanted.username, after=mark)
    return rows[:size], rows[size - 1].device_id if len(rows) > size else None


def _both(some: frozenset[str] | None, others: frozenset[str] | None) -> frozenset[str] | None:
    """The places that are among both; None: everywhere."""
    if some is None or others is None:
        return others if some is None else some
    return some & others


def _scans_at(session: Session, user: UserRow | None) -> frozenset[str] | None:
    """Places at which an account scans; none where there is no such account, or it is closed."""
    if user is None or not user.active or user.role not in MAY_SCAN:
        return frozenset()
    return places_of(Role(user.role), reach_of(units_now(session), user.unit_id))


def invite(ctx: Context, keeper: LoggedIn, wanted: NewDevice) -> dict[str, Any]:
    """As `POST /devices:invite`."""
    now = ctx.now()
    with ctx.database.write() as session:
        check_kept(keeper, wanted.outlet_id)
        if wanted.outlet_id != HALL:
            outlet_now(session, wanted.outlet_id)
        check_login(session, wanted.username, wanted.outlet_id)
        owner = Owner(wanted.outlet_id, wanted.username)
        invitation = Invitation(wanted.name.strip(), owner, keeper.username)
        code = stored.invite(session, device_key(ctx.settings), invitation, now)
        about(f"{wanted.outlet_id} {wanted.username or ''}".strip())
    return {
        "code": code,
        "name": invitation.name,
        "outletId": wanted.outlet_id,
        "username": wanted.username,
        "validUntil": (now + CODE_VALID).isoformat(),
    }


def revoke(ctx: Context, keeper: LoggedIn, device_id: str, reason: DeviceEnd) -> int:
    """As `POST /devices/{deviceId}/revoke`: how many sessions were ended."""
    with ctx.database.write() as session:
        device = session.get(EnrolledDeviceRow, device_id)
        if device is None:
            raise NotFound("没有这台设备。", code="DEVICE_UNKNOWN")
        check_kept(keeper, device.outlet_id)
        because(reason)
        ended = stored.revoke(session, device_id, keeper.username, reason, ctx.now())
        if ended is None:
            raise Conflict("这台设备已经停用了。", code="DEVICE_STOPPED")
        return ended


def check_login(session: Session, username: str | None, place: str) -> None:
    """Nothing where this login can scan at this place, or nobody in particular is meant.

    Raises:
        Unprocessable: it can't (`DEVICE_LOGIN`).
    """
    if username is None:
        return
    if may_use(username, _scans_at(session, session.get(UserRow, username)), place, username):
        return
    raise Unprocessable("这个账号不能在这里扫描，请核对用户名和网点", code="DEVICE_LOGIN", field="username")


def shown(row: EnrolledDeviceRow) -> dict[str, Any]:
    """One device, for an answer."""
    times = {"enrolledAt": row.enrolled_at, "lastSeenAt": row.last_seen_at, "revokedAt": row.revoked_at}
    return {
        "deviceId": row.device_id,
        "name": row.name,
        "outletId": row.outlet_id,
        "username": row.username,
        "invitedBy": row.invited_by,
        "enrolledBy": row.enrolled_by,
        "lastSeenBy": row.last_seen_by,
        "revokedBy": row.revoked_by,
        "reason": row.reason,
        **{name: None if at is None else at.isoformat() for name, at in times.items()},
    }


def _enrolled(ctx: Context, request: Request, person: LoggedIn, wanted: Enrolment, body: bytes) -> dict[str, Any]:
    try:
        public_key = public_key_of(wanted.public_key)
    except ValueError as fault:
        raise Unprocessable("设备的密钥不对，请重新登记", code="DEVICE_KEY", field="publicKey") from fault
    check_signed(request, ctx, wanted.device_id, body, public_key)
    with _counted(ctx, person.username), ctx.database.write() as session:
        about(wanted.device_id)
        row = session.get(EnrolledDeviceRow, wanted.device_id, with_for_update=True)
        if row is None or row.revoked_at is not None:
            row = _taken(session, ctx, person, wanted, public_key)
        elif row.public_key != public_key:
            raise Conflict("这台设备已经登记过了；要重新登记，请先停用它。", code="DEVICE_ENROLLED")
        session.flush()
        stored.bind(session, row.device_id, person.login)
        return shown(row)


def _taken(session: Session, ctx: Context, person: LoggedIn, wanted: Enrolment, public_key: bytes) -> EnrolledDeviceRow:
    """A code is used up for a device that is not live."""
    if wanted.device_id != person.username and session.get(CourierRow, wanted.device_id) is not None:
        raise Conflict("这个设备编号是一位投递员的，请换一个编号。", code="DEVICE_TAKEN", field="deviceId")
    invitation = stored.take_code(session, device_key(ctx.settings), wanted.code, ctx.now())
    if invitation is None:
        raise Unprocessable("登记码不对、用过了或已过期，请网点负责人再取一个", code="DEVICE_CODE", field="code")
    if not may_use(person.username, places_of(person.role, person.reach), *invitation.owner):
        raise Forbidden("这个登记码是给别的网点或别的账号的，请核对登录的账号", code="DEVICE_OTHER")
    row = stored.enrol(session, wanted.device_id, invitation, public_key, person.username, ctx.now())
    if row is None:
        raise Conflict("这台设备刚刚登记好了，请重新打开“扫描”页。", code="DEVICE_ENROLLED")
    return row


@contextmanager
def _counted(ctx: Context, username: str) -> Iterator[None]:
    """Count what happens within as a guess at a code, unless the code was right or never looked at.

    Raises:
        TooManyDeviceCodes: five wrong ones within a quarter of an hour.
    """
    slots = {slot_of(tries_key(ctx.settings), Counted.DEVICE, username)}
    with ctx.database.write_plainly() as session:
        wait = take_try(session, slots, ctx.now())
    if wait is not None:
        raise TooManyDeviceCodes(wait)
    wrong = False
    try:
        yield
    except BadInput as refused:
        wrong = refused.code in _WRONG
        raise
    finally:
        if not wrong:
            with ctx.database.write_plainly() as session:
                give_back(session, slots)
