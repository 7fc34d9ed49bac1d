"""The accounts (账号管理) for the security administrator; who runs the system reads the list. Works without scripts."""

import asyncio
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import BadInput
from domain.terms import Role
from domain.units import STANDS_AT
from storage.people.account_list import AccountSeen, Wanted, accounts, accounts_within
from storage.people.session_list import end_sessions
from storage.people.users import INITIAL_VALID, LoggedIn
from web.api import account_changes as changes
from web.api import accounts as api
from web.api.account import end, sessions_shown
from web.api.units import couriers_of, units_of
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable, status_of
from web.pages.rendering import render
from web.pages.visitors import AccountKeeper, AccountReading
from web.views.account_words import STAGES, proofs_said
from web.views.device_counts import devices_of
from web.views.wording import ROLES

router = APIRouter(include_in_schema=False)

_SIZE: Final = 50
_HOURS: Final = int(INITIAL_VALID.total_seconds() // 3600)
_OPEN, _CLOSED = "open", "closed"


class Act(StrEnum):
    """What is done with an account by its page."""

    DISABLE = "disable"
    ENABLE = "enable"
    RESET = "reset"
    ROLE = "role"
    UNIT = "unit"
    END = "end"  # one session
    END_ALL = "end_all"


_DONE: Final = {
    Act.DISABLE: "账号已停用，它的登录全部结束了。",
    Act.ENABLE: "账号已启用。",
    Act.ROLE: "岗位已改，原来的登录全部结束了。",
    Act.UNIT: "单位已改，原来的登录全部结束了。",
    Act.END: "这个登录已结束。",
    Act.END_ALL: "全部登录已结束。",
}


class Filter(BaseModel):
    """The filter in the address; what is not understood asks for nothing."""

    model_config = ConfigDict(frozen=True)

    q: str = Field("", max_length=64)
    role: str = Field("", max_length=16)
    state: str = Field("", max_length=8)
    unit: str = Field("", max_length=32)
    after: str = Field("", max_length=64)

    @property
    def wanted(self) -> Wanted:
        """The same for the list."""
        role = Role(self.role) if self.role in set(Role) else None
        return Wanted(self.q.strip(), role, {_OPEN: True, _CLOSED: False}.get(self.state), self.unit or None)


class Typed(NamedTuple):
    """What was typed for a new account."""

    username: str = ""
    role: str = ""
    unit: str = ""
    courier: str = ""


@router.get("/accounts")
def list_accounts(person: AccountReading, ctx: Ctx, asked: Annotated[Filter, Query()]) -> HTMLResponse:
    """The accounts that fit, fifty a page, and for who keeps them the form for a new one."""
    return _list(ctx, person, asked)


@router.post("/accounts")
async def add_account(
    person: AccountKeeper,
    ctx: Ctx,
    username: Annotated[str, Form(max_length=64)] = "",
    role: Annotated[str, Form(max_length=16)] = "",
    unit: Annotated[str, Form(max_length=32)] = "",
    courier: Annotated[str, Form(max_length=64)] = "",
) -> HTMLResponse:
    """A new account: the list with its initial password, this once; or what is wrong with the name or place."""
    typed = Typed(username.strip(), role, unit, courier.strip())
    try:
        given = await changes.add(ctx, person, _new(typed))
    except BadInput as refusal:
        return await asyncio.to_thread(_list, ctx, person, Filter(), refusal=refusal, typed=typed)
    return await asyncio.to_thread(_list, ctx, person, Filter(q=given["username"]), given=given)


@router.get("/accounts/{username}")
def account(username: str, person: AccountKeeper, ctx: Ctx, done: str = "") -> HTMLResponse:
    """One account: what is known of it, its sessions, and what can be done with it."""
    return _one(ctx, person, username, done=_DONE.get(Act(done), "") if done in set(Act) else "")


@router.post("/accounts/{username}")
async def change_account(
    username: str,
    person: AccountKeeper,
    ctx: Ctx,
    act: Annotated[Act, Form()],
    role: Annotated[str, Form(max_length=16)] = "",
    session: Annotated[str, Form(max_length=64)] = "",
    unit: Annotated[str, Form(max_length=32)] = "",
    courier: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Do one thing with an account, and show it again; a new password is shown this once."""
    try:
        if act is Act.RESET:
            given = await changes.reset(ctx, person, username)
            return await asyncio.to_thread(_one, ctx, person, username, given=given)
        if act is Act.ENABLE:
            await changes.enable(ctx, person, username)
        elif act is Act.UNIT:
            place = changes.NewPlace(unit=unit or None, courier_id=courier.strip() or None)
            await asyncio.to_thread(changes.put_at, ctx, person, username, place)
        else:
            await asyncio.to_thread(_do, ctx, person, username, act, role, session)
    except BadInput as refusal:
        if refusal.code == "ACCOUNT_UNKNOWN":
            raise
        return await asyncio.to_thread(_one, ctx, person, username, refusal=refusal)
    return RedirectResponse(f"/accounts/{quote(username, safe='')}?done={act}", 303)


def _do(ctx: Context, person: LoggedIn, username: str, act: Act, role: str, session: str) -> None:
    if act is Act.DISABLE:
        changes.disable(ctx, person, username)
    elif act is Act.ROLE:
        if role not in set(Role):
            raise Unprocessable("请选择岗位", code="ROLE", field="role")
        changes.change_role(ctx, person, username, Role(role))
    elif act is Act.END:
        end(ctx, username, session)
    else:
        api.found(ctx, username)
        with ctx.database.write() as writing:
            end_sessions(writing, username)


def _new(typed: Typed) -> changes.NewAccount:
    try:
        place = {"unit": typed.unit or None, "courier_id": typed.courier or None}
        return changes.NewAccount(username=typed.username, role=Role(typed.role), **place)
    except ValidationError:
        why = "用户名用2到32个小写字母、数字、点或短横，以字母或数字开头，例如 wangmin。"
        raise Unprocessable(why, code="USERNAME", field="username") from None
    except ValueError:
        raise Unprocessable("请选择岗位", code="ROLE", field="role") from None


def _list(
    ctx: Context,
    person: LoggedIn,
    asked: Filter,
    *,
    given: dict[str, str] | None = None,
    refusal: BadInput | None = None,
    typed: Typed = Typed(),
) -> HTMLResponse:
    within = accounts_within(person)
    with ctx.database.read() as session:
        page = accounts(session, asked.wanted, ctx.now(), size=_SIZE, after=asked.after, within=within)
    query = {name: value for name, value in asked.model_dump(exclude={"after"}).items() if value}
    values: dict[str, Any] = {
        "rows": page.rows,
        "asked": asked,
        "more": urlencode(query | {"after": page.next}) if page.next else "",
        "first": urlencode(query) if asked.after else None,
        "typed": typed,
    }
    return _rendered(ctx, "ops/accounts.html", person, values, page.rows, given=given, refusal=refusal)


def _one(
    ctx: Context,
    person: LoggedIn,
    username: str,
    *,
    done: str = "",
    given: dict[str, str] | None = None,
    refusal: BadInput | None = None,
) -> HTMLResponse:
    seen = api.found(ctx, username)
    values: dict[str, Any] = {
        "account": seen,
        "sessions": sessions_shown(ctx, username, person.login),
        "stages": STAGES,
        "proofs_said": proofs_said,
        "own": username == person.username,
        "stands_at": STANDS_AT[seen.role],
        "of_auditor": seen.role is Role.AUDITOR,
        "done": done,
        "acts": Act,
    }
    return _rendered(ctx, "ops/account.html", person, values, [seen], given=given, refusal=refusal)


def _rendered(
    ctx: Context,
    template: str,
    person: LoggedIn,
    values: dict[str, Any],
    shown: list[AccountSeen],
    *,
    given: dict[str, str] | None,
    refusal: BadInput | None,
) -> HTMLResponse:
    roles = {role: label for role, label in ROLES.items() if role != Role.AUDITOR}
    with ctx.database.read() as session:
        units = units_of(session, person)
        couriers = couriers_of(session, person)
        devices = devices_of(session, person, shown, {unit.id: unit for unit in units})
    fault = None if refusal is None else (refusal.field or "", refusal.sentence)
    status = 200 if refusal is None else status_of(refusal)
    more: dict[str, Any] = {"roles": roles, "all_roles": ROLES, "hours": _HOURS, "given": given, "fault": fault}
    more |= {"units": units, "unit_names": {unit.id: unit.name for unit in units}, "couriers": couriers}
    more["devices"] = devices
    more["keeps"] = person.role is Role.SECURITY
    return render(ctx, template, person, status=status, **values, **more)
