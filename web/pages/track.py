"""The applicant's page (进度查询), without a login and without scripts: follow, fetch a result with the code, rate."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from domain.errors import BadInput, NotFound
from web.api import ratings, results, track
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable, status_of
from web.foundation.request_schemas import RatingRequest
from web.pages.rendering import render
from web.security.session import caller

router = APIRouter(include_in_schema=False)

CaseNo = Annotated[str, Form(alias="caseNo", max_length=40)]
Tail = Annotated[str, Form(alias="phoneTail", max_length=8)]


@router.get("/track")
def track_page(ctx: Ctx, caseNo: str = "") -> HTMLResponse:
    """The applicant's page; the phone's digits never stand in an address."""
    return render(ctx, "track/track.html", found=None, case_no=caseNo[:21], wrong="")


@router.post("/track")
def track_found(ctx: Ctx, case_no: CaseNo = "", tail: Tail = "") -> Response:
    """Where the matter stands, or 404 with the sentence; works without scripts, the phone's digits come in the body."""
    return standing_with(ctx, number_of(case_no), tail.strip())


@router.post("/track/result")
def fetch_result(
    ctx: Ctx,
    case_no: CaseNo = "",
    tail: Tail = "",
    code: Annotated[str, Form(max_length=32)] = "",
    handling_no: Annotated[str, Form(alias="handlingNo", max_length=21)] = "",
    sheet: Annotated[bool, Form()] = False,
) -> Response:
    """The file or its sheet, or the applicant's page again with what is wrong; the code is in no address."""
    number = number_of(case_no)
    asked = results.FetchRequest(
        case_no=number, phone_tail=tail.strip(), code=code, handling_no=handling_no, sheet=sheet
    )
    try:
        return results.fetched(ctx, asked)
    except BadInput as refusal:
        return standing_again(ctx, number, tail.strip(), refusal)


@router.post("/track/code")
def send_code(ctx: Ctx, case_no: CaseNo = "", tail: Tail = "") -> Response:
    """Have a one-time code sent, and the applicant's page again with where to, or with why not."""
    number = number_of(case_no)
    try:
        sent = results.code_sent(ctx, results.CodeRequest(case_no=number, phone_tail=tail.strip()))
    except BadInput as refusal:
        return standing_again(ctx, number, tail.strip(), refusal)
    return standing_with(ctx, number, tail.strip(), done=f"验证码已发往 {sent['phone']}，10分钟内有效。")


@router.post("/track/rating")
def rate(
    request: Request,
    ctx: Ctx,
    case_no: CaseNo = "",
    tail: Tail = "",
    score: Annotated[str, Form(max_length=8)] = "",
    side: Annotated[str, Form(max_length=16)] = "",
    comment: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The applicant's page again with thanks, or with why not."""
    number = number_of(case_no)
    try:
        given = RatingRequest(phone_tail=tail.strip(), score=int(score), side=side, comment=comment)
    except ValueError:
        unsaid = Unprocessable("请选择评价对象和满意程度，意见最多500个字。", code="INVALID")
        return standing_again(ctx, number, tail.strip(), unsaid)
    try:
        ratings.rated(ctx, caller(request, ctx), number, given)
    except BadInput as refusal:
        return standing_again(ctx, number, tail.strip(), refusal)
    return standing_with(ctx, number, tail.strip(), done="感谢您的评价。")


def number_of(typed: str) -> str:
    """A case number as it was typed: blanks and small letters do no harm, and nothing of it grows."""
    return typed.strip().upper()[:40]


def standing_again(ctx: Context, number: str, tail: str, refusal: BadInput) -> Response:
    """The applicant's page with a sentence about what could not be done; the form to look where the case is unknown."""
    status = status_of(refusal)
    return standing_with(ctx, number, tail, status=status, wrong=refusal.sentence)


def standing_with(
    ctx: Context, number: str, tail: str, *, status: int = 200, wrong: str = "", done: str = ""
) -> Response:
    """Where the matter stands, with a sentence about what was just done or could not be; 404 for who is not known."""
    try:
        found = track.standing(ctx, number, tail)
    except NotFound as missing:
        return render(ctx, "track/track.html", status=404, found=None, case_no=number, wrong=missing.sentence)
    return render(
        ctx, "track/track.html", status=status, found=found, case_no=number, tail=tail, wrong=wrong, done=done
    )
