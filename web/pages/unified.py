"""Unified login (统一认证) in a browser: out to the provider, and back. Works without scripts."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from domain.errors import BadInput, NotFound, ServiceUnavailable
from web.foundation.context import Context, Ctx
from web.foundation.problems import status_of
from web.pages.entrance import local
from web.pages.rendering import START, next_page, render
from web.security.session import keep_cookie
from web.security.unified import (
    CALLBACK,
    ON_THE_WAY,
    PATH,
    Returned,
    come_back,
    end_from_there,
    logout_address,
    set_out,
)

router = APIRouter(include_in_schema=False)

COOKIE: Final = "kuayu_oidc"
_UNAVAILABLE: Final = 503


@router.get(PATH)
def out(request: Request, ctx: Ctx, next: str = "") -> Response:
    """To the provider's login; the login page with 503 where it is away. `next`: the path to go on to."""
    try:
        address, carried = set_out(ctx, local(next))
    except NotFound:
        return RedirectResponse("/login", 303)
    except ServiceUnavailable as away:
        return _again(ctx, away.sentence, _UNAVAILABLE)
    answer = RedirectResponse(address, 303)
    secure = request.url.scheme == "https" or ctx.settings.public_url.startswith("https:")
    length = int(ON_THE_WAY.total_seconds())
    answer.set_cookie(COOKIE, carried, length, path=PATH, secure=secure, httponly=True, samesite="lax")
    return answer


@router.get(CALLBACK)
async def back(
    request: Request,
    ctx: Ctx,
    code: str | None = None,
    state: str | None = None,
    iss: str | None = None,
    error: str | None = None,
) -> Response:
    """A cookie, and on; the login page with one sentence where it is refused (401, 403) or the provider is away (503).

    On by a page of ours: a cookie for this site alone is not sent along where the way began on another one.
    """
    try:
        entered = await come_back(ctx, request, Returned(code, state, iss, error), request.cookies.get(COOKIE, ""))
    except BadInput as refusal:
        return await run_in_threadpool(_again, ctx, refusal.sentence, status_of(refusal))
    except ServiceUnavailable as away:
        return await run_in_threadpool(_again, ctx, away.sentence, _UNAVAILABLE)
    target = next_page(entered.opened.stage, entered.target or START[entered.opened.role])
    answer = await run_in_threadpool(render, ctx, "entered.html", on=target)
    answer.delete_cookie(COOKIE, path=PATH)
    keep_cookie(request, ctx, answer, entered.opened.token)
    return answer


@router.get(f"{PATH}/leave")
def leave(ctx: Ctx) -> Response:
    """To the provider's own log-out; to our login where it has none, or is away."""
    try:
        address = logout_address(ctx)
    except (NotFound, ServiceUnavailable):
        address = None
    return RedirectResponse(address or "/login", 303)


@router.post(f"{PATH}/ended")
def ended(ctx: Ctx, logout_token: Annotated[str, Form(max_length=32_768)] = "") -> Response:
    """The provider says that somebody has logged out there (back-channel): 200, or 400 for what is no such word."""
    try:
        end_from_there(ctx, logout_token)
    except BadInput:
        return Response(status_code=400)
    return Response(status_code=200)


def _again(ctx: Context, sentence: str, status: int) -> HTMLResponse:
    return render(ctx, "login.html", status=status, next="", username="", wrong="", unified_fault=sentence)
