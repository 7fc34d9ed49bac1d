"""What the scanning tool asks for beside the work lists: who is signed in, where a parcel of the district belongs."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from sqlalchemy import or_, select

from domain.terms import Role
from parcels.outlets import outlets_now
from storage.parcels.legs import CourierRow, LegRow
from storage.people.users import LoggedIn
from web.answers.scan_desk import ParcelPlaces, ScanStart
from web.foundation.context import Ctx
from web.security.session import only
from web.views import wording

MINIMUM_SHELL: Final = 1
"""What a shell must be able to do (`SHELL` in web/static/js/scan/app.js); raised when an older one would do harm."""

_ENDED_SINCE: Final = timedelta(days=3)
_AT_MOST: Final = 5000

router = APIRouter(prefix="/api/v1", tags=["寄递"])

Scanning = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.COURIER, Role.CLERK))]


@router.get("/scan/start", operation_id="startScanning", response_model=ScanStart)
def start(person: Scanning, ctx: Ctx) -> dict[str, Any]:
    """Who scans here, the places there are, and the oldest shell that may go on."""
    with ctx.database.read() as session:
        courier = session.get(CourierRow, person.username)
        places = [{"id": outlet.id, "name": outlet.name} for outlet in outlets_now(session)]
    return {
        "person": {
            "username": person.username,
            "role": person.role,
            "roleLabel": wording.ROLES[person.role],
            "outletId": courier.outlet_id if courier else None,
        },
        "outlets": places,
        "minimumShell": MINIMUM_SHELL,
        "serverTime": ctx.now().isoformat(),
    }


@router.get("/scan/parcels", operation_id="listParcelPlaces", response_model=ParcelPlaces)
def parcels(_person: Scanning, ctx: Ctx) -> dict[str, Any]:
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
