"""What the scanning tool asks for beside the work lists: who is signed in, where a parcel of the district belongs."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from sqlalchemy import or_, select

from domain.terms import Role
from domain.units import HALL
from parcels.outlets import outlets_now
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from web.answers.devices import DeviceStanding
from web.answers.scan_desk import ParcelPlaces, ScanStart
from web.foundation.context import Ctx
from web.security.devices import DEVICE, needs_device, proven, used
from web.security.session import PostDevice, caller, only
from web.views import wording

MINIMUM_SHELL: Final = 2
"""What a shell must be able to do (`SHELL` in web/static/js/scan/app.js); raised when an older one would do harm."""

_ENDED_SINCE: Final = timedelta(days=3)
_AT_MOST: Final = 5000

router = APIRouter(prefix="/api/v1", tags=["寄递"])

Scanning = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.COURIER, Role.CLERK))]


@router.get("/scan/start", operation_id="startScanning", response_model=ScanStart)
def start(person: Scanning, ctx: Ctx) -> dict[str, Any]:
    """Who scans here, the places there are, where he works, and the oldest shell that may go on."""
    with ctx.database.read() as session:
        places = [{"id": outlet.id, "name": outlet.name} for outlet in outlets_now(session)]
    return {
        "person": {
            "username": person.username,
            "role": person.role,
            "roleLabel": wording.ROLES[person.role],
            "outletId": next(iter(person.reach.outlets)) if len(person.reach.outlets) == 1 else None,
        },
        "outlets": places,
        "worksAt": _works_at(person, [place["id"] for place in places]),
        "minimumShell": MINIMUM_SHELL,
        "deviceNeeded": needs_device(ctx),
        "serverTime": ctx.now().isoformat(),
    }


@router.get("/scan/device", operation_id="getOwnDevice", response_model=DeviceStanding)
def own_device(request: Request, ctx: Ctx) -> dict[str, Any]:
    """What an enrolled device is told about itself, by its signature alone: so it hears of its end without a login.

    With a session it is that login's device from now on. Refused: 403 DEVICE_UNKNOWN, DEVICE_REVOKED, DEVICE_SIGNATURE,
    DEVICE_OTHER; 409 DEVICE_CLOCK.
    """
    device = proven(request, ctx, request.headers.get(DEVICE, ""), b"")
    person = caller(request, ctx)
    if person is not None:
        ctx.auditor.known(request, person)
        used(ctx, person, device)
    return {
        "name": device.name,
        "outletId": device.outlet_id,
        "username": device.username,
        "serverTime": ctx.now().isoformat(),
    }


def _works_at(person: LoggedIn, outlets: list[str]) -> list[str]:
    """Whose work lists he may ask for: the hall's, his outlets'."""
    hall = [HALL] if person.role is Role.CLERK or person.reach.post else []
    return [*hall, *(each for each in outlets if person.role is not Role.CLERK and each in person.reach.outlets)]


@router.get("/scan/parcels", operation_id="listParcelPlaces", response_model=ParcelPlaces)
def parcels(_person: PostDevice, ctx: Ctx) -> dict[str, Any]:
    """Parcels under way in the district, and those that ended in the last three days: number, place, stage; no person.

    At most 5000, latest orders first; so a device knows without a network what belongs elsewhere or was cancelled.
    """
    recent = or_(LegRow.ended_at.is_(None), LegRow.ended_at > ctx.now() - _ENDED_SINCE)
    asked = select(LegRow).where(recent).order_by(LegRow.ordered_at.desc(), LegRow.leg_id).limit(_AT_MOST)
    with ctx.database.read() as session:
        rows = session.scalars(asked).all()
        return {
            "parcels": [
                {
                    "number": leg.tracking_no or leg.leg_id,
                    "leg": leg.leg,
                    "outletId": leg.outlet_id,
                    "stage": leg.stage,
                    "ended": leg.ended_at is not None,
                }
                for leg in rows
            ]
        }
