"""In and out: the login, and to where one's own work is. Works without scripts."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from web.foundation.context import Context, Ctx
from web.foundation.problems import TooBusy, Unauthenticated
from web.pages.rendering import START, render
from web.security.session import COOKIE, caller, enter, keep_cookie, leave

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, ctx: Ctx) -> Response:
    """To where one's own work is, or to the login."""
    person = caller(request, ctx)
    return RedirectResponse(START[person.role] if person else "/login", 303)


@router.get("/login")
def login_page(ctx: Ctx, next: str = "") -> HTMLResponse:
    """The login; works without scripts. `next`: the path to go on to."""
    return render(ctx, "login.html", next=_local(next), username="", wrong="")


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
        token, role = await enter(ctx, request, username.strip(), password)
    except (Unauthenticated, TooBusy) as refusal:
        return await asyncio.to_thread(_login_again, ctx, username, next, refusal)
    answer = RedirectResponse(_local(next) or START[role], 303)
    keep_cookie(request, ctx, answer, token)
    return answer


def _login_again(ctx: Context, username: str, target: str, refusal: Unauthenticated | TooBusy) -> HTMLResponse:
    status = 401 if isinstance(refusal, Unauthenticated) else 429
    return render(ctx, "login.html", status=status, next=_local(target), username=username, wrong=refusal.sentence)


@router.post("/logout")
def log_out(request: Request, ctx: Ctx) -> Response:
    """End the session, back to the login."""
    leave(ctx, request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _local(target: str) -> str:
    """A path of ours, or nothing: a login must not send people to another site."""
    parts = urlsplit(target)
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if ours and target.isprintable() else ""
