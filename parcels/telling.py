"""What the applicant is told about a parcel: visits by the plan, and what went wrong on the way (告知节点)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.applicant_messages import MessageKind, time_said
from domain.milestones import OF_A_PARCEL
from domain.terms import Leg, ParcelStage
from storage.cases.applicant_messages import MessageRow, ToTell, enqueue_all
from storage.parcels.legs import LegRow

MOVED_BY = timedelta(minutes=15)
"""A visit that moves by less is told no second time: the words say 约."""

_VISITS = (MessageKind.VISIT_PLANNED, MessageKind.VISIT_MOVED)
_PLANNED = "planned_at"


def tell(session: Session, leg: LegRow, kind: str, key: str, now: datetime) -> None:
    """Have the applicant told of a moment of a parcel, where it is one that is told; once per `key`."""
    said = OF_A_PARCEL.get(kind)
    if said is None or (said is MessageKind.DELIVERED and leg.leg != Leg.DELIVERY):
        return
    enqueue_all(session, leg.case_no, [ToTell(key, said, {}, leg.handling_no, leg.leg_id)], now)


def tell_visits(session: Session, legs: Sequence[LegRow], now: datetime) -> None:
    """Have the people at these doors told when somebody comes: at the first plan, and when it has moved.

    Under the dispatcher's lock. What was told last is compared, so a decision that is taken again tells nothing twice.
    """
    planned = [leg for leg in legs if leg.planned_arrival_at is not None and not _there(leg)]
    if not planned:
        return
    told: dict[str, list[MessageRow]] = {}
    before = select(MessageRow).where(MessageRow.leg_id.in_([leg.leg_id for leg in planned]))
    for row in session.scalars(before.where(MessageRow.kind.in_(_VISITS), MessageRow.asked_by.is_(None))):
        told.setdefault(str(row.leg_id), []).append(row)
    for leg in planned:
        message = _visit(leg, told.get(leg.leg_id, []))
        if message is not None:
            enqueue_all(session, leg.case_no, [message], now)


def _visit(leg: LegRow, told: list[MessageRow]) -> ToTell | None:
    at = leg.planned_arrival_at
    if at is None:
        return None
    kind = MessageKind.VISIT_PLANNED
    if told:
        last = max(datetime.fromisoformat(row.said[_PLANNED]) for row in told if row.key == _key(leg, len(told)))
        if abs(at - last) < MOVED_BY / leg.time_scale:
            return None
        kind = MessageKind.VISIT_MOVED
    values = {"at": time_said(at), _PLANNED: at.isoformat()}
    return ToTell(_key(leg, len(told) + 1), kind, values, leg.handling_no, leg.leg_id)


def _key(leg: LegRow, number: int) -> str:
    return f"{leg.leg_id}/VISIT/{number}"


def _there(leg: LegRow) -> bool:
    """The courier stands at the door: nobody needs to be told that somebody comes."""
    return ParcelStage(leg.stage) is ParcelStage.ARRIVED_DOOR
