"""好差评: five levels for one of three sides, by the applicant alone; a bad one is put right within its deadline."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session

from domain.messages import TaskOutcome
from storage.cases.rework import open_rework
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from storage.documents.accesses import APPLICANT
from storage.people.users import LoggedIn
from web.answers.cases import Rated
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, Unprocessable
from web.foundation.request_schemas import RatingGiven, RatingRequest
from web.security.session import caller
from web.security.tries import counted
from web.views.applicants import Proof, proved
from web.views.sentences import REFUSED, Refused, refusal

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

BAD_UP_TO = 2
"""不满意 and 非常不满意."""


@router.post("/{case_no}/rating", operation_id="rateCase", response_model=Rated)
def rate(case_no: str, rating: RatingRequest, request: Request, ctx: Ctx) -> dict[str, Any]:
    """One rating per case by its applicant, after the decision, without login; it never delays closing.

    `code`: as `X-Track-Code` of `track`. The comment stays in the sealed dossier. One or two opens a task with a
    deadline (差评整改). Refused: 403 NOT_YOURS to everybody who is logged in; 404 TRACK, alike for a wrong number and
    a wrong code; 409 RATING_DONE; 422 RATING_EARLY; 429 TRACK_LOCKED as with `track`.
    """
    not_staff(caller(request, ctx))
    with counted(ctx, request, case_no), ctx.database.write() as session:
        return rated(session, ctx, proved(session, ctx, Proof(case_no, rating.code)), rating)


def not_staff(person: LoggedIn | None) -> None:
    """`person`: whose session the request brings; None for an applicant.

    Raises:
        Forbidden: somebody of the hall, the post or the authorities (`NOT_YOURS`).
    """
    if person is not None:
        raise Forbidden("评价由申请人本人在进度查询页面提交，工作人员不能代评。", code="NOT_YOURS")


def rated(session: Session, ctx: Context, case_no: str, rating: RatingGiven) -> dict[str, Any]:
    """Keep the rating of a case by its applicant, in the caller's transaction; what `rate` answers.

    Raises:
        Conflict: `RATING_DONE`.
        Unprocessable: `RATING_EARLY`.
    """
    now = ctx.now()
    case = session.get_one(CaseRow, case_no, with_for_update=True, populate_existing=True)
    if case.decided_at is None:
        raise Unprocessable(REFUSED[Refused.RATING_EARLY], code=Refused.RATING_EARLY)
    if case.rating is not None:
        raise refusal(Refused.RATING_DONE)
    case.rating = {"score": rating.score, "side": rating.side, "at": now.isoformat()}
    if rating.comment.strip():
        dossier = read_dossier(case, ctx.sealer)
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
