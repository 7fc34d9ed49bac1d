"""The applicant's page (进度查询), without a login and without scripts: follow, fetch a result, rate.

The square code of the receipt or number and code begin a visit (`web.security.visits`); after that a cookie says whose
case it is, and neither an address nor a form does.
"""

import unicodedata
from collections.abc import Callable, Mapping
from secrets import token_hex
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import BadInput, NotFound
from domain.personal import Consented
from storage.cases.applicant_sessions import Visit
from storage.documents.accesses import APPLICANT
from web.api import personal, ratings, results, track
from web.foundation.context import Context, Ctx
from web.foundation.problems import Gone, TooBusy, Unprocessable, status_of
from web.foundation.request_schemas import RatingGiven
from web.pages.care import Care, CareMode
from web.pages.rendering import render
from web.pages.visit_changes import VisitChange, visits_of_case
from web.security.session import caller
from web.security.tries import TooManyTries, counted
from web.security.visits import begin, leave, visiting
from web.views.applicants import Proof, confirmed, opened_by, proved
from web.views.cases import find_case
from web.views.consents import consents_given, withdraw_consent
from web.views.personal_data import Made

router = APIRouter(include_in_schema=False)

CaseNo = Annotated[str, Form(alias="caseNo", max_length=40)]
Code = Annotated[str, Form(max_length=32)]
Tail = Annotated[str, Form(alias="phoneTail", max_length=8)]
_BETWEEN = " ·-—_\u3000\t"
_ASKED = "如果编号和手机尾号对得上，8位验证码已发到登记的手机，10分钟内有效。收到后填在“领取码”一格。"
_OVER = "查询已超时，请重新扫码，或填办件编号和领取码。"


@router.get("/t/{token}")
def scanned(token: str, request: Request, ctx: Ctx, care: CareMode) -> Response:
    """From the square code of a receipt to its case; the token goes no further than this address."""
    try:
        with ctx.database.read() as session:
            opened = opened_by(session, ctx, token)
    except NotFound as wrong:
        return _guessed(request, ctx, care, wrong)
    except Gone as gone:
        return _searching(ctx, care, "", gone)
    return _entered(request, ctx, Visit(opened, by_code=False))


@router.get("/track")
def track_page(request: Request, ctx: Ctx, care: CareMode, caseNo: str = "") -> Response:
    """The case that is being visited, else the form to look for one; `caseNo` fills it in."""
    visit = visiting(request, ctx)
    if visit is None or caseNo not in ("", visit.case_no):
        return _searching(ctx, care, number_of(caseNo))
    try:
        return _Visited(request, ctx, care, visit).page(200)
    except Gone as gone:
        return _searching(ctx, care, "", gone)


@router.post("/track")
def track_found(request: Request, ctx: Ctx, care: CareMode, case_no: CaseNo = "", code: Code = "") -> Response:
    """To the case of number and code, or 404 with the sentence; both come in the body."""
    proof = Proof(number_of(case_no), code)
    try:
        with counted(ctx, request, proof.case_no), ctx.database.write() as session:
            opened = proved(session, ctx, proof)
    except (NotFound, TooManyTries) as refusal:
        return _searching(ctx, care, proof.case_no, refusal)
    return _entered(request, ctx, Visit(opened, by_code=True))


@router.post("/track/code")
def send_code(request: Request, ctx: Ctx, care: CareMode, case_no: CaseNo = "", tail: Tail = "") -> Response:
    """Have a one-time code sent; without a visit the answer is the same whether anything fits or not."""
    visit = visiting(request, ctx)
    if visit is not None and not case_no:
        seen = visit.case_no
        return _Visited(request, ctx, care, visit).answered(
            lambda: f"验证码已发往 {results.code_sent(ctx, seen)}，10分钟内有效。"
        )
    number = number_of(case_no)
    try:
        results.ask_for_code(ctx, request, number, unicodedata.normalize("NFKC", tail).strip())
    except TooManyTries as refusal:
        return _searching(ctx, care, number, refusal)
    return _searching(ctx, care, number, done=_ASKED)


