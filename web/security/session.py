"""Logging in, and who may call what. Deny by default: a route without a rule lets nobody in."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from domain.model import Strict
from domain.terms import Role
from storage.base import Database
from storage.people.passwords import PasswordHash, hashed, verify
from storage.people.users import LoggedIn, log_out, open_session, password_of, until, who
from web.answers.sessions import LoggedInAs, SessionState
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, Unauthenticated
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
    """A token for programs and a cookie for pages, both for 10 hours. Refused: 401 LOGIN, 429 BUSY."""
    token, role = await enter(ctx, credentials.username, credentials.password)
    keep_cookie(request, response, token)
    return {"token": token, "role": role}


async def enter(ctx: Context, username: str, password: str) -> tuple[str, Role]:
    """Open a session: its token and the role. An unknown name costs as much as a wrong password.

    Raises:
        Unauthenticated: unknown name, wrong password or closed account, without a difference (`LOGIN`).
        TooBusy: too many are waiting (`BUSY`).
    """
    stored = await asyncio.to_thread(_stored, ctx.database, username)
    verdict = await _hashing.run(verify, stored, password)
    opened = None
    if stored is not None and verdict.right:
        renewed = await _hashing.run(hashed, password) if verdict.outdated else None
        opened = await asyncio.to_thread(_opened, ctx.database, username, stored, renewed, ctx.now())
    if opened is None:
        raise Unauthenticated("用户名或密码不对", code="LOGIN")
    return opened


def _stored(database: Database, username: str) -> PasswordHash | None:
    with database.read() as session:
        return password_of(session, username)


def _opened(
    database: Database, username: str, verified: PasswordHash, renewed: PasswordHash | None, now: datetime
) -> tuple[str, Role] | None:
    with database.write() as session:
        return open_session(session, username, verified, renewed, now)


def keep_cookie(request: Request, response: Response, token: str) -> None:
    """Set the token as a cookie, hidden from scripts and other sites; `Secure` where the browser came over https."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, path="/")


@router.post("/logout", operation_id="logout", status_code=204)
def logout(request: Request, ctx: Ctx) -> Response:
    """End the session of the token or cookie; 204 also where there is none."""
    with ctx.database.write() as session:
        log_out(session, token_of(request) or "")
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


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
    """Who sends a request; None without a session that holds."""
    token = token_of(request)
    if token is None:
        return None
    with ctx.database.read() as session:
        return who(session, token, ctx.now())


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
        if person.role not in roles:
            raise Forbidden("您的岗位不能进行此操作", code="ROLE")
        return person

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
