"""Logging in, and who may call what. Deny by default: a route without a rule lets nobody in."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from domain.model import Strict
from domain.terms import Role
from storage.base import Database
from storage.exchange.exchange_log import note_security_event
from storage.people.passwords import PasswordHash, hashed, verify
from storage.people.users import LoggedIn, log_out, open_session, password_of, until, who
from web.answers.sessions import LoggedInAs, SessionState
from web.foundation.auditing import about, let_in
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, TooBusy, TooManyRequests, Unauthenticated
from web.security.callers import comes_from_operations, network_of
from web.security.hashing import Hashing

COOKIE = "kuayu_session"
router = APIRouter(prefix="/api/v1", tags=["登录"])
_hashing = Hashing()


class Credentials(Strict):
    """`POST /login`."""

    username: str = Field(max_length=64)
    password: str = Field(max_length=200)


@router.post("/login", operation_id="login", response_model=LoggedInAs)
async def login(credentials: Credentials, request: Request, response: Response, ctx: Ctx) -> dict[str, str]:
    """A token for programs and a cookie for pages, both for 10 hours. Refused: 401 LOGIN, 429 BUSY, LOGIN_LOCKED."""
    token, role = await enter(ctx, request, credentials.username, credentials.password)
    keep_cookie(request, ctx, response, token)
    return {"token": token, "role": role}


async def enter(ctx: Context, request: Request, username: str, password: str) -> tuple[str, Role]:
    """Open a session: its token and the role. An unknown name costs as much as a wrong password.

    Raises:
        Unauthenticated: unknown name, wrong password or closed account, without a difference (`LOGIN`).
        TooBusy: too many are waiting (`BUSY`), or too many passwords were wrong (`LOGIN_LOCKED`).
    """
    place = network_of(request)
    await ctx.login_tries.take(place, username, partial(_note_guessing, ctx, username))
    stored = await asyncio.to_thread(_stored, ctx.database, username)
    if stored is not None:
        about(username)  # an unknown name may be anything, even a password in the wrong field
    try:
        verdict = await _hashing.run(verify, stored, password)
    except TooBusy:
        ctx.login_tries.was_right(place, username)
        raise
    opened = None
    if stored is not None and verdict.right:
        renewed = await _hashing.run(hashed, password) if verdict.outdated else None
        opened = await asyncio.to_thread(_opened, ctx.database, username, stored, renewed, ctx.now())
    if opened is None:
        raise Unauthenticated("用户名或密码不对", code="LOGIN")
    ctx.login_tries.was_right(place, username)
    return opened


def _note_guessing(ctx: Context, username: str) -> None:
    """A name that nobody has is nobody's loss, and names can be made up without end."""
    if _stored(ctx.database, username) is None:
        return
    with ctx.database.write() as session:
        note_security_event(session, "login", "GUESSING", ctx.now(), detail=username)


def _stored(database: Database, username: str) -> PasswordHash | None:
    with database.read() as session:
        return password_of(session, username)


def _opened(
    database: Database, username: str, verified: PasswordHash, renewed: PasswordHash | None, now: datetime
) -> tuple[str, Role] | None:
    with database.write() as session:
        opened = open_session(session, username, verified, renewed, now)
        if opened is not None:
            let_in(username, opened[1])
        return opened


def keep_cookie(request: Request, ctx: Context, response: Response, token: str) -> None:
    """Set the token as a cookie, hidden from scripts and other sites.

    `Secure` where the browser came over https, and always where PUBLIC_URL says that it does: a proxy may be set
    wrongly.
    """
    secure = request.url.scheme == "https" or ctx.settings.public_url.startswith("https:")
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, path="/")


@router.post("/logout", operation_id="logout", status_code=204)
def logout(request: Request, ctx: Ctx) -> Response:
    """End the session of the token or cookie; 204 also where there is none."""
    leave(ctx, request)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


def leave(ctx: Context, request: Request) -> None:
    """End the session of a request, if it has one."""
    with ctx.database.write() as session:
        username = log_out(session, token_of(request) or "")
        if username is not None:
            let_in(username)


@router.get("/session", operation_id="getSession", response_model=SessionState)
def state(request: Request, ctx: Ctx) -> dict[str, str]:
    """Who is logged in, and until when. Asking does not make it longer. Refused: 401 LOGIN."""
    with ctx.database.read() as session:
        held = until(session, token_of(request) or "", ctx.now())
    if held is None:
        raise Unauthenticated("请先登录", code="LOGIN")
    person, expires_at = held
    return {"username": person.username, "expiresAt": expires_at.isoformat(), "serverTime": ctx.now().isoformat()}


def token_of(request: Request) -> str | None:
    """The token of a request: of `Authorization: Bearer …`, else of the cookie; None without either."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return request.cookies.get(COOKIE)


def caller(request: Request, ctx: Context) -> LoggedIn | None:
    """Who sends a request; None without a session that holds.

    Raises:
        TooManyRequests: this account asks too often (`RATE`).
    """
    token = token_of(request)
    if token is None:
        return None
    with ctx.database.read() as session:
        person = who(session, token, ctx.now())
    if person is not None and (wait := ctx.accounts.take(person.username)) is not None:
        raise TooManyRequests(wait)
    return person


def only(*roles: Role) -> Callable[[Request, Ctx], LoggedIn]:
    """A dependency that gives the caller, who has one of `roles`.

    Raises:
        Unauthenticated: nobody is logged in (`LOGIN`).
        Forbidden: another role (`ROLE`).
    """

    def check(request: Request, ctx: Ctx) -> LoggedIn:
        person = caller(request, ctx)
        if person is None:
            raise Unauthenticated("请先登录", code="LOGIN")
        ctx.auditor.known(request, person)
        if person.role not in roles:
            raise Forbidden("您的岗位不能进行此操作", code="ROLE")
        ctx.auditor.seen(request, person)
        return person

    return check


def from_operations_or(judge: Callable[[Request, Ctx], LoggedIn]) -> Callable[[Request, Ctx], None]:
    """A dependency that lets in who asks from EDGE_OPERATIONS_FROM, and from elsewhere whom `judge` lets in."""

    def check(request: Request, ctx: Ctx) -> None:
        if not comes_from_operations(request, ctx.settings):
            judge(request, ctx)

    return check


STAFF = tuple(Role)
Clerk = Annotated[LoggedIn, Depends(only(Role.CLERK))]
CaseReader = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR))]
Officer = Annotated[LoggedIn, Depends(only(Role.OFFICER))]
Joiner = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.OFFICER))]
Post = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.COURIER, Role.CLERK))]
OutletStaff = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.COURIER, Role.CLERK, Role.SUPERVISOR))]
OutletKeeper = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.SUPERVISOR))]
Supervisor = Annotated[LoggedIn, Depends(only(Role.SUPERVISOR))]
Operator = Annotated[LoggedIn, Depends(only(Role.OPERATOR))]
Watcher = Annotated[LoggedIn, Depends(only(Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR))]
Anybody = Annotated[LoggedIn, Depends(only(*STAFF))]
OfOperations = Depends(from_operations_or(only(Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR)))
OfReaders = Depends(from_operations_or(only(*STAFF)))
