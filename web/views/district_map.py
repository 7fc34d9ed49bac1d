"""The district as a drawing (辖区图): outline, outlets, couriers on duty, open stops in the order of the plan.

Metres on the dispatcher's plane become units of the drawing: x to the east, y downwards. No tiles, no other host.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.terms import Datum, Leg
from logistics.geo import Point, plane_m
from logistics.outlets import Outlet, load_district
from parcels.outlets import may_be_sent, outlets_now
from storage.keyset import AnyRow
from storage.parcels.legs import CourierRow
from storage.watching import stops_from
from web.views.helping import courier_said
from web.views.wording import LEGS

_MOST_STOPS: Final = 120
_EARLIER: Final = timedelta(hours=2)
_MARGIN_M: Final = 350.0
_UNIT_M: Final = 10.0
"""Metres to one unit of the drawing."""

XY = tuple[float, float]


class PlacedOutlet(Frozen):
    """An outlet in the drawing, with how many couriers serve there now and how many stops are open."""

    id: str
    name: str
    at: XY
    open: bool
    on_duty: int
    stops: int
    next_at: datetime | None


class PlacedCourier(Frozen):
    """A courier on duty, where last seen, and the way through his stops (points of the drawing)."""

    id: str
    at: XY
    way: tuple[XY, ...]


class PlacedStop(Frozen):
    """An open stop; `turn`: 1, 2 … among those of its courier."""

    case_no: str
    at: XY
    turn: int
    courier: str
    courier_label: str
    label: str
    planned_at: datetime
    deadline_at: datetime | None
    verdict: str | None


class DistrictMap(Frozen):
    """The drawing: `width` × `height` units, all points within."""

    name: str
    width: float
    height: float
    outline: tuple[XY, ...]
    outlets: tuple[PlacedOutlet, ...]
    couriers: tuple[PlacedCourier, ...]
    stops: tuple[PlacedStop, ...]


class _Sheet:
    """From metres on the plane to units of the drawing, so that the outline and every outlet lie within."""

    def __init__(self, points: Sequence[XY]) -> None:
        self._left = min(x for x, _ in points) - _MARGIN_M
        self._top = max(y for _, y in points) + _MARGIN_M
        self.width = round((max(x for x, _ in points) + _MARGIN_M - self._left) / _UNIT_M, 1)
        self.height = round((self._top - min(y for _, y in points) + _MARGIN_M) / _UNIT_M, 1)

    def at(self, point: XY) -> XY:
        """What lies outside is drawn at the edge."""
        x, y = (point[0] - self._left) / _UNIT_M, (self._top - point[1]) / _UNIT_M
        return round(min(max(x, 0), self.width), 1), round(min(max(y, 0), self.height), 1)


def district_map(session: Session, now: datetime) -> DistrictMap:
    """The district as it is now; stops that were planned for more than two hours ago are not drawn."""
    district, outlets = load_district(), outlets_now(session)
    outline = [plane_m(Point(lat=lat, lon=lon, datum=district.datum)) for lat, lon in district.outline]
    sheet = _Sheet([*outline, *(plane_m(outlet.point) for outlet in outlets)])
    stops = stops_from(session, now - _EARLIER, _MOST_STOPS)
    placed = _stops(stops, sheet, {outlet.id: outlet.name for outlet in outlets})
    known = {outlet.id: outlet for outlet in outlets}
    couriers = [
        row
        for row in session.scalars(select(CourierRow).order_by(CourierRow.courier_id))
        if row.on_duty and may_be_sent(row, known)
    ]
    return DistrictMap(
        name=district.name,
        width=sheet.width,
        height=sheet.height,
        outline=tuple(sheet.at(corner) for corner in outline),
        outlets=tuple(_outlet(outlet, sheet, stops, couriers) for outlet in outlets),
        couriers=tuple(_courier(row, sheet, placed) for row in couriers),
        stops=placed,
    )


def _stops(rows: Sequence[AnyRow], sheet: _Sheet, names: Mapping[str, str]) -> tuple[PlacedStop, ...]:
    turns: dict[str, int] = defaultdict(int)
    placed = []
    for row in rows:
        courier = row.courier_id or ""
        turns[courier] += 1
        placed.append(
            PlacedStop(
                case_no=row.case_no,
                at=sheet.at(plane_m(Point(lat=row.lat, lon=row.lon, datum=Datum.WGS84))),
                turn=turns[courier],
                courier=courier,
                courier_label=courier_said(courier, names),
                label=LEGS[Leg(row.leg)],
                planned_at=row.planned_arrival_at,
                deadline_at=row.deadline_at,
                verdict=row.verdict,
            )
        )
    return tuple(placed)


def _outlet(outlet: Outlet, sheet: _Sheet, stops: Sequence[AnyRow], couriers: Sequence[CourierRow]) -> PlacedOutlet:
    own = [stop for stop in stops if stop.outlet_id == outlet.id]
    return PlacedOutlet(
        id=outlet.id,
        name=outlet.name,
        at=sheet.at(plane_m(outlet.point)),
        open=outlet.open,
        on_duty=sum(courier.outlet_id == outlet.id for courier in couriers),
        stops=len(own),
        next_at=own[0].planned_arrival_at if own else None,
    )


def _courier(row: CourierRow, sheet: _Sheet, stops: Sequence[PlacedStop]) -> PlacedCourier:
    here = sheet.at(plane_m(Point(lat=row.lat, lon=row.lon, datum=Datum.WGS84)))
    way = [stop.at for stop in stops if stop.courier == row.courier_id]
    return PlacedCourier(id=row.courier_id, at=here, way=(here, *way) if way else ())
