"""The applicant's page (进度查询), without a login and without scripts: follow, fetch a result with the code, rate."""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import BadInput, NotFound
from web.api import ratings, results, track
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable, status_of
from web.foundation.request_schemas import RatingRequest
from web.pages.care import Care, CareMode
from web.pages.rendering import render
from web.security.session import caller
from web.security.tries import WRONG, TooManyTries, counted

router = APIRouter(include_in_schema=False)

CaseNo = Annotated[str, Form(alias="caseNo", max_length=40)]
Tail = Annotated[str, Form(alias="phoneTail", max_length=8)]
_BETWEEN = " ·-—_\u3000\t"


@router.get("/track")
def track_page(ctx: Ctx, care: CareMode, caseNo: str = "") -> HTMLResponse:
    """The applicant's page; the phone's digits never stand in an address."""
    return _searching(ctx, care, caseNo[:40])


@router.post("/track")
def track_found(request: Request, ctx: Ctx, care: CareMode, case_no: CaseNo = "", tail: Tail = "") -> Response:
    """Where the matter stands, or 404 with the sentence; works without scripts, the phone's digits come in the body."""
    return _Visit(request, ctx, care, case_no, tail).answered()


@router.post("/track/result")
def fetch_result(
    request: Request,
    ctx: Ctx,
    care: CareMode,
    case_no: CaseNo = "",
    tail: Tail = "",
    code: Annotated[str, Form(max_length=32)] = "",
    handling_no: Annotated[str, Form(alias="handlingNo", max_length=21)] = "",
    sheet: Annotated[bool, Form()] = False,
) -> Response:
    """The file or its sheet, or the applicant's page again with what is wrong; the code is in no address."""
    visit = _Visit(request, ctx, care, case_no, tail)
    asked = results.FetchRequest(
        case_no=visit.number, phone_tail=visit.tail, code=code, handling_no=handling_no, sheet=sheet
    )
    return visit.answered(lambda: results.fetched(ctx, asked))


@router.post("/track/code")
def send_code(request: Request, ctx: Ctx, care: CareMode, case_no: CaseNo = "", tail: Tail = "") -> Response:
    """Have a one-time code sent, and the applicant's page again with where to, or with why not."""
    visit = _Visit(request, ctx, care, case_no, tail)

    def sent() -> str:
        to = results.code_sent(ctx, results.CodeRequest(case_no=visit.number, phone_tail=visit.tail))
        return f"验证码已发往 {to['phone']}，10分钟内有效。"

    return visit.answered(sent)


@router.post("/track/rating")
def rate(
    request: Request,
    ctx: Ctx,
    care: CareMode,
    case_no: CaseNo = "",
    tail: Tail = "",
    score: Annotated[str, Form(max_length=8)] = "",
    side: Annotated[str, Form(max_length=16)] = "",
    comment: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The applicant's page again with thanks, or with why not."""
    visit = _Visit(request, ctx, care, case_no, tail)

    def rated() -> str:
        try:
            given = RatingRequest(phone_tail=visit.tail, score=int(score), side=side, comment=comment)
        except ValueError:
            raise Unprocessable("请选择评价对象和满意程度，意见最多500个字。", code="INVALID", field="side") from None
        ratings.rated(ctx, caller(request, ctx), visit.number, given)
        return "感谢您的评价。"

    return visit.answered(rated)


@router.get("/track/{done}")
def come_back(done: str) -> Response:
    """Whoever reloads what came of a form, or keeps its address, starts anew: the digits were in no address."""
    return RedirectResponse("/track", 303)


def number_of(typed: str) -> str:
    """A case number as it was typed or copied: blanks, dots, hyphens, width and small letters do no harm."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(char for char in plain if char not in _BETWEEN)[:40]


class _Visit:
    """One form of an applicant's: who says to be whom, and the page that answers."""

    def __init__(self, request: Request, ctx: Context, care: Care, case_no: str, tail: str) -> None:
        self._request = request
        self._ctx = ctx
        self._care = care
        self.number = number_of(case_no)
        self.tail = unicodedata.normalize("NFKC", tail).strip()

    def answered(self, act: Callable[[], str | Response] = str) -> Response:
        """The page after `act`: with the sentence that it gives, or with why it could not; a file is the answer itself.

        The form to look again (404) where number and tail do not fit, 429 where they have not fitted too often.
        """
        try:
            with counted(self._ctx, self._request, self.number):
                try:
                    done = act()
                except BadInput as refusal:
                    if refusal.code == WRONG:
                        raise
                    return self._page(status_of(refusal), wrong=refusal)
                return done if isinstance(done, Response) else self._page(200, done=done)
        except (NotFound, TooManyTries) as refusal:
            return _searching(self._ctx, self._care, self.number, refusal)

    def _page(self, status: int, *, wrong: BadInput | None = None, done: str = "") -> Response:
        found = track.standing(self._ctx, self.number, self.tail)
        shown: dict[str, Any] = {"found": found, "case_no": self.number, "tail": self.tail, "done": done}
        faults = [(wrong.field, wrong.sentence)] if wrong is not None else []
        page = render(self._ctx, "track/found.html", status=status, care=self._care.on, faults=faults, **shown)
        return self._care.kept(page)


def _searching(ctx: Context, care: Care, number: str, wrong: BadInput | None = None) -> HTMLResponse:
    status = 200 if wrong is None else status_of(wrong)
    faults = [("" if isinstance(wrong, TooManyTries) else "caseNo", wrong.sentence)] if wrong is not None else []
    page = render(ctx, "track/search.html", status=status, care=care.on, case_no=number, faults=faults)
    if isinstance(wrong, TooManyTries):
        page.headers["Retry-After"] = str(wrong.retry_after_s)
    return care.kept(page)
