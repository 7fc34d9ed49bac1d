"""Outlets as they stand now (网点台账): the shipped data with what the district has changed, and who serves there.

One place to ask: ranking, dispatch, work lists, service hours and suspensions all read the outlets here.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import BadInput, NotFound
from domain.messages import TaskOutcome, TaskResolved
from domain.naming import LegUpdate, delivery_workflow_id
from domain.terms import DOOR_LEGS, Datum
from logistics.geo import Point
from logistics.outlets import Outlet, load_outlets, nearest
from storage.parcels.legs import CourierRow, LegRow, OutletRow
from storage.pending_updates import queue_update

_FIELDS = {
    "name": "name",
    "accuracyM": "accuracy_m",
    "radiusM": "radius_m",
    "couriers": "couriers",
    "capacityPerHour": "capacity_per_hour",
    "open": "open",
    "hours": "hours",
    "weekendHours": "weekend_hours",
}
"""Name of a change as it is kept (and on the wire) → field of an outlet."""


def outlets_now(session: Session) -> tuple[Outlet, ...]:
    """Every outlet with its changes, in the order of the data file; closed ones too."""
    changes = {row.outlet_id: row.changes for row in session.scalars(select(OutletRow))}
    return tuple(changed(outlet, changes.get(outlet.id, {})) for outlet in load_outlets())


def outlet_now(session: Session, outlet_id: str) -> Outlet:
    """One outlet with its changes.

    Raises:
        NotFound: OUTLET_UNKNOWN, there is no such outlet.
    """
    shipped = next((outlet for outlet in load_outlets() if outlet.id == outlet_id), None)
    if shipped is None:
        raise NotFound("没有这个网点", code="OUTLET_UNKNOWN")
    row = session.get(OutletRow, outlet_id)
    return changed(shipped, row.changes if row else {})


def changed(shipped: Outlet, changes: Mapping[str, Any]) -> Outlet:
    """The outlet with these changes; a point is kept in the datum in which it was given.

    Raises:
        ValidationError: a change is out of range.
    """
    if not changes:
        return shipped
    fields = {field: changes[name] for name, field in _FIELDS.items() if name in changes}
    if "lat" in changes:
        datum = Datum(changes.get("datum", Datum.WGS84))
        fields["point"] = Point(lat=changes["lat"], lon=changes["lon"], datum=datum)
        fields["source"] = "changed by the district"
    return Outlet.model_validate(shipped.model_dump() | fields)


def change_outlet(session: Session, outlet_id: str, changes: dict[str, Any], by: str, now: datetime) -> Outlet:
    """Keep what the district has changed, and have open door legs planned again; returns the outlet as it is now.

    `changes`: names and values as on the wire. `by`: the user's name.

    Raises:
        NotFound: OUTLET_UNKNOWN, no such outlet.
        BadInput: OUTLET, hours that close before they open, or a value out of range.
    """
    outlet_now(session, outlet_id)
    row = session.get(OutletRow, outlet_id, with_for_update=True)
    if row is None:
        row = OutletRow(outlet_id=outlet_id, changes={}, changed_at=now, changed_by=by)
        session.add(row)
    kept = row.changes | changes
    if "lat" in changes:
        kept["datum"] = changes.get("datum", Datum.WGS84)
    row.changes, row.changed_at, row.changed_by = kept, now, by
    try:
        outlet = outlet_now(session, outlet_id)
    except ValidationError as fault:
        name = str(fault.errors()[0]["loc"][0])
        raise BadInput("网点资料有误，请检查营业时间和数值", code="OUTLET", field=name) from fault
    seed_couriers(session)
    ask_for_dispatch(session, f"outlet-{outlet_id}", now)
    return outlet


def seed_couriers(session: Session) -> None:
    """Make a row for each courier that an outlet is to have, id `{outlet id}-{n}`, standing at the outlet."""
    known = set(session.scalars(select(CourierRow.courier_id)))
    for outlet in outlets_now(session):
        point = outlet.point.to(Datum.WGS84)
        for number in range(1, outlet.couriers + 1):
            courier_id = f"{outlet.id}-{number}"
            if courier_id not in known:
                session.add(
                    CourierRow(courier_id=courier_id, outlet_id=outlet.id, lat=point.lat, lon=point.lon, on_duty=True)
                )
    session.flush()


def may_be_sent(courier: CourierRow, outlets: Mapping[str, Outlet]) -> bool:
    """Whether a courier can get a job: not ill, his outlet open, and still one of its couriers."""
    outlet = outlets.get(courier.outlet_id)
    if courier.off_since is not None or outlet is None or not outlet.open:
        return False
    number = courier.courier_id.removeprefix(f"{outlet.id}-")
    return not number.isdecimal() or int(number) <= outlet.couriers


def set_on_duty(session: Session, courier_id: str, on_duty: bool, now: datetime) -> CourierRow:
    """A courier falls ill or is back: a person's word, which no late scan takes back.

    Raises:
        NotFound: no such courier.
    """
    courier = session.get(CourierRow, courier_id, with_for_update=True)
    if courier is None:
        raise NotFound("没有这位投递员", code="COURIER_UNKNOWN")
    courier.off_since = None if on_duty else courier.off_since or now
    if on_duty:
        courier.on_duty, courier.silent_since = True, None
    ask_for_dispatch(session, f"courier-{courier_id}", now)
    return courier


def put_at(session: Session, leg: LegRow, door: Point | None) -> None:
    """The leg's door is there, in the circle of the nearest outlet; None: a person has to place it."""
    leg.lat = leg.lon = leg.outlet_id = leg.distance_m = None
    if door is not None:
        point = door.to(Datum.WGS84)
        leg.lat, leg.lon = point.lat, point.lon
        for best in nearest(point, 1, outlets_now(session)):
            leg.outlet_id, leg.distance_m = best.outlet.id, best.distance_m


def ask_for_dispatch(session: Session, cause: str, now: datetime) -> None:
    """Have every open door leg looked after again: an Update `task_resolved` each, for a task that nobody has.

    `cause`: the beginning of the id of that task.
    """
    open_legs = select(LegRow).where(LegRow.ended_at.is_(None), LegRow.leg.in_(DOOR_LEGS))
    look = f"{cause}-{uuid.uuid4().hex[:12]}"
    for leg in session.scalars(open_legs.order_by(LegRow.leg_id)):
        ask_to_look(session, leg, look, now)


def ask_to_look(session: Session, leg: LegRow, look: str, now: datetime) -> None:
    """Have one leg looked after again; `look`: the id of the task that nobody has, once per cause."""
    queue_update(
        session,
        update_id=f"{leg.leg_id}-{look}",
        workflow_id=delivery_workflow_id(leg.leg_id),
        name=LegUpdate.TASK_RESOLVED,
        argument=TaskResolved(task_id=look, outcome=TaskOutcome.ACKNOWLEDGE, handling_no=leg.handling_no),
        now=now,
    )
