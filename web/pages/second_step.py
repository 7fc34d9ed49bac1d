"""The second step of a login: a code of the app or on paper, or enrolling the first. Works without scripts."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import Conflict
from domain.one_time import in_base32, otpauth
from storage.people.sessions import Opened, Pending
from web.foundation.context import Context, Ctx
from web.foundation.problems import TooBusy, Unauthenticated, status_of
from web.pages.entrance import local
from web.pages.rendering import START, Detour, next_page, render
from web.security import enrolling
from web.security.passkeys import NAME, ours
from web.security.second_step import answer_code, answering, held
from web.security.session import keep_cookie

router = APIRouter(include_in_schema=False)
PATH = "/login/second"


@router.get(PATH)
def page(request: Request, ctx: Ctx, next: str = "") -> HTMLResponse:
    """Asks for the second factor, or lets its owner enrol the first; to the login where no login is at this step."""
    return _page(ctx, _waiting(request, ctx), next)


@router.post(PATH)
def answer(
    request: Request,
    ctx: Ctx,
    code: Annotated[str, Form(max_length=32)] = "",
    next: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """On to `next` or the role's start; with the first factor the recovery codes come before; again with 401 or 429."""
    step = _waiting(request, ctx)
    try:
        if held(ctx, step.username).any:
            return _gone_on(request, ctx, answer_code(ctx, request, code), next)
        gained = enrolling.confirm_app(ctx, request, enrolling.enroller(request, ctx), code)
    except (Unauthenticated, TooBusy, Conflict) as refusal:
        return _page(ctx, step, next, wrong=refusal.sentence, status=status_of(refusal))
    if gained.opened is None:
        return RedirectResponse("/login", 303)
    on = next_page(gained.opened.stage, local(next) or START[step.role])
    shown = render(ctx, "account/recovery_codes.html", codes=gained.codes, on=on)
    keep_cookie(request, ctx, shown, gained.opened.token)
    return shown


@router.post(f"{PATH}/app")
def begin(request: Request, ctx: Ctx, next: Annotated[str, Form(max_length=300)] = "") -> Response:
    """A square code for the app of who has no factor yet; the page again."""
    step = _waiting(request, ctx)
    try:
        enrolling.begin_app(ctx, enrolling.enroller(request, ctx))
    except (Unauthenticated, Conflict) as refusal:
        return _page(ctx, step, next, wrong=refusal.sentence, status=status_of(refusal))
    return RedirectResponse(next_page(step.stage, local(next)), 303)


def square(address: str) -> str:
    """A square code as SVG, to stand in a page."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", scale=4, border=4, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def _waiting(request: Request, ctx: Context) -> Pending:
    try:
        return answering(request, ctx)
    except Unauthenticated:
        raise Detour(RedirectResponse("/login", 303)) from None


def _page(ctx: Context, step: Pending, target: str, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    has = enrolling.listed(ctx, step.username)
    return render(
        ctx,
        "account/second.html",
        status=status,
        next=local(target),
        on=local(target) or START[step.role],
        wrong=wrong,
        app=has.app,
        keys=bool(has.keys) and ours(ctx.settings) is not None,
        may_add_key=ours(ctx.settings) is not None,
        enrols=not (has.app or has.keys),
        square=square(otpauth(has.begun, NAME, step.username)) if has.begun is not None else "",
        secret=in_base32(has.begun) if has.begun is not None else "",
    )


def _gone_on(request: Request, ctx: Context, opened: Opened, target: str) -> Response:
    answer = RedirectResponse(next_page(opened.stage, local(target) or START[opened.role]), 303)
    keep_cookie(request, ctx, answer, opened.token)
    return answer
