"""Outlets and couriers: centres, pickups, work lists, who is on duty, suspensions, figures."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.area_suspensions import suspensions
from domain.dossier import Contact
from domain.terms import Datum, Leg, ParcelStage, Role
from logistics.geo import Point
from logistics.masking import mask_name
from logistics.outlets import Outlet, in_district, nearest
from logistics.promise import OfferObstacle, offer
from logistics.promise_model import PromiseOrder, PromiseTerms
from logistics.service_calendar import Hours
from logistics.wording import offer_sentence
from parcels import outlets as book
from parcels.outlets import outlet_now, outlets_now
from runtime.container import promise_rules
from storage.keyset import Segment, read_page
from storage.parcels.code_checks import asks_code
from storage.parcels.legs import CourierRow, LegRow, SuspensionRow
from storage.people.users import LoggedIn
from storage.work_lists import papers_to_check, stops_of
from web.answers.outlets import (
    CourierList,
    CourierShown,
    OutletList,
    OutletShown,
    PickupOffer,
    SuspensionDeclared,
    WorkList,
    WorkVersionShown,
)
from web.foundation.context import Context, Ctx
from web.foundation.paging import After, mark_of, token_of
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.foundation.work_version import LOOK_S
from web.security.session import Anybody, OutletKeeper, Post, only
from web.views.bags import coming_to, to_bag

router = APIRouter(prefix="/api/v1", tags=["寄递"])

OutletStaff = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.COURIER, Role.CLERK, Role.SUPERVISOR))]

HALL = "hall"
"""The work list of our own hall: papers that have come and wait to be checked."""


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

    Refused: 404 OUTLET_UNKNOWN; 422 OUTLET_POINT, OUTLET.
    """
    if (wanted.lat is None) != (wanted.lon is None) or (wanted.lat is not None and wanted.accuracy_m is None):
        raise Unprocessable("改坐标时请同时填写经纬度和精度", code="OUTLET_POINT", field="lat")
    dropped = {"datum"} if wanted.lat is None else set()
    fresh = wanted.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=dropped)
    with ctx.database.write() as session:
        outlet = book.change_outlet(session, outlet_id, fresh, keeper.username, ctx.now())
    ctx.notify()
    return _outlet(outlet)


class DutyRequest(RequestSchema):
    """`PATCH /couriers/{id}`. `on_duty` false: ill, until true is said."""

    on_duty: bool


@router.get("/couriers", operation_id="listCouriers", response_model=CourierList)
def couriers(_post: OutletStaff, ctx: Ctx) -> dict[str, Any]:
    """All couriers of the district: where they serve, and whether they may be sent now."""
    with ctx.database.read() as session:
        known = {outlet.id: outlet for outlet in outlets_now(session)}
        rows = session.scalars(select(CourierRow).order_by(CourierRow.courier_id))
        return {"couriers": [_courier(row, known) for row in rows]}