@router.post("/track/result")
def fetch_result(
    request: Request,
    ctx: Ctx,
    care: CareMode,
    code: Code = "",
    handling_no: Annotated[str, Form(alias="handlingNo", max_length=21)] = "",
    sheet: Annotated[bool, Form()] = False,
) -> Response:
    """The file or its sheet, or the case again with what is wrong; who came by the square code gives the code too."""
    visit = visiting(request, ctx)
    if visit is None:
        return _over(ctx, care)
    asked = results.ResultAsked(handling_no=handling_no, sheet=sheet)

    def fetched() -> Response:
        with counted(ctx, request, visit.case_no):
            with ctx.database.write() as session:
                if not visit.by_code:
                    confirmed(session, ctx, Proof(visit.case_no, code))
                given = results.taken(session, ctx, visit.case_no, asked)
            return given()

    return _Visited(request, ctx, care, visit).answered(fetched)


@router.post("/track/rating")
def rate(
    request: Request,
    ctx: Ctx,
    care: CareMode,
    score: Annotated[str, Form(max_length=8)] = "",
    side: Annotated[str, Form(max_length=16)] = "",
    comment: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The case again with thanks, or with why not."""
    visit = visiting(request, ctx)
    if visit is None:
        return _over(ctx, care)

    def rated() -> str:
        try:
            given = RatingGiven(score=int(score), side=side, comment=comment)
        except ValueError:
            raise Unprocessable("请选择评价对象和满意程度，意见最多500个字。", code="INVALID", field="side") from None
        ratings.not_staff(caller(request, ctx))
        with ctx.database.write() as session:
            ratings.rated(session, ctx, visit.case_no, given)
        return "感谢您的评价。"

    return _Visited(request, ctx, care, visit).answered(rated)


@router.post("/track/change")
def change_visit(
    request: Request,
    ctx: Ctx,
    care: CareMode,
    leg_id: Annotated[str, Form(alias="legId", max_length=48)] = "",
    kind: Annotated[str, Form(max_length=12)] = "",
    version: Annotated[str, Form(max_length=8)] = "",
    key: Annotated[str, Form(max_length=64)] = "",
    address: Annotated[str, Form(max_length=400)] = "",
    window: Annotated[str, Form(alias="windowFrom", max_length=40)] = "",
    name: Annotated[str, Form(alias="contactName", max_length=400)] = "",
    phone: Annotated[str, Form(alias="contactPhone", max_length=80)] = "",
) -> Response:
    """The case again with what has come of the change, or with why not; sent twice it is one change."""
    visit = visiting(request, ctx)
    if visit is None:
        return _over(ctx, care)
    typed = {"address": address, "windowFrom": window, "contactName": name, "contactPhone": phone}
    asked = VisitChange(leg_id=leg_id, kind=kind, version=version, key=key, typed=typed)

    def changed() -> str:
        ratings.not_staff(caller(request, ctx))
        return asked.made(ctx, visit.case_no)

    return _Visited(request, ctx, care, visit).answered(changed, typed | {"form": asked.form})


@router.post("/track/personal-data")
def my_data(request: Request, ctx: Ctx, care: CareMode, code: Code = "") -> Response:
    """A copy of what is held, numbers in part; who came by the square code gives the code too."""
    visit = visiting(request, ctx)
    if visit is None:
        return _over(ctx, care)

    def copied() -> Response:
        with counted(ctx, request, visit.case_no), ctx.database.write() as session:
            if not visit.by_code:
                confirmed(session, ctx, Proof(visit.case_no, code))
            made = Made("本人（进度查询）", ctx.now(), masked=True)
            case = find_case(session, visit.case_no)
            archive = personal.copy_of(session, ctx, case, made, channel="track", by=APPLICANT)
        return personal.archive_answer(visit.case_no, archive)

    return _Visited(request, ctx, care, visit).answered(copied)


@router.post("/track/consent")
def consent_withdrawn(
    request: Request, ctx: Ctx, care: CareMode, about: Annotated[str, Form(max_length=16)] = ""
) -> Response:
    """The case again, with what stops from now on."""
    visit = visiting(request, ctx)
    if visit is None:
        return _over(ctx, care)

    def withdrawn() -> str:
        if about not in set(Consented):
            raise Unprocessable("请选择要撤回的同意。", code="INVALID", field="about")
        what = Consented(about)
        with ctx.database.write() as session:
            found = withdraw_consent(session, ctx, visit.case_no, what, channel="track", by=APPLICANT)
        ctx.notify()
        return f"已撤回同意：{what.label}。{found.said}"

    return _Visited(request, ctx, care, visit).answered(withdrawn)


@router.post("/track/leave")
def left(request: Request, ctx: Ctx) -> Response:
    """The visit ends, and the form is there for the next one."""
    response = RedirectResponse("/track", 303)
    leave(request, response, ctx)
    return response


@router.get("/track/{done}")
def come_back(done: str) -> Response:
    """Whoever reloads what came of a form, or keeps its address, gets to the case or the form."""
    return RedirectResponse("/track", 303)


def number_of(typed: str) -> str:
    """A case number as it was typed or copied: blanks, dots, hyphens, width and small letters do no harm."""
    plain = unicodedata.normalize("NFKC", typed[:40]).upper()
    return "".join(char for char in plain if char not in _BETWEEN)[:40]


class _Visited:
    """A visit, and the page that answers a form of it."""

    def __init__(self, request: Request, ctx: Context, care: Care, visit: Visit) -> None:
        self._request = request
        self._ctx = ctx
        self._care = care
        self._visit = visit

    def answered(self, act: Callable[[], str | Response], typed: Mapping[str, str] = MappingProxyType({})) -> Response:
        """The page after `act`, with its sentence or with why it could not; a file is the answer itself.

        `typed`: what stands in the form again where it could not.
        """
        try:
            done = act()
        except BadInput as refusal:
            page = self.page(status_of(refusal), wrong=refusal, typed=typed)
            if isinstance(refusal, TooBusy):
                page.headers["Retry-After"] = str(refusal.retry_after_s)
            return page
        return done if isinstance(done, Response) else self.page(200, done=done)

    def page(
        self, status: int, *, wrong: BadInput | None = None, done: str = "", typed: Mapping[str, str] | None = None
    ) -> Response:
        """The case as it stands."""
        found = track.standing(self._ctx, self._visit.case_no)
        shown: dict[str, Any] = {"found": found, "case_no": self._visit.case_no, "done": done}
        shown |= {"visits": visits_of_case(self._ctx, self._visit.case_no), "key": token_hex(8)}
        shown |= {"consents": consents_given(self._ctx, self._visit.case_no), "by_code": self._visit.by_code}
        shown["typed"] = typed or {}
        shown["faults"] = [(wrong.field, wrong.sentence)] if wrong else []
        return self._care.kept(render(self._ctx, "track/found.html", status=status, care=self._care.on, **shown))


def _entered(request: Request, ctx: Context, visit: Visit) -> Response:
    response = RedirectResponse("/track", 303)
    response.headers["Referrer-Policy"] = "no-referrer"
    begin(request, response, ctx, visit)
    return response


def _guessed(request: Request, ctx: Context, care: Care, wrong: NotFound) -> Response:
    """A token that opens nothing counts for the address; a right one was not even counted, so nobody locks it."""
    try:
        with counted(ctx, request):
            raise wrong
    except (NotFound, TooManyTries) as refusal:
        return _searching(ctx, care, "", refusal)


def _over(ctx: Context, care: Care) -> Response:
    return _searching(ctx, care, "", Unprocessable(_OVER, code="VISIT_OVER"))


def _searching(ctx: Context, care: Care, number: str, wrong: BadInput | None = None, done: str = "") -> HTMLResponse:
    status = 200 if wrong is None else status_of(wrong)
    at = "caseNo" if isinstance(wrong, NotFound) else ""
    faults = [(at, wrong.sentence)] if wrong is not None else []
    page = render(ctx, "track/search.html", status=status, care=care.on, case_no=number, faults=faults, done=done)
    if isinstance(wrong, TooManyTries):
        page.headers["Retry-After"] = str(wrong.retry_after_s)
    return care.kept(page)
