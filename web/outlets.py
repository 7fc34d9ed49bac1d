"""Outlets and couriers: centres, pickups, work lists, suspensions, parcels, hand-over."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Contact
from domain.errors import Conflict, NotFound
from domain.messages import HandedOver
from domain.naming import case_workflow_id
from domain.terms import Datum, Leg, ParcelStage, SignerKind
from logistics.geo import Point
from logistics.masking import mask_name
from logistics.outlets import Outlet, in_district, load_outlets, nearest
from logistics.promise import offer
from logistics.promise_model import PromiseOrder, PromiseTerms
from runtime.components import service_calendar
from storage.cases import CaseRow
from storage.legs import LegRow, OutletRow, SuspensionRow, leg_by_tracking_no
from storage.owing import still_owed
from storage.updates import queue_update
from web.casebook import parcel
from web.context import Context, Ctx
from web.problems import Unprocessable
from web.session import Anybody, Clerk, OutletKeeper, Post
from web.shapes import Shape

router = APIRouter(prefix="/api/v1", tags=["寄递"])

HALL = "hall"
"""The work list of our own hall: papers that have come and wait to be checked."""


@router.get("/outlets", operation_id="listOutlets")
def outlets(_anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """The circle centres, as shipped and as the district has changed them."""
    with ctx.database.read() as session:
        changes = {row.outlet_id: row.changes for row in session.scalars(select(OutletRow))}
    return {"outlets": [_outlet(o) | changes.get(o.id, {}) for o in load_outlets()]}


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


class OutletShape(Shape):
    """`PATCH /outlets/{id}`: what the district may change."""

    name: str | None = Field(default=None, min_length=1, max_length=40)
    lat: float | None = Field(default=None, ge=29.3, le=29.8)
    lon: float | None = Field(default=None, ge=106.2, le=106.9)
    accuracy_m: int | None = Field(default=None, gt=0, le=20_000)
    radius_m: int | None = Field(default=None, gt=0, le=20_000)
    couriers: int | None = Field(default=None, ge=0, le=200)
    capacity_per_hour: int | None = Field(default=None, gt=0, le=1000)
    open: bool | None = None


@router.patch("/outlets/{outlet_id}", operation_id="changeOutlet")
def change_outlet(outlet_id: str, wanted: OutletShape, keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """Change an outlet; a point needs its accuracy."""
    known = next((o for o in load_outlets() if o.id == outlet_id), None)
    if known is None:
        raise NotFound("没有这个网点", code="OUTLET_UNKNOWN")
    if (wanted.lat is None) != (wanted.lon is None) or (wanted.lat is not None and wanted.accuracy_m is None):
        raise Unprocessable("改坐标时请同时填写经纬度和精度", code="OUTLET_POINT", field="lat")
    fresh = wanted.model_dump(by_alias=True, exclude_none=True)
    with ctx.database.write() as session:
        row = session.get(OutletRow, outlet_id, with_for_update=True)
        if row is None:
            row = OutletRow(outlet_id=outlet_id, changes={})
            session.add(row)
        row.changes = row.changes | fresh
        row.changed_at, row.changed_by = ctx.now(), keeper.username
        return _outlet(known) | row.changes


@router.get("/outlets/{outlet_id}/worklist", operation_id="getWorklist")
def worklist(outlet_id: str, _post: Post, ctx: Ctx) -> dict[str, Any]:
    """Today's stops of an outlet's couriers, or at `hall` what waits to be checked."""
    query = select(LegRow).where(LegRow.ended_at.is_(None))
    if outlet_id == HALL:
        query = query.where(LegRow.leg.in_((Leg.PICKUP, Leg.BACK)), LegRow.stage == ParcelStage.DELIVERED)
    elif any(o.id == outlet_id for o in load_outlets()):
        query = query.where(LegRow.leg.in_((Leg.PICKUP, Leg.DELIVERY)), LegRow.outlet_id == outlet_id)
    else:
        raise NotFound("没有这个网点", code="OUTLET_UNKNOWN")
    with ctx.database.read() as session:
        rows = session.scalars(query.order_by(LegRow.planned_arrival_at, LegRow.ordered_at).limit(500))
        jobs = [_job(ctx, row) for row in rows]
    return {
        "outletId": outlet_id,
        "serverTime": ctx.now().isoformat(),
        "timeScale": ctx.settings.time_scale,
        "jobs": jobs,
    }


def _job(ctx: Context, leg: LegRow) -> dict[str, Any]:
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
    }


def contact_of(ctx: Context, leg: LegRow) -> Contact | None:
    if leg.contact is None:
        return None
    return Contact.model_validate_json(ctx.sealer.open(leg.contact, f"leg/{leg.leg_id}"))


class SuspensionShape(Shape):
    """`POST /suspensions`: service suspended in an area for a while."""

    outlet_id: str | None = Field(default=None, max_length=32)
    from_at: datetime
    to_at: datetime
    reason: str = Field(min_length=1, max_length=200)


@router.post("/suspensions", status_code=201, operation_id="suspendService")
def suspend(wanted: SuspensionShape, keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """Declare a suspension (暂停服务): the promise's clock stands still there meanwhile."""
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
        session.add(row)
        session.flush()
        return {"id": row.id, "outletId": row.outlet_id}


