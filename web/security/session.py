"""Logging in, and who may call what. Deny by default: a route without a rule lets nobody in."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, ParamSpec, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from domain.model import Strict
from domain.password_rules import is_public
from domain.people import SessionStage
from domain.terms import Role
from storage.people.passwords import PasswordHash, Verdict, hashed, verify
from storage.people.sessions import (
    CameBy,
    Opened,
    Pending,
    advance,
    log_out,
    open_session,
    pending,
    until,
    who_and_where,
)
from storage.people.users import LoggedIn, UserRow, is_over
from web.answers.sessions import LoggedInAs, SessionState
from web.foundation.auditing import about, let_in
from web.foundation.context import Context, Ctx
from web.foundation.presence import is_by_itself
from web.foundation.problems import Forbidden, TooBusy, TooManyRequests, Unauthenticated
from web.security import patience
from web.security.callers import agent_of, comes_from_operations, network_of
from web.security.devices import on_a_device, signed_by_a_device
from web.security.factor_rules import is_asked_for_more
from web.security.hashing import Hashing
from web.security.objects import check_objects
from web.security.patience import Try
from web.security.places import Within, check_place, placed

COOKIE = "kuayu_session"
router = APIRouter(prefix="/api/v1", tags=["登录"])
_hashing = Hashing()

AsksDevice = Callable[[Request, Context, LoggedIn], None]
Given = ParamSpec("Given")
Result = TypeVar("Result")


class Credentials(Strict):
    """`POST /login`."""

    username: str = Field(max_length=64)
    password: str = Field(max_length=200)


@router.post("/login", operation_id="login", response_model=LoggedInAs)
async def login(credentials: Credentials, request: Request, response: Response, ctx: Ctx) -> dict[str, str]:
    """A token for programs and a cookie for pages, for 10 hours at most; it ends when nobody is seen for a while.

    `stage` other than OPEN: the token opens nothing but the next step of this login. Refused: 401 LOGIN, LOGIN_EXPIRED,
    429 BUSY, LOGIN_LOCKED.
    """
    opened = await enter(ctx, request, credentials.username, credentials.password)
    keep_cookie(request, ctx, response, opened.token)
    return {"token": opened.token, "role": opened.role, "stage": opened.stage}


async def enter(ctx: Context, request: Request, username: str, password: str) -> Opened:
    """Open a session, in the stage that comes first. An unknown name costs as much as a wrong password.

    Raises:
        Unauthenticated: unknown name, wrong password or closed account, without a difference (`LOGIN`); the right
            password, but it was to be changed by a day that is over (`LOGIN_EXPIRED`).
        TooBusy: too many are waiting (`BUSY`), or too many passwords were wrong (`LOGIN_LOCKED`).
    """
    tried = await begin(ctx, request, username)
    if tried.stored is not None:
        about(username)  # an unknown name may be anything, even a password in the wrong field
    verdict = await prove(ctx, tried, password)
    opened = None
    if verdict.right:
        renewed = await apart(hashed, password) if verdict.outdated else None
        opened = await asyncio.to_thread(_opened, ctx, request, tried, renewed)
    if opened is None:
        await asyncio.to_thread(patience.fail, ctx, tried)
        raise Unauthenticated("用户名或密码不对", code="LOGIN")
    return opened


async def begin(ctx: Context, request: Request, username: str) -> Try:
    """Count a try for a name before its password is looked at.

    Raises:
        TooManyLogins: it has to wait (`LOGIN_LOCKED`).
    """
    tried = await asyncio.to_thread(patience.begin, ctx, request, username)
    if isinstance(tried, timedelta):
        await ctx.login_tries.refuse(tried)
    return tried


async def prove(ctx: Context, tried: Try, password: str) -> Verdict:
    """Whether it is the password of the name that was tried. Outside the sandbox one that we have printed never is.

    Raises:
        TooBusy: nobody could look at it (`BUSY`); the try is none then.
    """
    try:
        verdict = await apart(verify, tried.stored, password)
    except TooBusy:
        await asyncio.to_thread(patience.give_up, ctx, tried)
        raise
    is_printed = not ctx.settings.sandbox and is_public(password)
    return Verdict(tried.stored is not None and verdict.right and not is_printed, verdict.outdated)


async def apart(work: Callable[Given, Result], *args: Given.args, **more: Given.kwargs) -> Result:
    """What `work`, which computes hashes of passwords, returns; beside everything else (`Hashing`).

    Raises:
        TooBusy: too many are waiting (`BUSY`).
    """
    return await _hashing.run(work, *args, **more)


def _opened(ctx: Context, request: Request, tried: Try, renewed: PasswordHash | None) -> Opened | None:
    if tried.stored is None:
        return None
    username, now = tried.username, ctx.now()
    came_by = CameBy(network_of(request), agent_of(request))
    with ctx.database.write() as session:
        user = session.get(UserRow, username, with_for_update=True)  # what is read of him from now on stays so
        if is_over(session, username, now):
            raise Unauthenticated("初始密码已经过期，请找本单位的管理员重新设一个。", code="LOGIN_EXPIRED")
        stage = first_stage(ctx, session, username)
        opened = open_session(
            session, username, tried.stored, renewed, now, stage=stage, came_by=came_by, idle=ctx.settings.accounts.idle
        )
        if user is None or opened is None:
            return None
        patience.succeed(ctx, session, tried)
        user.vetted = user.vetted or not ctx.settings.sandbox
        if opened.stage is SessionStage.OPEN:
            patience.remember(ctx, request, session, username)
        let_in(username, opened.role)
        return opened


def first_stage(ctx: Context, session: Session, username: str) -> SessionStage:
    """What a right password opens for a user: the step that comes first, or the session itself."""
    user = session.get(UserRow, username)
    if user is not None and is_asked_for_more(ctx.settings, session, username, Role(user.role)):
        return SessionStage.SECOND_FACTOR
    return SessionStage.PASSWORD_CHANGE if user is not None and user.must_change else SessionStage.OPEN


def go_on(ctx: Context, request: Request, session: Session, amr: str = "") -> Opened | None:
    """The step that the login of a request waited for is done, in the caller's transaction: its new token and stage.

    `amr`: how he proved himself in it. None if it waits for no such step (`storage.people.sessions:advance`).
    """
    token, now = token_of(request) or "", ctx.now()
    waiting = pending(session, token, now)
    gone_on = advance(session, token, now, amr, idle=ctx.settings.accounts.idle)
    if waiting is None or gone_on is None:
        return None
    fresh, stage = gone_on
    if stage is SessionStage.OPEN:
        patience.remember(ctx, request, session, waiting.username)
    let_in(waiting.username, waiting.role)
    return Opened(fresh, waiting.role, stage)


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
    person, ends = held
    return {
        "username": person.username,
        "expiresAt": ends.idle_at.isoformat(),
        "latestAt": ends.latest_at.isoformat(),
        "serverTime": ctx.now().isoformat(),
    }


@router.post("/session", operation_id="keepSession", response_model=SessionState)
def keep(request: Request, ctx: Ctx) -> dict[str, str]:
    """Somebody is there: the session goes on as far as it may. Refused: 401 LOGIN, 429 RATE."""
    caller(request, ctx)
    return state(request, ctx)


def token_of(request: Request) -> str | None:
    """The token of a request: of `Authorization: Bearer …`, else of the cookie; None without either."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return request.cookies.get(COOKIE)


