"""Bags as outlets and the hall see them (袋): what is there to put in, what comes, what places are called."""

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from domain.terms import Leg, ParcelStage
from parcels.handover import HALL
from parcels.outlets import outlets_now
from storage.keyset import Condition
from storage.parcels.bags import bags_to, lines_of
from storage.parcels.legs import LegRow
from storage.work_lists import TO_BAG

_AT_MOST = 500
_OPEN = text("ended_at IS NULL")
_WITH_THE_OUTLET = (ParcelStage.PICKED_UP, ParcelStage.AT_OUTLET)
_AT_THE_HALL = (ParcelStage.ORDERED, ParcelStage.ACCEPTED, ParcelStage.ASSIGNED)
HALL_NAME = "政务大厅"


def place_names(session: Session) -> dict[str, str]:
    """`hall` and the ids of outlets → their names."""
    return {HALL: HALL_NAME} | {outlet.id: outlet.name for outlet in outlets_now(session)}


def coming_to(session: Session, place: str, within: tuple[Condition, ...] = ()) -> list[dict[str, Any]]:
    """Bags on their way to a place with the numbers in them, as JSON; at most 500, the oldest first.

    `within`: conditions on `BagRow` besides.
    """
    bags = [bag for bag in bags_to(session, place, _AT_MOST, within) if bag.closed_at is not None]
    numbers: dict[str, list[str]] = {bag.bag_no: [] for bag in bags}
    for line in lines_of(session, list(numbers)):
        if line.put_event is not None:
            numbers[line.bag_no].append(line.number)
    return [
        {
            "bagNo": bag.bag_no,
            "origin": bag.origin,
            "sealNo": bag.seal_no,
            "expected": bag.expected,
            "closedAt": bag.closed_at.isoformat() if bag.closed_at else None,
            "numbers": numbers[bag.bag_no],
        }
        for bag in bags
    ]


def to_bag(session: Session, place: str, within: tuple[Condition, ...] = ()) -> list[dict[str, Any]]:
    """Parcels that lie at a place and go on in a bag, as JSON, by where to; at most 500.

    At an outlet what its couriers have fetched, for the hall (`here` false: still in a courier's hands); at the hall
    what goes to doors, for their outlets. `within`: conditions on `LegRow` besides.
    """
    query = select(LegRow).where(*within)
    if place == HALL:
        query = query.where(
            _OPEN,
            LegRow.tracking_no.is_not(None),
            LegRow.leg == Leg.DELIVERY,
            LegRow.stage.in_(_AT_THE_HALL),
            LegRow.outlet_id.is_not(None),
        )
    else:
        query = query.where(text(TO_BAG), LegRow.stage.in_(_WITH_THE_OUTLET), LegRow.outlet_id == place)
    legs = session.scalars(query.order_by(LegRow.outlet_id, LegRow.ordered_at).limit(_AT_MOST))
    return [
        {
            "trackingNo": leg.tracking_no,
            "leg": leg.leg,
            "destination": leg.outlet_id if place == HALL else HALL,
            "here": leg.stage != ParcelStage.PICKED_UP,
            "papers": sum(int(line["count"]) for line in leg.manifest),
        }
        for leg in legs
    ]
