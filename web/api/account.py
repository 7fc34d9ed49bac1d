"""One's own account (我的账号): a password of one's own, and the sessions that are open."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from domain.errors import Conflict, NotFound
from domain.people import SessionStage
from storage.people.accounts import known_passwords, set_password
from storage.people.passwords import PasswordHash, judged
from storage.people.session_list import SessionSeen, end_session, end_sessions, sessions_of, short_id
from storage.people.sessions import Opened, login_id, renew_token
from storage.people.users import LoggedIn
from web.answers.accounts import LoginSessionList, SessionsEnded
from web.answers.sessions import LoggedInAs
from web.foundation.auditing import about
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unauthenticated, Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security import patience
from web.security.session import Oneself, apart, begin, go_on, keep_cookie, prove, step_of, token_of

router = APIRouter(prefix="/api/v1", tags=["登录"])

_OVERTAKEN = "密码刚刚被别人改过，请重新登录。"


class FirstPassword(RequestSchema):
    """`POST /login/password`."""

    password: str = Field(max_length=400)


class OwnPassword(FirstPassword):
    """`POST /account/password`. `current`: the password of now."""

    current: str = Field(max_length=400)


@router.post("/login/password", operation_id="chooseFirstPassword", response_model=LoggedInAs)
async def choose(wanted: FirstPassword, request: Request, response: Response, ctx: Ctx) -> dict[str, Any]:
    """A password of one's own in the place of the one that somebody else gave; then the session is open.

    With the token of a login whose `stage` is PASSWORD_CHANGE; the answer has another one. Refused: 401 LOGIN,
    LOGIN_STEP (no such login); 409 PASSWORD_CHANGED; 422 PASSWORD; 429 BUSY.
    """
    opened = await choose_first(ctx, request, wanted.password)
    return _told(request, response, ctx, opened)


@router.post("/account/password", operation_id="changeOwnPassword", response_model=LoggedInAs)
async def change(
    wanted: OwnPassword, request: Request, response: Response, person: Oneself, ctx: Ctx
) -> dict[str, Any]:
    """Another password of one's own; all other sessions end, and this one goes on under the token of the answer.

    Refused: 409 PASSWORD_CHANGED; 422 CURRENT (not the password of now), PASSWORD; 429 BUSY, LOGIN_LOCKED.
    """
    opened = await change_own(ctx, request, person, wanted.current, wanted.password)
    return _told(request, response, ctx, opened)


@router.get("/account/sessions", operation_id="listOwnSessions", response_model=LoginSessionList)
def sessions(person: Oneself, ctx: Ctx) -> dict[str, Any]:
    """One's own sessions that are not over: since when, last seen, from where, with what."""
    return {"sessions": sessions_shown(ctx, person.username, person.login)}


@router.delete("/account/sessions", operation_id="endOtherSessions", response_model=SessionsEnded)
def end_others(person: Oneself, ctx: Ctx) -> dict[str, int]:
    """End all sessions of one's own but this one; live streams of theirs end too."""
    with ctx.database.write() as session:
        return {"ended": end_sessions(session, person.username, but=person.login)}


@router.delete("/account/sessions/{session_id}", operation_id="endOwnSession", status_code=204)
def end_one(session_id: str, person: Oneself, ctx: Ctx) -> Response:
    """End one session of one's own. Refused: 404 SESSION_UNKNOWN."""
    end(ctx, person.username, session_id)
    return Response(status_code=204)


async def choose_first(ctx: Context, request: Request, password: str) -> Opened:
    """As `POST /login/password`; raises what it refuses."""
    step = await asyncio.to_thread(step_of, request, ctx)
    if step is None or step.stage is not SessionStage.PASSWORD_CHANGE:
        raise Unauthenticated("请先登录", code="LOGIN" if step is None else "LOGIN_STEP")
    known = await asyncio.to_thread(_known, ctx, step.username)
    made = await apart(judged, password, step.username, known)

    def chosen() -> Opened:
        mine = login_id(token_of(request) or "")
        about(step.username)
        with ctx.database.write() as session:
            done = set_password(session, step.username, known[0], made, ctx.now(), own=True, but=mine)
            opened = go_on(ctx, request, session) if done else None
            if opened is None:
                raise Conflict(_OVERTAKEN, code="PASSWORD_CHANGED")
            return opened

    return await asyncio.to_thread(chosen)


async def change_own(ctx: Context, request: Request, person: LoggedIn, current: str, password: str) -> Opened:
    """As `POST /account/password`; raises what it refuses. Wrong guesses at the password count as at the login."""
    tried = await begin(ctx, request, person.username)
    if not (await prove(ctx, tried, current)).right:
        await asyncio.to_thread(patience.fail, ctx, tried)
        raise Unprocessable("现在的密码不对", code="CURRENT", field="current")
    known = await asyncio.to_thread(_known, ctx, person.username)
    try:
        made = await apart(judged, password, person.username, known)
    finally:
        await asyncio.to_thread(patience.give_up, ctx, tried)

    def changed() -> Opened:
        with ctx.database.write() as session:
            before = tried.stored or known[0]
            done = set_password(session, person.username, before, made, ctx.now(), own=True, but=person.login)
            fresh = renew_token(session, token_of(request) or "") if done else None
            if fresh is None:
                raise Conflict(_OVERTAKEN, code="PASSWORD_CHANGED")
            return Opened(fresh, person.role, SessionStage.OPEN)

    return await asyncio.to_thread(changed)


def sessions_shown(ctx: Context, username: str, own: str = "") -> list[dict[str, Any]]:
    """The sessions of a user, for an answer; `own`: the id of the login of who asks."""
    with ctx.database.read() as session:
        return [_shown(each, own) for each in sessions_of(session, username, ctx.now())]


def end(ctx: Context, username: str, session_id: str) -> None:
    """End one session of a user.

    Raises:
        NotFound: he has none of this id (`SESSION_UNKNOWN`).
    """
    with ctx.database.write() as session:
        if not end_session(session, username, session_id):
            raise NotFound("没有这个登录，可能已经结束。", code="SESSION_UNKNOWN")


def _known(ctx: Context, username: str) -> list[PasswordHash]:
    with ctx.database.read() as session:
        return known_passwords(session, username)


def _told(request: Request, response: Response, ctx: Context, opened: Opened) -> dict[str, Any]:
    keep_cookie(request, ctx, response, opened.token)
    return {"token": opened.token, "role": opened.role, "stage": opened.stage}


def _shown(seen: SessionSeen, own: str) -> dict[str, Any]:
    return {
        "sessionId": seen.id,
        "stage": seen.stage,
        "openedAt": seen.opened_at.isoformat(),
        "seenAt": seen.seen_at.isoformat(),
        "expiresAt": seen.expires_at.isoformat(),
        "cameFrom": seen.came_from,
        "agent": seen.agent,
        "amr": seen.amr,
        "current": seen.id == short_id(own),
    }
