"""Electronic results: fetched by the applicant with a code, by the hall with a record of who has read it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from domain.applicant_messages import MessageKind
from logistics.masking import mask_phone
from runtime.container import result_key
from storage.cases.applicant_messages import enqueue
from storage.cases.electronic_results import note_fetched
from storage.cases.result_codes import CodeVerdict, code_to_send, renew_code, try_code
from storage.cases.result_release import taken_back
from storage.cases.rows import HandlingRow, add_event
from storage.documents.accesses import APPLICANT, Purpose, note_access
from web.answers.bodies import file_of
from web.answers.results import CodeRenewed, CodeSent
from web.api.papers import result_sheet
from web.foundation.context import Context, Ctx
from web.foundation.problems import TooBusy, Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import CaseReader, Clerk
from web.security.tries import counted
from web.views.applicants import applicants_case
from web.views.cases import find_case
from web.views.results import ResultFile, handed, no_result, result_file, results_of

router = APIRouter(prefix="/api/v1", tags=["办理结果"])

_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file under its own media type", **file_of("application/octet-stream")}
}
_WRONG = "领取码不对，请核对回执或短信上的数字。"
_SOON = "验证码刚刚发过，请一分钟后再试；多次输错的，请15分钟后再试。"
_LOCKED = "领取码多次输入有误，请15分钟后再试，也可带身份证件到大厅领取。"


class FetchRequest(RequestSchema):
    """`POST /track/results`. `code`: on the receipt, or sent; blanks in it do no harm. `handling_no`: which result.

    `sheet`: instead of the file the sheet to print with it (验证单), by which anybody can check the print.
    """

    case_no: str = Field(max_length=40)
    phone_tail: str = Field(max_length=8)
    code: str = Field(max_length=32)
    handling_no: str = Field(max_length=21)
    sheet: bool = False


@router.post("/track/results", operation_id="fetchResult", response_class=Response, responses=_FILE)
def fetch_result(asked: FetchRequest, request: Request, ctx: Ctx) -> Response:
    """An electronic result for its applicant, without login; recorded before it is given out.

    Refused: 404 TRACK, alike for a wrong number and a wrong tail; 404 RESULT_UNKNOWN; 409 DEFERRED_OPEN; 422
    CODE_WRONG; 429 CODE_LOCKED after five wrong codes in a row, TRACK_LOCKED as with `track`, for a quarter of an hour.
    """
    with counted(ctx, request, asked.case_no):
        return fetched(ctx, asked)


def fetched(ctx: Context, asked: FetchRequest) -> Response:
    """What `fetch_result` answers.

    Raises:
        NotFound: `TRACK`, `RESULT_UNKNOWN`.
        Conflict: `DEFERRED_OPEN`.
        Unprocessable: `CODE_WRONG`.
        TooBusy: `CODE_LOCKED`.
    """
    with ctx.database.write() as session:
        case, _ = applicants_case(session, ctx, asked.case_no, asked.phone_tail)
        verdict = try_code(session, result_key(ctx.settings), case.case_no, asked.code, ctx.now())
        if verdict is CodeVerdict.RIGHT:  # what is refused from here on has used up no code
            if asked.sheet:
                return result_sheet(session, ctx, case.case_no)
            handling = _handling_of(session, case.case_no, asked.handling_no)
            if handling.handling_no in taken_back(session, case.case_no):
                raise no_result()
            found = result_file(session, handling)
            note_fetched(session, handling, ctx.now())
            _note(ctx, session, handling, found, APPLICANT, Purpose.RESULT)
    if verdict is CodeVerdict.RIGHT:
        return handed(ctx, found)
    if verdict is CodeVerdict.LOCKED:
        raise TooBusy(_LOCKED, code="CODE_LOCKED", field="code")
    raise Unprocessable(_WRONG, code="CODE_WRONG", field="code")


class CodeRequest(RequestSchema):
    """`POST /track/codes`: who wants a one-time code sent to the phone of the case."""

    case_no: str = Field(max_length=40)
    phone_tail: str = Field(max_length=8)


@router.post("/track/codes", status_code=202, operation_id="sendResultCode", response_model=CodeSent)
def send_code(asked: CodeRequest, request: Request, ctx: Ctx) -> dict[str, Any]:
    """Have a one-time code sent to the applicant's phone, good for ten minutes and one result.

    Refused: 404 TRACK, alike for a wrong number and a wrong tail; 404 RESULT_UNKNOWN where there is nothing to fetch;
    429 CODE_SOON within a minute of the last one, or while wrong codes have locked the results, TRACK_LOCKED.
    """
    with counted(ctx, request, asked.case_no):
        return code_sent(ctx, asked)


def code_sent(ctx: Context, asked: CodeRequest) -> dict[str, Any]:
    """What `send_code` answers. Raises NotFound (`TRACK`, `RESULT_UNKNOWN`) and TooBusy (`CODE_SOON`)."""
    now = ctx.now()
    with ctx.database.write() as session:
        case, dossier = applicants_case(session, ctx, asked.case_no, asked.phone_tail)
        if not results_of(session, case.case_no):
            raise no_result()
        code = code_to_send(session, result_key(ctx.settings), case.case_no, now)
        if code is None:
            raise TooBusy(_SOON, code="CODE_SOON")
        enqueue(
            session,
            case_no=case.case_no,
            key=f"code/{now.isoformat()}",
            kind=MessageKind.ONE_TIME_CODE,
            now=now,
            secrets={"code": code},
            sealer=ctx.sealer,
        )
    ctx.notify()
    return {"caseNo": case.case_no, "phone": mask_phone(dossier.applicant.phone)}


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
    """A new code for an applicant who has lost his, or whose results are locked: the receipt is printed anew.

    The code that was printed before, and one that was sent, are worth nothing from then on. Refused: 404 CASE_UNKNOWN.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        find_case(session, case_no)
        issue = renew_code(session, case_no)
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
