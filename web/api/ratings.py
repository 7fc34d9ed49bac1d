"""好差评: five levels for one of three sides, by the applicant alone; a bad one is put right within its deadline."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from domain.messages import TaskOutcome
from storage.cases.rework import open_rework
from storage.cases.rows import CaseRow, add_event, write_dossier
from storage.documents.accesses import APPLICANT
from storage.people.users import LoggedIn
from web.answers.cases import Rated
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, Unprocessable
from web.foundation.request_schemas import RatingRequest
from web.security.session import caller
from web.security.tries import counted
from web.views.applicants import applicants_case
from web.views.sentences import REFUSED, Refused, refusal

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

BAD_UP_TO = 2
"""不满意 and 非常不满意."""


@router.post("/{case_no}/rating", operation_id="rateCase", response_model=Rated)
def rate(case_no: str, rating: RatingRequest, request: Request, ctx: Ctx) -> dict[str, Any]:
    """One rating per case by its applicant, after the decision, without login; it never delays closing.

    `phoneTail`: as `/track` knows the applicant. The comment stays in the sealed dossier. One or two opens a task with
    a deadline (差评整改). Refused: 403 NOT_YOURS to everybody who is logged in; 404 TRACK, alike for a wrong number and
    a wrong tail; 409 RATING_DONE; 422 RATING_EARLY; 429 TRACK_LOCKED as with `track`.
    """
    with counted(ctx, request, case_no):
        return rated(ctx, caller(request, ctx), case_no, rating)


def rated(ctx: Context, person: LoggedIn | None, case_no: str, rating: RatingRequest) -> dict[str, Any]:
    """What `rate` answers. `person`: whose session the request brings; None for an applicant.

    Raises:
        Forbidden: somebody of the hall, the post or the authorities (`NOT_YOURS`).
        NotFound: `TRACK`.
        Conflict: `RATING_DONE`.
        Unprocessable: `RATING_EARLY`.
    """
    if person is not None:
        raise Forbidden("评价由申请人本人在进度查询页面提交，工作人员不能代评。", code="NOT_YOURS")
    now = ctx.now()
    with ctx.database.write() as session:
        session.get(CaseRow, case_no, with_for_update=True)
        case, dossier = applicants_case(session, ctx, case_no, rating.phone_tail)
        if case.decided_at is None:
            raise Unprocessable(REFUSED[Refused.RATING_EARLY], code=Refused.RATING_EARLY)
        if case.rating is not None:
            raise refusal(Refused.RATING_DONE)
        case.rating = {"score": rating.score, "side": rating.side, "at": now.isoformat()}
        if rating.comment.strip():
            write_dossier(case, ctx.sealer, dossier.model_copy(update={"rating_comment": rating.comment.strip()}))
        data = {"score": rating.score, "side": rating.side}
        add_event(session, case_no=case_no, key="rated", kind="RATED", at=now, now=now, actor=APPLICANT, data=data)
        if rating.score <= BAD_UP_TO:
            open_rework(session, case, data, now, ctx.calendar)
        return {"caseNo": case_no, "rating": case.rating}


def note_rework(case: CaseRow, outcome: TaskOutcome, at: datetime) -> None:
    """Note with the rating how putting it right has ended (整改结果); nothing happens for a case without one."""
    if case.rating is not None:
        case.rating = {**case.rating, "rework": outcome, "reworkedAt": at.isoformat()}
