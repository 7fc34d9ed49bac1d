"""In and out: the login, and to where one's own work is. Works without scripts."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from web.foundation.context import Context, Ctx
from web.foundation.problems import TooBusy, Unauthenticated
from web.pages.rendering import START, next_page, render
from web.security.session import COOKIE, caller, enter, keep_cookie, leave, step_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, ctx: Ctx) -> Response:
    """To where one's own work is, to the step that a login waits for, or to the login."""
    person = caller(request, ctx)
    if person is not None:
        return RedirectResponse(START[person.role], 303)
    step = step_of(request, ctx)
    return RedirectResponse("/login" if step is None else next_page(step.stage, START[step.role]), 303)


@router.get("/login")
def login_page(ctx: Ctx, next: str = "") -> HTMLResponse:
    """The login; works without scripts. `next`: the path to go on to."""
    return render(ctx, "login.html", next=local(next), username="", wrong="")


@router.post("/login")
async def log_in(
    request: Request,
    ctx: Ctx,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """A cookie, and on to `next` or the role's start; the login again with 401 or 429."""
    try:
        opened = await enter(ctx, request, username.strip(), password)
    except (Unauthenticated, TooBusy) as refusal:
        return await asyncio.to_thread(_login_again, ctx, username, next, refusal)
    answer = RedirectResponse(next_page(opened.stage, local(next) or START[opened.role]), 303)
    keep_cookie(request, ctx, answer, opened.token)
    return answer


def _login_again(ctx: Context, username: str, target: str, refusal: Unauthenticated | TooBusy) -> HTMLResponse:
    status = 401 if isinstance(refusal, Unauthenticated) else 429
    page = render(ctx, "login.html", status=status, next=local(target), username=username, wrong=refusal.sentence)
    if isinstance(refusal, TooBusy):
        page.headers["Retry-After"] = str(refusal.retry_after_s)
    return page


@router.post("/logout")
def log_out(request: Request, ctx: Ctx) -> Response:
    """End the session, back to the login."""
    leave(ctx, request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def local(target: str) -> str:
    """A path of ours, or nothing: a login must not send people to another site."""
    parts = urlsplit(target)
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if ours and target.isprintable() else ""