@router.get("/parcels/{tracking_no}", operation_id="getParcel")
def get_parcel(tracking_no: str, _anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """Where a parcel is, who holds it, and whether its promise holds."""
    with ctx.database.read() as session:
        leg = _leg(session, tracking_no)
        return parcel(session, leg) | {
            "papers": leg.manifest,
            "holder": leg.state.get("holder"),
            "findings": leg.state.get("findings", []),
        }


def _leg(session: Session, tracking_no: str) -> LegRow:
    leg = leg_by_tracking_no(session, tracking_no)
    if leg is None:
        raise NotFound("没有这个邮件号", code="PARCEL_UNKNOWN")
    return leg


class HandoverShape(Shape):
    """`POST /parcels/{trackingNo}/handover`: the applicant collects at the hall."""

    signer_kind: SignerKind = SignerKind.SELF


@router.post("/parcels/{tracking_no}/handover", status_code=202, operation_id="handOver")
def hand_over(
    tracking_no: str,
    handed: HandoverShape,
    _clerk: Clerk,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> dict[str, Any]:
    """Everything that waits at the hall for this parcel's case is handed to the applicant."""
    if handed.signer_kind not in (SignerKind.SELF, SignerKind.AGENT):
        raise Unprocessable("只能由本人或代领人领取", code="SIGNER", field="signerKind")
    with ctx.database.write() as session:
        case = session.get_one(CaseRow, _leg(session, tracking_no).case_no)
        return hand_over_case(session, ctx, case, handed.signer_kind, key)


def hand_over_case(session: Session, ctx: Context, case: CaseRow, signer: SignerKind, key: str) -> dict[str, Any]:
    if still_owed(session, case.case_no):
        raise Conflict("容缺材料还没有补齐，结果暂不能领取", code="DEFERRED_OPEN")
    queue_update(
        session,
        update_id=f"{case.case_no}-handed-over",
        workflow_id=case_workflow_id(case.case_no),
        name="handed_over",
        argument=HandedOver(request_id=key, signer_kind=signer),
        now=ctx.now(),
    )
    session.flush()
    ctx.kick()
    return {"caseNo": case.case_no}


class PickupShape(Shape):
    """`POST /pickups`: a door, before anybody orders it."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    datum: Datum = Datum.WGS84


@router.post("/pickups", operation_id="offerPickup")
def offer_pickup(wanted: PickupShape, _anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """What a pickup at this door would be promised now, shown before it is confirmed."""
    point = Point(lat=wanted.lat, lon=wanted.lon, datum=wanted.datum).to(Datum.WGS84)
    offered = offer(
        PromiseOrder(leg=Leg.PICKUP, accepted_at=ctx.now(), point=point),
        PromiseTerms(time_scale=ctx.settings.time_scale),
        service_calendar(),
        in_district=in_district(point),
    )
    best = nearest(point, 1)[0]
    return {
        "promised": offered.promised,
        "obstacle": offered.obstacle,
        "startAt": offered.start.isoformat(),
        "deadlineAt": offered.deadline.isoformat(),
        "startsLater": offered.starts_later,
        "outletId": best.outlet.id,
        "distanceM": best.distance_m,
    }
