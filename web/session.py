"""Logging in, and who may call what. Deny by default: a route without a rule lets nobody in."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from domain.model import Strict
from domain.terms import Role
from storage.people import LoggedIn, log_in, log_out, who
from web.context import Context, Ctx
from web.problems import Forbidden, Unauthenticated

COOKIE = "kuayu_session"
router = APIRouter(prefix="/api/v1", tags=["登录"])


class Credentials(Strict):
    username: str = Field(max_length=64)
    password: str = Field(max_length=200)


@router.post("/login", operation_id="login")
def login(credentials: Credentials, request: Request, response: Response, ctx: Ctx) -> dict[str, str]:
    """A token for programs and a cookie for pages."""
    token, role = enter(ctx, credentials.username, credentials.password)
    keep_cookie(request, response, token)
    return {"token": token, "role": role}


def enter(ctx: Context, username: str, password: str) -> tuple[str, Role]:
    """A new session's token and the role.

    Raises:
        Unauthenticated: unknown name or wrong password, told alike.
    """
    with ctx.database.write() as session:
        opened = log_in(session, username, password, ctx.now())
    if opened is None:
        raise Unauthenticated("用户名或密码不对", code="LOGIN")
    return opened


def keep_cookie(request: Request, response: Response, token: str) -> None:
    """`Secure` as soon as the browser came over https; on this machine's own address http must do."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, path="/")


@router.post("/logout", operation_id="logout", status_code=204)
def logout(request: Request, ctx: Ctx) -> Response:
    with ctx.database.write() as session:
        log_out(session, token_of(request) or "")
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


def token_of(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return request.cookies.get(COOKIE)


def caller(request: Request, ctx: Context) -> LoggedIn | None:
    token = token_of(request)
    if token is None:
        return None
    with ctx.database.read() as session:
        return who(session, token, ctx.now())


def only(*roles: Role) -> Callable[[Request, Ctx], LoggedIn]:
    """A dependency: the caller has one of `roles`."""

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
Post = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.COURIER, Role.CLERK))]
OutletKeeper = Annotated[LoggedIn, Depends(only(Role.OUTLET, Role.SUPERVISOR))]
Supervisor = Annotated[LoggedIn, Depends(only(Role.SUPERVISOR))]
Operator = Annotated[LoggedIn, Depends(only(Role.OPERATOR))]
Watcher = Annotated[LoggedIn, Depends(only(Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR))]
Anybody = Annotated[LoggedIn, Depends(only(*STAFF))]
