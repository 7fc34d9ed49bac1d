"""Electronic results: fetched by the applicant with a code, by the hall with a record of who has read it."""

import hmac
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from domain.applicant_messages import MessageKind
from logistics.masking import mask_phone
from runtime.container import code_desk
from storage.cases.applicant_messages import enqueue
from storage.cases.applicant_sessions import end_visits
from storage.cases.electronic_results import note_fetched
from storage.cases.result_release import taken_back
from storage.cases.rows import CaseRow, HandlingRow, add_event, read_dossier
from storage.documents.accesses import APPLICANT, Purpose, note_access
from web.answers.bodies import file_of
from web.answers.results import CodeAsked, CodeRenewed
from web.api.papers import result_sheet
from web.foundation.context import Context, Ctx
from web.foundation.problems import TooBusy
from web.foundation.request_schemas import RequestSchema
from web.security.session import CaseReader, Clerk
from web.security.tries import counted, may_send
from web.views.applicants import Proof, proved
from web.views.cases import find_case
from web.views.results import ResultFile, handed, no_result, result_file

router = APIRouter(prefix="/api/v1", tags=["办理结果"])

_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file under its own media type", **file_of("application/octet-stream")}
}
_SOON = "验证码刚刚发过，或今天发得太多，请稍后再试；也可以用回执上的领取码。"


class ResultAsked(RequestSchema):
    """Which result of a case. `sheet`: instead of the file the sheet to print with it, by which a print is checked."""

    handling_no: str = Field(max_length=21)
    sheet: bool = False


class FetchRequest(ResultAsked):
    """`POST /track/results`. `code`: on the receipt, or sent; blanks in it do no harm. `sheet`: 验证单."""

    case_no: str = Field(max_length=40)
    code: str = Field(max_length=32)


@router.post("/track/results", operation_id="fetchResult", response_class=Response, responses=_FILE)
def fetch_result(asked: FetchRequest, request: Request, ctx: Ctx) -> Response:
    """An electronic result for its applicant, without login; recorded before it is given out.

    Refused: 404 TRACK, alike for a wrong number and a wrong code; 404 RESULT_UNKNOWN; 409 DEFERRED_OPEN; 429
    TRACK_LOCKED as with `track`.
    """
    with counted(ctx, request, asked.case_no):
        with ctx.database.write() as session:  # what is refused from here on has used up no code
            given = taken(session, ctx, proved(session, ctx, Proof(asked.case_no, asked.code)), asked)
        return given()


def taken(session: Session, ctx: Context, case_no: str, asked: ResultAsked) -> Callable[[], Response]:
    """Note that the applicant takes a result; what it returns gives it out, once the transaction is committed.

    Raises:
        NotFound: `RESULT_UNKNOWN`.
        Conflict: `DEFERRED_OPEN`.
    """
    if asked.sheet:
        return result_sheet(session, ctx, case_no)
    handling = _handling_of(session, case_no, asked.handling_no)
    if handling.handling_no in taken_back(session, case_no):
        raise no_result()
    found = result_file(session, handling)
    note_fetched(session, handling, ctx.now())
    _note(ctx, session, handling, found, APPLICANT, Purpose.RESULT)
    return lambda: handed(ctx, found)


class CodeRequest(RequestSchema):
    """`POST /track/codes`: who wants a one-time code sent to the phone of the case, which ends so."""

    case_no: str = Field(max_length=40)
    phone_tail: str = Field(max_length=8)


@router.post("/track/codes", status_code=202, operation_id="sendResultCode", response_model=CodeAsked)
def send_code(asked: CodeRequest, request: Request, ctx: Ctx) -> dict[str, Any]:
    """Have a one-time code sent to the applicant's phone, good for ten minutes and one look.

    The answer is the same whether the number exists, the phone ends so, and a message goes out: at most one a minute
    and ten a day. Refused: 429 TRACK_LOCKED as with `track`; each request counts.
    """
    ask_for_code(ctx, request, asked.case_no, asked.phone_tail)
    return {"caseNo": asked.case_no}


def ask_for_code(ctx: Context, request: Request, case_no: str, phone_tail: str) -> None:
    """Send a one-time code where number and phone fit, and tell nobody whether they do.

    Raises:
        TooManyTries: as `web.security.tries.counted`; each request counts.
    """
    with counted(ctx, request, case_no, always=True), ctx.database.write() as session:
        case = session.get(CaseRow, case_no)
        phone = read_dossier(case, ctx.sealer).applicant.phone if case is not None else ""
        if case is not None and phone and hmac.compare_digest(phone[-4:].encode(), phone_tail.encode()):
            _sent(session, ctx, case_no)
    ctx.notify()


def code_sent(ctx: Context, case_no: str) -> str:
    """Send one to who sees the case already; where to, masked.

    Raises:
        TooBusy: one was sent a minute ago, or ten today (`CODE_SOON`).
    """
    with ctx.database.write() as session:
        phone = read_dossier(find_case(session, case_no), ctx.sealer).applicant.phone
        if not _sent(session, ctx, case_no):
            raise TooBusy(_SOON, code="CODE_SOON")
    ctx.notify()
    return mask_phone(phone)


def _sent(session: Session, ctx: Context, case_no: str) -> bool:
    now = ctx.now()
    code = code_desk(ctx.settings, ctx.sealer).to_send(session, case_no, now)
    if code is None or not may_send(ctx, session, case_no):
        return False
    enqueue(
        session,
        case_no=case_no,
        key=f"code/{now.isoformat()}",
        kind=MessageKind.ONE_TIME_CODE,
        now=now,
        secrets={"code": code},
        sealer=ctx.sealer,
    )
    return True


@router.get(
    "/cases/{case_no}/results/{handling_no}", operation_id="getResult", response_class=Response, responses=_FILE
)
def get_result(case_no: str, handling_no: str, reader: CaseReader, ctx: Ctx) -> Response:
    """The electronic result of one handling for the hall; each reading is recorded.

    Refused: 404 CASE_UNKNOWN, RESULT_UNKNOWN; 409 DEFERRED_OPEN while a material is owed.
    """
    with ctx.database.write() as session:
        find_case(session, case_no)
        handling = _handling_of(session, case_no, handling_no)
        found = result_file(session, handling)
        _note(ctx, session, handling, found, reader.username, Purpose.CASE)
    return handed(ctx, found)


@router.post("/cases/{case_no}/result-code", operation_id="renewResultCode", response_model=CodeRenewed)
def renew(case_no: str, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """Other codes for an applicant who has lost his receipt: it is printed anew.

    Everything that was printed or sent before (square code, code, hand-over codes) is worth nothing from then on, and
    who looks at the case is sent out. Refused: 404 CASE_UNKNOWN.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        find_case(session, case_no)
        issue = code_desk(ctx.settings, ctx.sealer).renew(session, case_no, now)
        end_visits(session, case_no)
        key = f"code/{issue}"
        add_event(session, case_no=case_no, key=key, kind="CODE_RENEWED", at=now, now=now, actor=clerk.username)
    return {"caseNo": case_no, "receipt": f"/api/v1/cases/{case_no}/receipt.pdf"}


def _handling_of(session: Session, case_no: str, handling_no: str) -> HandlingRow:
    handling = session.get(HandlingRow, handling_no)
    if handling is None or handling.case_no != case_no:
        raise no_result()
    return handling


def _note(
    ctx: Context, session: Session, handling: HandlingRow, found: ResultFile, reader: str, purpose: Purpose
) -> None:
    note_access(session, found.sha256, reader=reader, purpose=purpose, now=ctx.now(), case_no=handling.case_no)