@router.patch("/couriers/{courier_id}", operation_id="changeCourier", response_model=CourierShown)
def change_courier(courier_id: str, wanted: DutyRequest, _keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """A courier is ill or back: what was not begun is planned on others. Refused: 404 COURIER_UNKNOWN."""
    with ctx.database.write() as session:
        row = book.set_on_duty(session, courier_id, wanted.on_duty, ctx.now())
        answer = _courier(row, {outlet.id: outlet for outlet in outlets_now(session)})
    ctx.notify()
    return answer


def _courier(row: CourierRow, known: dict[str, Outlet]) -> dict[str, Any]:
    return {
        "id": row.courier_id,
        "outletId": row.outlet_id,
        "onDuty": row.off_since is None,
        "available": book.may_be_sent(row, known) and row.on_duty,
        "seenAt": row.seen_at.isoformat() if row.seen_at else None,
    }


@router.get("/outlets/{outlet_id}/worklist", operation_id="getWorklist", response_model=WorkList)
def worklist(
    outlet_id: str,
    _post: Post,
    ctx: Ctx,
    after: After = None,
    size: Annotated[int, Query(ge=1, le=500)] = 500,
) -> dict[str, Any]:
    """Open stops of an outlet's couriers as planned, or at `hall` the papers that wait to be checked.

    `next`: the page after this one. Refused: 404 OUTLET_UNKNOWN; 422 CURSOR.
    """
    with ctx.database.read() as session:
        page = read_page(session, select(LegRow), jobs_of(session, outlet_id), size=size, after=mark_of(after))
        jobs = [job_shown(ctx, row.LegRow) for row in page.rows]
        first = after is None
        coming, going = (coming_to(session, outlet_id), to_bag(session, outlet_id)) if first else ([], [])
    return {
        "outletId": outlet_id,
        "serverTime": ctx.now().isoformat(),
        "timeScale": ctx.settings.time_scale,
        "jobs": jobs,
        "next": token_of(page.next),
        "bags": coming,
        "toBag": going,
    }


@router.get("/worklists/changes", operation_id="awaitWorkListChange", response_model=WorkVersionShown)
async def await_change(
    request: Request,
    _post: Post,
    ctx: Ctx,
    known: Annotated[str, Query(max_length=64, description="the `version` of the last answer")] = "",
    wait: Annotated[int, Query(ge=0, le=25, description="seconds to wait for another one")] = 0,
) -> dict[str, str]:
    """Answered as soon as any work list is no longer as in the version that is `known`, at the latest after `wait`.

    So a device hears of a new stop within half a second, and asks for its list only then (long poll).
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while True:
        version = await asyncio.to_thread(ctx.work_version)
        if version != known or loop.time() >= until or await _is_over(request):
            return {"version": version}
        await asyncio.sleep(LOOK_S)


async def _is_over(request: Request) -> bool:
    """Nobody listens any more, or this process is to end."""
    return bool(request.app.state.is_stopping()) or await request.is_disconnected()


def jobs_of(session: Session, outlet_id: str) -> tuple[Segment, ...]:
    """The segments of an outlet's work list, or of the hall's (`HALL`).

    Raises:
        NotFound: no such outlet (`OUTLET_UNKNOWN`).
    """
    if outlet_id == HALL:
        return papers_to_check(ParcelStage.DELIVERED)
    outlet_now(session, outlet_id)
    return stops_of(outlet_id)


def job_shown(ctx: Context, leg: LegRow) -> dict[str, Any]:
    """A stop as the courier sees it, as JSON: the address in full, the person masked."""
    contact = contact_of(ctx, leg)
    return {
        "legId": leg.leg_id,
        "leg": leg.leg,
        "caseNo": leg.case_no,
        "trackingNo": leg.tracking_no,
        "epoch": leg.epoch,
        "stage": leg.stage,
        "courierId": leg.courier_id,
        "orderedAt": leg.ordered_at.isoformat(),
        "plannedArrivalAt": leg.planned_arrival_at.isoformat() if leg.planned_arrival_at else None,
        "deadlineAt": leg.deadline_at.isoformat() if leg.deadline_at else None,
        "arrived": leg.arrived_at is not None,
        "address": {
            "text": contact.address if contact else None,
            "lat": leg.lat,
            "lon": leg.lon,
            "datum": Datum.WGS84,
        },
        "contact": {
            "nameMasked": mask_name(contact.contact_name) if contact else None,
            "phoneTail": contact.contact_phone[-4:] if contact else None,
        },
        "papers": leg.manifest,
        "sealNo": leg.seal_no,
        "signSelf": leg.sign_self,
        "asksCode": asks_code(leg),
    }


def contact_of(ctx: Context, leg: LegRow) -> Contact | None:
    """Whom to ask for and where, opened; None for a leg that has no door of its own."""
    if leg.contact is None:
        return None
    return Contact.model_validate_json(ctx.sealer.open(leg.contact, f"leg/{leg.leg_id}"))


class SuspensionRequest(RequestSchema):
    """`POST /suspensions`. `outlet_id`: None for the whole district; times with a zone."""

    outlet_id: str | None = Field(default=None, max_length=32)
    from_at: datetime
    to_at: datetime
    reason: str = Field(min_length=1, max_length=200)


@router.post("/suspensions", status_code=201, operation_id="suspendService", response_model=SuspensionDeclared)
def suspend(wanted: SuspensionRequest, keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """Declare a suspension (暂停服务) of an outlet's area: the promise's clock stands still there meanwhile.

    Refused: 404 OUTLET_UNKNOWN; 422 SUSPENSION.
    """
    if wanted.from_at.tzinfo is None or wanted.to_at.tzinfo is None or wanted.to_at <= wanted.from_at:
        raise Unprocessable("起止时间要带时区，且结束晚于开始", code="SUSPENSION", field="toAt")
    with ctx.database.write() as session:
        row = SuspensionRow(
            outlet_id=wanted.outlet_id,
            from_at=wanted.from_at,
            to_at=wanted.to_at,
            declared_at=ctx.now(),
            reason=wanted.reason,
            by=keeper.username,
        )
        if wanted.outlet_id is not None:
            outlet_now(session, wanted.outlet_id)
        session.add(row)
        session.flush()
        book.ask_for_dispatch(session, f"suspension-{row.id}", ctx.now())
        answer = {"id": row.id, "outletId": row.outlet_id}
    ctx.notify()
    return answer


class PickupRequest(RequestSchema):
    """`POST /pickups`: the place of a door, before anybody orders it."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    datum: Datum = Datum.WGS84


@router.post("/pickups", operation_id="offerPickup", response_model=PickupOffer)
def offer_pickup(wanted: PickupRequest, _anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
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
