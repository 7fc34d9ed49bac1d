"""Couriers who should have been heard of (失联): who does not start, and who set out and says nothing more.

A device without a network is silent too: silence is acted on only after the ride can be over, and sooner only
where the promise is at risk, so that another courier can still help (courier.md §4).
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activities.courier_dispatch import HALL, place_of, travel_s
from activities.under_way import UNDER_WAY, under_way
from domain.terms import PARCEL_RANK, Leg, ParcelStage
from logistics.geo import plane_m
from logistics.promise_model import PlannedArrival
from parcels.device_watermark import heard_at
from storage.parcels.legs import AssignmentRow, CourierRow, LegRow
from storage.parcels.scans import ScanEventRow

START_PATIENCE = timedelta(minutes=5)
_LEAST = timedelta(seconds=5)
"""Of the clock on the wall, however fast business time runs: a scan takes a moment to come."""
_AT_DOOR_PATIENCE = timedelta(minutes=30)
"""As long as an applicant may keep a courier waiting (the cap of a pause)."""
_NOT_STARTED = frozenset(
    {
        ParcelStage.ORDERED,
        ParcelStage.ACCEPTED,
        ParcelStage.ASSIGNED,
        ParcelStage.PICKUP_FAILED,
        ParcelStage.DELIVERY_FAILED,
    }
)


def start_due(session: Session, leg: LegRow) -> datetime | None:
    """When a courier who has not left yet is taken for silent: 5 business minutes after he should have arrived.

    Counted from the plan as it was when the job was given to him. None once under way or with nobody planned.
    """
    given = session.scalar(select(AssignmentRow.planned_arrival_at).filter_by(leg_id=leg.leg_id, active=True))
    if given is None or leg.courier_id is None:
        return None
    if ParcelStage(leg.stage) not in _NOT_STARTED and (_held(leg) or under_way(session, [leg])):
        return None
    return given + START_PATIENCE / leg.time_scale


def is_silent(session: Session, leg: LegRow, now: datetime, patience: timedelta) -> bool:
    """Whether the courier who was to come does not.

    Not heard of since the job was given to him, or free for a while (`patience`, on the wall) and still not on the way.
    Who is busy at another door is late, not silent.
    """
    courier = session.get(CourierRow, leg.courier_id) if leg.courier_id else None
    given = session.scalar(select(AssignmentRow.at).filter_by(leg_id=leg.leg_id, active=True))
    if courier is None or given is None:
        return False
    heard = heard_at(session, courier, leg.leg_id)
    if heard is None or heard < given:
        return True
    elsewhere = select(LegRow.leg_id).where(
        LegRow.courier_id == courier.courier_id, LegRow.stage.in_(UNDER_WAY), LegRow.ended_at.is_(None)
    )
    return session.scalar(elsewhere.limit(1)) is None and now >= heard + patience


def word_due(session: Session, leg: LegRow) -> datetime | None:
    """By when the courier under way for this leg must have said something more; None where nobody is.

    He may ride as long as nine rides in ten take (`eta_p90`), or stand at the door for 30 business minutes (courier.md
    §4).
    """
    courier = session.get(CourierRow, leg.courier_id) if leg.courier_id else None
    if courier is None or not (in_bag(leg) or under_way(session, [leg])):
        return None
    heard = heard_at(session, courier, leg.leg_id)
    stage = ParcelStage(leg.stage)
    if heard is None or (stage is ParcelStage.PICKED_UP and leg.leg == Leg.PICKUP):
        return None
    if stage in (ParcelStage.ARRIVED_DOOR, ParcelStage.ON_HOLD):
        return heard + max(_AT_DOOR_PATIENCE / leg.time_scale, _LEAST)
    if stage not in (ParcelStage.EN_ROUTE, ParcelStage.OUT_FOR_DELIVERY, ParcelStage.PICKED_UP):
        return None
    return max(PlannedArrival.estimated(heard + _ride(leg, courier), heard).eta_p90, heard + _LEAST)


def in_bag(leg: LegRow) -> bool:
    """Whether the courier who is to carry the leg holds its papers, as the scans say."""
    return leg.courier_id is not None and leg.state.get("holder") == leg.courier_id


def last_word(session: Session, leg: LegRow) -> datetime | None:
    """When papers fetched at a door were last scanned on their way to the hall; None when they are not on it.

    The server's time of that scan.
    """
    rank = PARCEL_RANK.get(ParcelStage(leg.stage), 0)
    if leg.leg != Leg.PICKUP or not PARCEL_RANK[ParcelStage.PICKED_UP] <= rank < PARCEL_RANK[ParcelStage.DELIVERED]:
        return None
    return session.scalar(select(func.max(ScanEventRow.recorded_at)).filter_by(leg_id=leg.leg_id))


def _ride(leg: LegRow, courier: CourierRow) -> timedelta:
    """From where he was last seen to where he is going: our hall if he still has to fetch it there, else the door."""
    goes_to_hall = leg.leg == Leg.DELIVERY and leg.stage == ParcelStage.EN_ROUTE
    end = plane_m(HALL) if goes_to_hall else place_of(leg)
    return timedelta(seconds=travel_s(*place_of(courier), *end) / leg.time_scale)


def _held(leg: LegRow) -> bool:
    rank = ParcelStage(leg.stage).rank
    return rank is None or rank >= (ParcelStage.PICKED_UP.rank or 0)
