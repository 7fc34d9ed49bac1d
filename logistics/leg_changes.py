"""What may still be changed about a door order (变更规则): one judgement for who asks and for who does.

Never after a courier has the papers; but a delivery that has found no such door waits for another address.
"""

from enum import StrEnum

from pydantic import AwareDatetime

from domain.leg_changes import ChangeKind, Halt
from domain.model import Frozen
from domain.terms import PARCEL_RANK, Leg, ParcelStage
from logistics.geo import Point

_S = ParcelStage
_NOBODY_COMES = frozenset({_S.AWAITING_COLLECTION, _S.LOST, _S.CANCELLED, _S.RETURNING, _S.RETURNED})


class ChangeObstacle(StrEnum):
    """Why it can't be changed now (不能变更原因); the value is the problem's code."""

    NO_VISIT = "NO_VISIT"  # not a leg to or from a door
    LEG_OVER = "LEG_OVER"
    NOBODY_COMES = "NOBODY_COMES"  # it waits elsewhere, is lost or on its way back
    VISIT_CANCELLED = "VISIT_CANCELLED"
    WITHDRAWAL_PENDING = "WITHDRAWAL_PENDING"
    PAPERS_HELD = "PAPERS_HELD"
    AT_THE_DOOR = "AT_THE_DOOR"


class WantedChange(Frozen):
    """What somebody wants: the values of its kind, the others None. `window_start`: the window is half an hour.

    `point`: where the address is, if that is known; in any datum.
    """

    kind: ChangeKind
    address: str | None = None
    point: Point | None = None
    window_start: AwareDatetime | None = None
    contact_name: str | None = None
    contact_phone: str | None = None


class OrderStanding(Frozen):
    """How an order stands. `held`: a courier or outlet has the papers. `no_such_door`: the last visit found none."""

    leg: Leg
    stage: ParcelStage
    ended: bool
    held: bool
    no_such_door: bool
    halted: Halt | None


def obstacle_to(kind: ChangeKind, order: OrderStanding) -> ChangeObstacle | None:
    """Why this can't be changed about the order as it stands; None where it can."""
    if order.leg not in (Leg.PICKUP, Leg.DELIVERY):
        return ChangeObstacle.NO_VISIT
    if order.ended or PARCEL_RANK.get(order.stage, 0) >= PARCEL_RANK[_S.DELIVERED]:
        return ChangeObstacle.LEG_OVER
    if order.halted is not None:
        cancelled = order.halted is Halt.CANCELLED
        return ChangeObstacle.VISIT_CANCELLED if cancelled else ChangeObstacle.WITHDRAWAL_PENDING
    if order.stage in _NOBODY_COMES:
        return ChangeObstacle.NOBODY_COMES
    if order.held and not (kind is ChangeKind.ADDRESS and order.no_such_door):
        return ChangeObstacle.PAPERS_HELD
    return ChangeObstacle.AT_THE_DOOR if order.stage is _S.ARRIVED_DOOR else None
