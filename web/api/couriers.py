"""Couriers: where they serve, and who may be sent now."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import ColumnElement, select

from domain.terms import Role
from logistics.outlets import Outlet
from parcels import outlets as book
from parcels.outlets import outlets_now
from storage.parcels.legs import CourierRow
from storage.people.users import LoggedIn
from web.answers.outlets import CourierList, CourierShown
from web.foundation.context import Ctx
from web.foundation.request_schemas import RequestSchema
from web.security.session import OutletKeeper, OutletStaff

router = APIRouter(prefix="/api/v1", tags=["寄递"])


class DutyRequest(RequestSchema):
    """`PATCH /couriers/{id}`. `on_duty` false: ill, until true is said."""

    on_duty: bool


@router.get("/couriers", operation_id="listCouriers", response_model=CourierList)
def couriers(person: OutletStaff, ctx: Ctx) -> dict[str, Any]:
    """Couriers: where they serve, and whether they may be sent now. An outlet sees its own, a courier himself."""
    with ctx.database.read() as session:
        known = {outlet.id: outlet for outlet in outlets_now(session)}
        rows = session.scalars(select(CourierRow).where(*_seen(person)).order_by(CourierRow.courier_id))
        return {"couriers": [_courier(row, known) for row in rows]}


@router.patch("/couriers/{courier_id}", operation_id="changeCourier", response_model=CourierShown)
def change_courier(courier_id: str, wanted: DutyRequest, _keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """A courier is ill or back: what was not begun is planned on others.

    Whoever belongs to an outlet says so of its own couriers only. Refused: 403 OTHER_OUTLET; 404
    COURIER_UNKNOWN.
    """
    with ctx.database.write() as session:
        row = book.set_on_duty(session, courier_id, wanted.on_duty, ctx.now())
        answer = _courier(row, {outlet.id: outlet for outlet in outlets_now(session)})
    ctx.notify()
    return answer


def _seen(person: LoggedIn) -> tuple[ColumnElement[bool], ...]:
    """The windows hand over to couriers of every outlet."""
    if person.role is Role.COURIER and person.courier_id is not None:
        return (CourierRow.courier_id == person.courier_id,)
    if person.role is Role.CLERK or person.reach.post:
        return ()
    return (CourierRow.outlet_id.in_(sorted(person.reach.outlets)),)


def _courier(row: CourierRow, known: dict[str, Outlet]) -> dict[str, Any]:
    return {
        "id": row.courier_id,
        "outletId": row.outlet_id,
        "onDuty": row.off_since is None,
        "available": book.may_be_sent(row, known) and row.on_duty,
        "seenAt": row.seen_at.isoformat() if row.seen_at else None,
    }
