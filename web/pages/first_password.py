"""The first login with a password that somebody else has given: one's own comes first. Works without scripts."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.errors import BadInput, Conflict
from domain.password_rules import MIN_LENGTH
from domain.people import SessionStage
from web.api.account import choose_first
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unauthenticated, status_of
from web.pages.entrance import local
from web.pages.rendering import START, next_page, render
from web.security.session import keep_cookie, step_of

router = APIRouter(include_in_schema=False)

NOT_THE_SAME = "两次输入的不一样，请再输一遍。"


@router.get("/login/password")
def first_password(request: Request, ctx: Ctx, next: str = "") -> Response:
    """The form; who waits for no such step goes to where he may."""
    step = step_of(request, ctx)
    if step is None:
        return RedirectResponse("/", 303)
    if step.stage is not SessionStage.PASSWORD_CHANGE:
        return RedirectResponse(next_page(step.stage, local(next)), 303)
    return _form(ctx, step.username, next)


@router.post("/login/password")
async def choose(
    request: Request,
    ctx: Ctx,
    password: Annotated[str, Form(max_length=400)] = "",
    again: Annotated[str, Form(max_length=400)] = "",
    next: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """The session, and on to `next` or the role's start; the form again with 422, the login where there is no step."""
    step = await asyncio.to_thread(step_of, request, ctx)
    if step is None:
        return RedirectResponse("/login", 303)
    try:
        if password != again:
            raise BadInput(NOT_THE_SAME, code="AGAIN", field="again")
        opened = await choose_first(ctx, request, password)
    except (Unauthenticated, Conflict):
        return RedirectResponse("/login", 303)
    except BadInput as refusal:
        return await asyncio.to_thread(_form, ctx, step.username, next, refusal)
    answer = RedirectResponse(local(next) or START[opened.role], 303)
    keep_cookie(request, ctx, answer, opened.token)
    return answer


def _form(ctx: Context, username: str, target: str, refusal: BadInput | None = None) -> Response:
    status = 200 if refusal is None else status_of(refusal)
    fault = None if refusal is None else (refusal.field or "password", refusal.sentence)
    values: dict[str, Any] = {"next": local(target), "username": username, "fault": fault, "least": MIN_LENGTH}
    return render(ctx, "first_password.html", status=status, **values)
