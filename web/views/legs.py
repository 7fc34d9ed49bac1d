"""One leg of a case as people read it: where it is, what is promised, what is done where something is wrong."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.door_promises import appointment_of
from activities.under_way import under_way
from domain.leg_changes import Halt
from domain.tasks import TaskKind
from domain.terms import Leg, ParcelStage
from logistics.promise_rules import LegPromise, state_kept
from logistics.wording import (
    HALTED,
    appointment_sentence,
    courier_sentence,
    failure_of,
    matter_sentence,
    no_promise_sentence,
    promise_sentence,
    stage_sentence,
)
from parcels.projection import state_of
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from web.views.spoken_times import iso
from web.views.wording import LEGS, STAGES

_STILL_TO_COME = frozenset({ParcelStage.ORDERED, ParcelStage.ACCEPTED, ParcelStage.ASSIGNED})
_AGREED_UPON = _STILL_TO_COME | {ParcelStage.EN_ROUTE, ParcelStage.PICKUP_FAILED}
"""Nobody has the papers; who had set out for the time before was called back."""
_NOBODY_COMES = frozenset(
    {
        *(ParcelStage.ARRIVED_DOOR, ParcelStage.DELIVERED, ParcelStage.HALL_CHECKED),
        *(ParcelStage.LOST, ParcelStage.CANCELLED, ParcelStage.RETURNING, ParcelStage.RETURNED),
    }
)
"""The courier is there, has been there, or will not come."""

_ON_ITS_WAY_BACK = frozenset({ParcelStage.RETURNING, ParcelStage.RETURNED})


def parcel(session: Session, leg: LegRow) -> dict[str, Any]:
    """One leg as JSON: where it is and what is promised; nobody's name or address.

    Times in ISO 8601, distance in metres.
    """
    promise = leg.promise or {}
    return {
        "legId": leg.leg_id,
        "caseNo": leg.case_no,
        "handlingNo": leg.handling_no,
        "leg": leg.leg,
        "legLabel": LEGS[Leg(leg.leg)],
        "trackingNo": leg.tracking_no,
        "sealNo": leg.seal_no,
        "stage": leg.stage,
        "stageLabel": STAGES[ParcelStage(leg.stage)],
        "sentence": leg_sentence(session, leg),
        "epoch": leg.epoch,
        "outletId": leg.outlet_id,
        "distanceM": leg.distance_m,
        "courierId": leg.courier_id,
        "assignments": leg.assignment_version,
        "orderedAt": iso(leg.ordered_at),
        "plannedArrivalAt": iso(leg.planned_arrival_at),
        "deadlineAt": iso(leg.deadline_at),
        "arrivedAt": iso(leg.arrived_at),
        "endedAt": iso(leg.ended_at),
        "outcome": leg.outcome,
        "promise": promise,
        "door": Leg(leg.leg) in (Leg.PICKUP, Leg.DELIVERY),
        "delivered": ParcelStage(leg.stage).rank is not None and (ParcelStage(leg.stage).rank or 0) >= 110,
        "timeScale": leg.time_scale,
    }


def leg_sentence(session: Session, leg: LegRow) -> str:
    """The sentence that the applicant reads about a leg: what is wrong and what is done about it, else where it is."""
    open_tasks = select(TaskRow.kind).filter_by(leg_id=leg.leg_id, resolved_at=None)
    waiting = {TaskKind(kind) for kind in session.scalars(open_tasks)}
    stage, kind = ParcelStage(leg.stage), Leg(leg.leg)
    if stage in _ON_ITS_WAY_BACK:  # asked for by a task; the stage says where to
        waiting.discard(TaskKind.RETURN_REQUIRED)
    matter = matter_sentence(waiting)
    if matter is not None:
        return matter
    if leg.ended_at is None and leg.halted is not None:
        return HALTED[Halt(leg.halted)]
    window = appointment_of(leg)
    if window is not None and leg.courier_id is None and stage in _AGREED_UPON:
        return appointment_sentence(kind, window)
    if leg.courier_id is not None and (stage in _STILL_TO_COME or _sent_anew(session, leg)):
        return courier_sentence(kind, leg.assignment_version)
    failed = stage in (ParcelStage.PICKUP_FAILED, ParcelStage.DELIVERY_FAILED)
    failure = failure_of(state_of(session, leg)) if failed else None
    return stage_sentence(kind, stage, failure, given_up=TaskKind.DELIVERY_FAILED in waiting)


def _sent_anew(session: Session, leg: LegRow) -> bool:
    """Somebody was under way, and another one is to come instead."""
    return leg.stage == ParcelStage.EN_ROUTE and not under_way(session, [leg])


def promised(leg: LegRow, now: datetime) -> str | None:
    """What the applicant reads about a door leg's promise, or why there is none as long as somebody is to come.

    None before it is decided.
    """
    state = state_kept(leg.promise)
    if state is not None:
        return promise_sentence(Leg(leg.leg), state, now)
    if not _somebody_comes(leg):
        return None
    made = LegPromise.of(leg.promise)
    return no_promise_sentence(made.obstacle) if made is not None and made.obstacle is not None else None


def _somebody_comes(leg: LegRow) -> bool:
    """Whether a courier is still to come to the door, so that it matters when."""
    stage = ParcelStage(leg.stage)
    fetched = leg.leg == Leg.PICKUP and (stage.rank or 0) > (ParcelStage.ARRIVED_DOOR.rank or 0)
    return leg.outcome is None and stage not in _NOBODY_COMES and not fetched