def caller(request: Request, ctx: Context) -> LoggedIn | None:
    """Who sends a request, which shows that he is there, and what he covers; None without a session that holds.

    Raises:
        TooManyRequests: this account asks too often (`RATE`).
    """
    token = token_of(request)
    if token is None:
        return None
    with ctx.database.read() as session:
        found = who_and_where(session, token, ctx.now())
        if found is None:
            return None
        person = placed(ctx, session, *found)
    if (wait := ctx.accounts.take(person.username)) is not None:
        raise TooManyRequests(wait)
    if not is_by_itself(request):
        ctx.presence.note(ctx.database, person, ctx.now(), ctx.settings.accounts.idle)
    return person


def only(
    *roles: Role, within: Within = Within.UNIT, device: AsksDevice = on_a_device
) -> Callable[[Request, Ctx], LoggedIn]:
    """A dependency that gives the caller, who has one of `roles`, stands where he has to, and may see what is named.

    `device`: what is asked of the device he is on.

    Raises:
        Unauthenticated: nobody is logged in (`LOGIN`), or the login waits for its next step (`LOGIN_STEP`).
        Forbidden: another role (`ROLE`), no place (`NO_UNIT`, `DISTRICT_ONLY`), not from this device
            (`web.security.devices`), as `web.security.objects` says.
        NotFound: what the address names is not there for him.
    """

    def check(request: Request, ctx: Ctx) -> LoggedIn:
        person = caller(request, ctx)
        if person is None:
            raise not_in(request, ctx)
        ctx.auditor.known(request, person)
        if person.role not in roles:
            raise Forbidden("您的岗位不能进行此操作", code="ROLE")
        check_place(person, within)
        device(request, ctx, person)
        check_objects(request, ctx, person)
        ctx.auditor.seen(request, person)
        return person

    return check


