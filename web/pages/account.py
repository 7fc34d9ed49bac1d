"""One's own account (我的账号): the password and the sessions. Works without scripts."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import BadInput, NotFound
from domain.password_rules import MIN_LENGTH
from storage.people.session_list import end_sessions
from storage.people.users import LoggedIn
from web.api.account import change_own, end, sessions_shown
from web.foundation.context import Context, Ctx
from web.foundation.problems import status_of
from web.pages.first_password import NOT_THE_SAME
from web.pages.rendering import render
from web.pages.visitors import Oneself
from web.security.session import keep_cookie
from web.views.account_words import STAGES, proofs_said

router = APIRouter(include_in_schema=False)

OTHERS: Final = "others"
"""In the place of a session's id: all but the one that asks."""

_DONE: Final = {
    "password": "密码已经改好，其他地方的登录都已结束。",
    "ended": "已经结束，那边的页面马上就用不了了。",
}


@router.get("/account")
def account(person: Oneself, ctx: Ctx, done: str = "") -> HTMLResponse:
    """One's sessions and the form for another password; `done`: what has just been done."""
    return _page(ctx, person, done=_DONE.get(done, ""))


@router.post("/account/password")
async def change_password(
    request: Request,
    person: Oneself,
    ctx: Ctx,
    current: Annotated[str, Form(max_length=400)] = "",
    password: Annotated[str, Form(max_length=400)] = "",
    again: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Another password; the page again, with what is wrong where it is refused."""
    try:
        if password != again:
            raise BadInput(NOT_THE_SAME, code="AGAIN", field="again")
        opened = await change_own(ctx, request, person, current, password)
    except BadInput as refusal:
        return await asyncio.to_thread(_page, ctx, person, refusal=refusal)
    answer = RedirectResponse("/account?done=password", 303)
    keep_cookie(request, ctx, answer, opened.token)
    return answer


@router.post("/account/sessions")
def end_sessions_of_mine(person: Oneself, ctx: Ctx, session: Annotated[str, Form(max_length=64)] = "") -> Response:
    """End one session of one's own, or all others; one that is over already is no fault."""
    if session == OTHERS:
        with ctx.database.write() as writing:
            end_sessions(writing, person.username, but=person.login)
    else:
        try:
            end(ctx, person.username, session)
        except NotFound as refusal:
            return _page(ctx, person, refusal=refusal)
    return RedirectResponse("/account?done=ended", 303)


def _page(ctx: Context, person: LoggedIn, *, done: str = "", refusal: BadInput | None = None) -> HTMLResponse:
    values: dict[str, Any] = {
        "sessions": sessions_shown(ctx, person.username, person.login),
        "stages": STAGES,
        "proofs_said": proofs_said,
        "idle_minutes": int(ctx.settings.accounts.idle.of(person.role).total_seconds() // 60),
        "least": MIN_LENGTH,
        "others": OTHERS,
        "done": done,
        "fault": None if refusal is None else (refusal.field or "", refusal.sentence),
    }
    return render(ctx, "account.html", person, status=200 if refusal is None else status_of(refusal), **values)
