"""好差评: five levels for one of three sides, at leisure; a bad one is put right within its deadline."""

from datetime import datetime, time, timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from catalog.workdays import SHANGHAI, WorkdayCalendar, local_day
from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from storage.cases import CaseRow, add_event, read_dossier, write_dossier
from storage.tasks import open_task
from web.casebook import find_case
from web.context import Ctx
from web.problems import Unprocessable
from web.sentences import REFUSED, Refused, refusal
from web.session import CaseReader
from web.shapes import RatingShape

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

BAD_UP_TO = 2
"""不满意 and 非常不满意."""
REWORK_WORKDAYS = 15
"""差评整改: the longer of two published limits (四川 15, 德州 5 working days); for the district to confirm."""


@router.post("/{case_no}/rating", operation_id="rateCase")
def rate(case_no: str, rating: RatingShape, person: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """One rating per case, after the decision; it never delays closing. The comment stays in the sealed dossier."""
    now = ctx.now()
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True) or find_case(session, case_no)
        if case.decided_at is None:
            raise Unprocessable(REFUSED[Refused.RATING_EARLY], code=Refused.RATING_EARLY)
        if case.rating is not None:
            raise refusal(Refused.RATING_DONE)
        case.rating = {"score": rating.score, "side": rating.side, "at": now.isoformat()}
        if rating.comment.strip():
            dossier = read_dossier(case, ctx.sealer)
            write_dossier(case, ctx.sealer, dossier.model_copy(update={"rating_comment": rating.comment.strip()}))
        data = {"score": rating.score, "side": rating.side}
        actor = person.username
        add_event(session, case_no=case_no, key="rated", kind="RATED", at=now, now=now, actor=actor, data=data)
        if rating.score <= BAD_UP_TO:
            due = rework_due(now, ctx.calendar, case.time_scale)
            _open_rework(session, case_no, data, due, now)
        return {"caseNo": case_no, "rating": case.rating}


def _open_rework(session: Session, case_no: str, data: dict[str, Any], due: datetime, now: datetime) -> None:
    key = f"{case_no}/rating"
    open_task(session, key=key, kind=TaskKind.BAD_RATING, case_no=case_no, now=now, deadline_at=due, data=data)


def rework_due(rated_at: datetime, calendar: WorkdayCalendar, time_scale: float) -> datetime:
    """The end of the last day to put a bad rating right."""
    if time_scale != 1:
        return rated_at + timedelta(days=REWORK_WORKDAYS) / time_scale
    last, _ = calendar.add_workdays(local_day(rated_at), REWORK_WORKDAYS)
    return datetime.combine(last, time(23, 59, 59), SHANGHAI)


def note_rework(case: CaseRow, outcome: TaskOutcome, at: datetime) -> None:
    """How a bad rating ended (整改结果), kept with the rating."""
    if case.rating is not None:
        case.rating = {**case.rating, "rework": outcome, "reworkedAt": at.isoformat()}