def not_in(request: Request, ctx: Context) -> Unauthenticated:
    """Why somebody is not let in: nobody is logged in (`LOGIN`), or the login waits for a step (`LOGIN_STEP`)."""
    if step_of(request, ctx) is None:
        return Unauthenticated("请先登录", code="LOGIN")
    return Unauthenticated("登录还差一步，请先在登录页上完成", code="LOGIN_STEP")


def step_of(request: Request, ctx: Context) -> Pending | None:
    """Whose login a request is on the way of, and which step it waits for; None without one."""
    with ctx.database.read() as session:
        return pending(session, token_of(request) or "", ctx.now())


def from_operations_or(judge: Callable[[Request, Ctx], LoggedIn]) -> Callable[[Request, Ctx], None]:
    """A dependency that lets in who asks from EDGE_OPERATIONS_FROM, and from elsewhere whom `judge` lets in."""

    def check(request: Request, ctx: Ctx) -> None:
        if not comes_from_operations(request, ctx.settings):
            judge(request, ctx)

    return check


STAFF = tuple(Role)
_CASE = (Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR)
_POST = (Role.OUTLET, Role.COURIER, Role.CLERK)
_OVER = (Role.SUPERVISOR, Role.AUDITOR)
_RUNS = (*_OVER, Role.OPERATOR)
Clerk = Annotated[LoggedIn, Depends(only(Role.CLERK))]
CaseReader = Annotated[LoggedIn, Depends(only(*_CASE))]
Officer = Annotated[LoggedIn, Depends(only(Role.OFFICER))]
Joiner = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.OFFICER))]
Uploader = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.OFFICER, Role.OUTLET, Role.COURIER))]
Post = Annotated[LoggedIn, Depends(only(*_POST))]
PostDevice = Annotated[LoggedIn, Depends(only(*_POST, device=signed_by_a_device))]
OutletStaff = Annotated[LoggedIn, Depends(only(*_POST, Role.SUPERVISOR))]
DeviceKeeper = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.SUPERVISOR, Role.SECURITY))]
ParcelReader = Annotated[LoggedIn, Depends(only(*_POST, Role.OFFICER, *_OVER))]
OutletKeeper = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.SUPERVISOR))]
SuspensionReader = Annotated[LoggedIn, Depends(only(Role.OUTLET, *_OVER))]
TaskReader = Annotated[LoggedIn, Depends(only(*_POST, Role.OFFICER, *_RUNS))]
TaskActor = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.OFFICER, Role.OUTLET, Role.SUPERVISOR, Role.OPERATOR))]
Supervisor = Annotated[LoggedIn, Depends(only(Role.SUPERVISOR))]
Overseer = Annotated[LoggedIn, Depends(only(*_OVER))]
DistrictOverseer = Annotated[LoggedIn, Depends(only(*_OVER, within=Within.DISTRICT))]
Operator = Annotated[LoggedIn, Depends(only(Role.OPERATOR))]
NetworkWatcher = Annotated[LoggedIn, Depends(only(*_RUNS))]
Watcher = Annotated[LoggedIn, Depends(only(*_RUNS, within=Within.DISTRICT))]
AccountKeeper = Annotated[LoggedIn, Depends(only(Role.SECURITY))]
AccountReader = Annotated[LoggedIn, Depends(only(Role.SECURITY, Role.OPERATOR))]
UnitReader = Annotated[LoggedIn, Depends(only(Role.SECURITY, *_RUNS))]
Anybody = Annotated[LoggedIn, Depends(only(*STAFF))]
Oneself = Annotated[LoggedIn, Depends(only(*STAFF, within=Within.ACCOUNT))]
OfOperations = Depends(from_operations_or(only(*_RUNS, within=Within.DISTRICT)))
OfReaders = Depends(from_operations_or(only(*STAFF)))
