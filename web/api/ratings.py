"""好差评: five levels for one of three sides, at leisure; a bad one is put right within its deadline."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from domain.messages import TaskOutcome
from storage.cases.rework import open_rework
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from web.answers.cases import Rated
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RatingRequest
from web.security.session import CaseReader
from web.views.cases import find_case
from web.views.sentences import REFUSED, Refused, refusal

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

BAD_UP_TO = 2
"""不满意 and 非常不满意."""


@router.post("/{case_no}/rating", operation_id="rateCase", response_model=Rated)
def rate(case_no: str, rating: RatingRequest, person: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """One rating per case, after the decision; it never delays closing. The comment stays in the sealed dossier.

    One or two opens a task with a deadline (差评整改). Refused: 404 CASE_UNKNOWN; 409 RATING_DONE; 422 RATING_EARLY.
    """
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
            open_rework(session, case, data, now, ctx.calendar)
        return {"caseNo": case_no, "rating": case.rating}


def note_rework(case: CaseRow, outcome: TaskOutcome, at: datetime) -> None:
    """Note with the rating how putting it right has ended (整改结果); nothing happens for a case without one."""
    if case.rating is not None:
        case.rating = {**case.rating, "rework": outcome, "reworkedAt": at.isoformat()}
