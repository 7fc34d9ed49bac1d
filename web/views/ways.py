"""Where the result of a case is on its way to the applicant, and what is wrong with a parcel (结果去向)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import DeadlineKind
from domain.tasks import TaskKind
from domain.terms import Leg
from logistics.wording import matter_sentence
from storage.cases.electronic_results import file_of
from storage.cases.rows import DeadlineRow, HandlingRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow
from web.views.sentences import Way


def way_of(
    handlings: Sequence[HandlingRow],
    legs: Sequence[LegRow],
    clocks: Sequence[DeadlineRow],
    results: Sequence[dict[str, Any]],
) -> Way | None:
    """What moves now, the nearest to the applicant first; None where nothing does.

    `clocks`: running ones. `results`: electronic ones that may be fetched (`web.views.results`).
    """
    under_way = {leg.leg for leg in legs if leg.outcome is None}
    running = {clock.kind for clock in clocks}
    found = {
        Way.TO_THE_DOOR: Leg.DELIVERY in under_way,
        Way.AT_THE_HALL: DeadlineKind.COLLECTION in running,
        Way.TO_THE_HALL: Leg.BACK in under_way,
        Way.ONLINE: bool(results),
        Way.BEING_FETCHED: any(file_of(handling) for handling in handlings),
        Way.NOT_SENT_YET: DeadlineKind.RESULT_DELIVERY in running,
    }
    return next((way for way, there in found.items() if there), None)


def wrong_with(session: Session, legs: Sequence[LegRow]) -> str | None:
    """What a person works on about a parcel that is under way, as the applicant reads it; None where nothing is."""
    numbers = [leg.leg_id for leg in legs if leg.outcome is None]
    open_tasks = select(TaskRow.kind).where(TaskRow.leg_id.in_(numbers), TaskRow.resolved_at.is_(None))
    return matter_sentence(TaskKind(kind) for kind in session.scalars(open_tasks))
