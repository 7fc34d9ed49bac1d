"""Outlets: centres and hours, what a pickup would be promised."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field, field_validator
from sqlalchemy.orm import Session

from activities.area_suspensions import suspensions
from domain.terms import Datum, Leg
from logistics.geo import Point
from logistics.outlets import Outlet, in_district, nearest
from logistics.promise import OfferObstacle, offer
from logistics.promise_model import PromiseOrder, PromiseTerms
from logistics.service_calendar import Hours
from logistics.wording import offer_sentence
from parcels import outlets as book
from parcels.outlets import outlets_now
from runtime.container import promise_rules
from web.answers.outlets import OutletList, OutletShown, PickupOffer
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import Anybody, OutletKeeper, OutletStaff

router = APIRouter(prefix="/api/v1", tags=["寄递"])


@router.get("/outlets", operation_id="listOutlets", response_model=OutletList)
def outlets(_anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """The outlets (circle centres), as shipped and as the district has changed them."""
    with ctx.database.read() as session:
        return {"outlets": [_outlet(outlet) for outlet in outlets_now(session)]}


def _outlet(outlet: Outlet) -> dict[str, Any]:
    return {
        "id": outlet.id,
        "name": outlet.name,
        "lat": outlet.point.lat,
        "lon": outlet.point.lon,
        "datum": outlet.point.datum,
        "accuracyM": outlet.accuracy_m,
        "confirmed": outlet.confirmed,
        "radiusM": outlet.radius_m,
        "hours": [f"{h.opens:%H:%M}-{h.closes:%H:%M}" for h in outlet.hours],
        "weekendHours": [f"{h.opens:%H:%M}-{h.closes:%H:%M}" for h in outlet.weekend_hours],
        "couriers": outlet.couriers,
        "capacityPerHour": outlet.capacity_per_hour,
        "open": outlet.open,
    }


class OutletRequest(RequestSchema):
    """`PATCH /outlets/{id}`: what the district may change; members left out stay. Hours as `08:30-17:30`."""

    name: str | None = Field(default=None, min_length=1, max_length=40)
    lat: float | None = Field(default=None, ge=29.3, le=29.8)
    lon: float | None = Field(default=None, ge=106.2, le=106.9)
    datum: Datum = Datum.WGS84
    accuracy_m: int | None = Field(default=None, gt=0, le=20_000)
    radius_m: int | None = Field(default=None, gt=0, le=20_000)
    couriers: int | None = Field(default=None, ge=0, le=200)
    capacity_per_hour: int | None = Field(default=None, gt=0, le=1000)
    hours: list[str] | None = Field(default=None, min_length=1, max_length=4)
    weekend_hours: list[str] | None = Field(default=None, max_length=4)
    open: bool | None = None

    @field_validator("hours", "weekend_hours")
    @classmethod
    def _hours(cls, value: list[str] | None) -> list[str] | None:
        for text in value or ():
            Hours.parse(text)
        return value


@router.patch("/outlets/{outlet_id}", operation_id="changeOutlet", response_model=OutletShown)
def change_outlet(outlet_id: str, wanted: OutletRequest, keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """Change an outlet; a point needs its accuracy. Legs that were to be served from it are planned anew.

    Whoever belongs to an outlet changes that one only. Refused: 403 OTHER_OUTLET; 404 OUTLET_UNKNOWN;
    422 OUTLET_POINT, OUTLET.
    """
    if (wanted.lat is None) != (wanted.lon is None) or (wanted.lat is not None and wanted.accuracy_m is None):
        raise Unprocessable("改坐标时请同时填写经纬度和精度", code="OUTLET_POINT", field="lat")
    dropped = {"datum"} if wanted.lat is None else set()
    fresh = wanted.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=dropped)
    with ctx.database.write() as session:
        outlet = book.change_outlet(session, outlet_id, fresh, keeper.username, ctx.now())
    ctx.notify()
    return _outlet(outlet)


class PickupRequest(RequestSchema):
    """`POST /pickups`: the place of a door, before anybody orders it."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    datum: Datum = Datum.WGS84


@router.post("/pickups", operation_id="offerPickup", response_model=PickupOffer)
def offer_pickup(wanted: PickupRequest, _staff: OutletStaff, ctx: Ctx) -> dict[str, Any]:
    """What a pickup at this door would be promised now, shown before it is confirmed."""
    with ctx.database.read() as session:
        return pickup_offer(session, ctx, Point(lat=wanted.lat, lon=wanted.lon, datum=wanted.datum))


def pickup_offer(session: Session, ctx: Context, at: Point) -> dict[str, Any]:
    """The answer of `POST /pickups` for this door; `at` in any datum."""
    point = at.to(Datum.WGS84)
    outlets, suspended = outlets_now(session), suspensions(session)
    terms = promise_rules(ctx.settings).terms(Leg.PICKUP, ctx.settings.time_scale)
    best = nearest(point, 1, outlets)
    area = (best[0].outlet if best else outlets[0]).calendar(ctx.calendar.exceptions)
    order = PromiseOrder(
        leg=Leg.PICKUP, accepted_at=ctx.now(), point=point, outlet_id=best[0].outlet.id if best else None
    )
    found = offer(order, terms or PromiseTerms(), area, in_district=in_district(point), suspensions=suspended)
    if terms is None:
        found = found.model_copy(update={"obstacle": OfferObstacle.SWITCHED_OFF})
    return {
        "promised": found.promised,
        "obstacle": found.obstacle,
        "sentence": offer_sentence(Leg.PICKUP, found, ctx.now()),
        "startAt": found.start.isoformat(),
        "deadlineAt": found.deadline.isoformat() if terms else None,
        "startsLater": found.starts_later,
        "outletId": best[0].outlet.id if best else None,
        "distanceM": best[0].distance_m if best else None,
    }
