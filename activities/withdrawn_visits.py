"""What stops the visits of a case at once (停派): a withdrawal asked for, until it fails; a consent withdrawn."""

import uuid
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from activities.courier_dispatch import lock_dispatch, take_away
from activities.leg_changes import LegChanges, is_held
from domain.leg_changes import Halt
from domain.terms import DOOR_LEGS
from parcels.outlets import ask_to_look
from storage.parcels.legs import LegRow


def lock_visits(session: Session, case_no: str) -> None:
    """Hold the dispatch lock where the case has visits to come; to be called before the case itself is locked."""
    if session.scalar(_visits(case_no).limit(1)) is not None:
        lock_dispatch(session)


def stop_visits(session: Session, case_no: str) -> None:
    """Nobody is sent any more to the doors of this case at which nothing was taken over yet."""
    for leg in session.scalars(_visits(case_no).with_for_update().execution_options(populate_existing=True)):
        if leg.halted is None and not is_held(leg):
            leg.halted = Halt.WITHDRAWAL
            take_away(session, leg)


def call_off_visits(session: Session, changes: LegChanges, case_no: str, by: str) -> None:
    """Nobody may come any more: what nobody has in hand yet is called off for good, the rest goes on to its end."""
    for leg in session.scalars(_visits(case_no).with_for_update().execution_options(populate_existing=True)).all():
        changes.call_off(session, leg, by)


def resume_visits(session: Session, case_no: str, now: datetime) -> None:
    """The withdrawal is refused, or a decision was quicker: what it has stopped is planned again."""
    for leg in session.scalars(_visits(case_no)):
        if leg.halted == Halt.WITHDRAWAL:
            leg.halted = None
            ask_to_look(session, leg, f"resumed-{uuid.uuid4().hex[:12]}", now)


def _visits(case_no: str) -> Select[LegRow]:
    return select(LegRow).filter_by(case_no=case_no, ended_at=None).where(LegRow.leg.in_(DOOR_LEGS))
