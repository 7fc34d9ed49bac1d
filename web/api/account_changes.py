"""What a security administrator does to an account of somebody else: the rules, for the API and the page alike.

Accounts of auditors are given on the server alone (`kuayu user`), and nobody changes his own.
"""

import asyncio

from pydantic import Field
from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.people import USERNAME
from domain.terms import Role
from domain.units import DISTRICT
from storage.people import accounts as stored
from storage.people.passwords import PasswordHash, hashed, initial_password, is_printed
from storage.people.users import INITIAL_VALID, LoggedIn, UserRow
from web.api.units import check_which_courier, place_for
from web.foundation.auditing import about
from web.foundation.context import Context
from web.foundation.problems import Forbidden
from web.foundation.request_schemas import RequestSchema
from web.security.session import apart


class NewPlace(RequestSchema):
    """`POST /accounts/{username}/unit`. `unit` null: nowhere, and nothing is opened to it. `courierId`: which he is."""

    unit: str | None = Field(max_length=32)
    courier_id: str | None = Field(default=None, max_length=64)


class NewAccount(RequestSchema):
    """`POST /accounts`. `username`: 2 to 32 lower-case letters, digits, dots, dashes; no personal data.

    `unit`, `courierId`: where it stands, as with `POST /accounts/{username}/unit`.
    """

    username: str = Field(pattern=USERNAME)
    role: Role
    unit: str | None = Field(default=None, max_length=32)
    courier_id: str | None = Field(default=None, max_length=64)


class NewRole(RequestSchema):
    """`POST /accounts/{username}/role`."""

    role: Role


async def add(ctx: Context, person: LoggedIn, wanted: NewAccount) -> dict[str, str]:
    """As `POST /accounts`."""
    username, role = wanted.username, wanted.role
    if role is Role.AUDITOR:
        raise _of_auditors()
    given, made = await apart(_initial, username)
    now = ctx.now()

    def added() -> None:
        about(username)
        with ctx.database.write() as session:
            place = place_for(session, person.reach, role, wanted.unit, wanted.courier_id)
            check_which_courier(ctx.settings, role, place)
            if not stored.add_user(session, username, role, made, now, own=False, place=place):
                raise Conflict(f"已有账号 {username}，请换一个用户名。", code="ACCOUNT_TAKEN", field="username")

    await asyncio.to_thread(added)
    return {"username": username, "initialPassword": given, "validUntil": (now + INITIAL_VALID).isoformat()}


async def reset(ctx: Context, person: LoggedIn, username: str) -> dict[str, str]:
    """As `POST /accounts/{username}/password`."""
    given, made = await apart(_initial, username)
    now = ctx.now()

    def done() -> None:
        with ctx.database.write() as session:
            user = _theirs(session, person, username)
            stored.set_password(session, username, PasswordHash(user.password), made, now, own=False)

    await asyncio.to_thread(done)
    return {"username": username, "initialPassword": given, "validUntil": (now + INITIAL_VALID).isoformat()}


def disable(ctx: Context, person: LoggedIn, username: str) -> None:
    """As `POST /accounts/{username}/disable`."""
    with ctx.database.write() as session:
        _one_keeper_stays(session, _theirs(session, person, username))
        stored.disable(session, username, person.username, ctx.now())


async def enable(ctx: Context, person: LoggedIn, username: str) -> None:
    """As `POST /accounts/{username}/enable`."""

    def looked_at() -> str | None:
        with ctx.database.read() as session:
            user = _theirs(session, person, username)
            return None if user.vetted or ctx.settings.sandbox else user.password

    unvetted = await asyncio.to_thread(looked_at)
    if unvetted is not None and await apart(is_printed, unvetted):
        raise Conflict("这个账号用的是演示密码，请先重设密码，再启用。", code="PASSWORD_PUBLIC")

    def done() -> None:
        with ctx.database.write() as session:
            _theirs(session, person, username)
            stored.enable(session, username)

    await asyncio.to_thread(done)


def change_role(ctx: Context, person: LoggedIn, username: str, role: Role) -> None:
    """As `POST /accounts/{username}/role`."""
    if role is Role.AUDITOR:
        raise _of_auditors()
    with ctx.database.write() as session:
        user = _theirs(session, person, username)
        if role is not Role.SECURITY:
            _one_keeper_stays(session, user)
        stored.change_role(session, username, role)


def put_at(ctx: Context, person: LoggedIn, username: str, wanted: NewPlace) -> None:
    """As `POST /accounts/{username}/unit`."""
    with ctx.database.write() as session:
        user = _theirs(session, person, username)
        role = Role(user.role)
        place = place_for(session, person.reach, role, wanted.unit, wanted.courier_id)
        check_which_courier(ctx.settings, role, place)
        if place.unit_id != DISTRICT:
            _one_keeper_stays(session, user)
        stored.put_at(session, username, place)


def _initial(username: str) -> tuple[str, PasswordHash]:
    given = initial_password(username)
    return given, hashed(given)


def _theirs(session: Session, person: LoggedIn, username: str) -> UserRow:
    """The account of somebody else that this person may change."""
    user = session.get(UserRow, username)
    if user is None:
        raise unknown()
    if username == person.username:
        why = "自己的账号不能自己管理：密码请在“我的账号”里改，其余请另一位安全管理员来办。"
        raise Conflict(why, code="OWN_ACCOUNT")
    if user.role == Role.AUDITOR:
        raise _of_auditors()
    return user


def _one_keeper_stays(session: Session, user: UserRow) -> None:
    if user.role == Role.SECURITY and stored.is_last(session, user.username, Role.SECURITY, DISTRICT):
        raise Conflict("这是最后一个能登录的区级安全管理员账号，请先加一个，再改这个。", code="LAST_SECURITY")


def _of_auditors() -> Forbidden:
    why = "审计账号不在这里管理，只能在服务器上用 kuayu user 命令办理。"
    return Forbidden(why, code="AUDITOR")


def unknown() -> NotFound:
    """There is no such account, or none for him (`ACCOUNT_UNKNOWN`)."""
    return NotFound("没有这个账号。", code="ACCOUNT_UNKNOWN")
