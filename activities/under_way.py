"""Which couriers are on their way to a door (在途), as their scans say."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.terms import ParcelStage
from storage.parcels.legs import AssignmentRow, LegRow
from storage.parcels.scans import ScanEventRow

UNDER_WAY = frozenset({ParcelStage.EN_ROUTE, ParcelStage.ARRIVED_DOOR, ParcelStage.OUT_FOR_DELIVERY})


def under_way(session: Session, legs: Sequence[LegRow]) -> set[str]:
    """Ids of the legs whose own courier has set out; one who took a job over from another still has to.

    So has one who had set out and is sent anew, because the visit was changed.
    """
    gone = {leg.leg_id: leg.courier_id for leg in legs if ParcelStage(leg.stage) in UNDER_WAY}
    said = select(ScanEventRow.leg_id, ScanEventRow.actor, ScanEventRow.recorded_at).where(
        ScanEventRow.leg_id.in_(gone), ScanEventRow.kind.in_(UNDER_WAY)
    )
    anew = _sent_at(session, [leg.leg_id for leg in legs if leg.changes and leg.leg_id in gone])
    return {
        leg_id
        for leg_id, actor, at in session.execute(said)
        if leg_id is not None and gone[leg_id] == actor and at >= anew.get(leg_id, at)
    }


def _sent_at(session: Session, leg_ids: list[str]) -> dict[str, datetime]:
    """When the courier of each of these legs was given it."""
    if not leg_ids:
        return {}
    given = select(AssignmentRow.leg_id, AssignmentRow.at).filter_by(active=True)
    return {row.leg_id: row.at for row in session.execute(given.where(AssignmentRow.leg_id.in_(leg_ids)))}
