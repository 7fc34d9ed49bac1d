"""Enrolling a second factor and taking it away: by its owner, soon after he has proved who he is.

Whose role must have one and who has none enrols it in the middle of his login: until then his session can do nothing
else. Whoever has one is asked for it first, so a password that became known enrols nothing.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple

from fastapi import Request
from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.people import SessionStage
from domain.terms import Role
from runtime.container import factor_key
from storage.people import one_time
from storage.people.factors import factors_of
from storage.people.one_time import RecoveryCodes, keep_recovery_codes, new_recovery_codes, recovery_codes_left
from storage.people.security_keys import SecurityKeyRow, add_key, keys_of, remove_key
from storage.people.sessions import LoginRow, Opened, Pending, login_id
from web.foundation.auditing import let_in
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unauthenticated
from web.security import passkeys
from web.security.factor_rules import must_have
from web.security.factor_tries import WRONG, counted
from web.security.second_step import BY_APP, BY_KEY, gone_on
from web.security.session import caller, not_in, step_of, token_of

FRESH: Final = timedelta(minutes=15)
"""So long after a login its session may change what the next one is proved by."""


class Enroller(NamedTuple):
    """Who enrols; `step`: in the middle of his login, None: in an open session."""

    username: str
    role: Role
    login: str
    step: Pending | None


class Gained(NamedTuple):
    """What a new factor brings: recovery codes to be shown once with the first, and the session that goes on."""

    codes: tuple[str, ...]
    opened: Opened | None


def enroller(request: Request, ctx: Ctx) -> Enroller:
    """Who may enrol: of an open session, or of a login that waits for a factor of which there is none.

    Raises:
        Unauthenticated: nobody (`LOGIN`), or there is one, which comes first (`LOGIN_STEP`).
    """
    login = login_id(token_of(request) or "")
    person = caller(request, ctx)
    if person is not None:
        ctx.auditor.known(request, person)
        return Enroller(person.username, person.role, login, None)
    step = step_of(request, ctx)
    if step is None or step.stage is not SessionStage.SECOND_FACTOR:
        raise not_in(request, ctx)
    with ctx.database.read() as session:
        if factors_of(session, step.username).any:
            raise not_in(request, ctx)
    let_in(step.username, step.role)
    return Enroller(step.username, step.role, login, step)


def begin_app(ctx: Context, who: Enroller) -> bytes:
    """A new secret for the app, which counts once its first code was right.

    Raises:
        Conflict: there is an app already (`APP_THERE`), or the login was too long ago (`LOGIN_AGAIN`).
    """
    with ctx.database.write() as session:
        _only_fresh(session, ctx, who)
        secret = one_time.begin(session, ctx.sealer, who.username)
        if secret is None:
            raise Conflict("已经绑定了手机验证码，请先解除再重新绑定", code="APP_THERE")
    return secret


def confirm_app(ctx: Context, request: Request, who: Enroller, typed: str) -> Gained:
    """Let the app count.

    Raises:
        Unauthenticated: that is not its code (`SECOND_FACTOR`).
        Conflict: the login was too long ago (`LOGIN_AGAIN`).
        TooBusy: too many were wrong (`FACTOR_LOCKED`).
    """
    made = new_recovery_codes(factor_key(ctx.settings), who.username)
    with counted(ctx, who.username), ctx.database.write() as session:
        _only_fresh(session, ctx, who)
        first = not factors_of(session, who.username).any
        if not one_time.confirm(session, ctx.sealer, who.username, typed.strip(), ctx.now()):
            raise Unauthenticated("验证码不对。请看手机上最新的6位数字；一直不对的，请核对手机的时间。", code=WRONG)
        return _gained(session, ctx, request, who, made if first else None, BY_APP)


def ask_new_key(ctx: Context, who: Enroller) -> dict[str, Any]:
    """What the browser makes a key for, as `navigator.credentials.create` takes it.

    Raises:
        Conflict: keys can't be used here (`NO_KEYS`), or the login was too long ago (`LOGIN_AGAIN`).
    """
    with ctx.database.read() as session:
        _only_fresh(session, ctx, who)
    return passkeys.ask_to_register(ctx, who.username, who.login)


def add_new_key(ctx: Context, request: Request, who: Enroller, name: str, credential: dict[str, Any]) -> Gained:
    """Let a key count that the browser has made.

    Raises:
        Unauthenticated: it is not what was asked for (`SECOND_FACTOR`).
        Conflict: it is known already, there are ten (`KEYS_FULL`), or the login was too long ago (`LOGIN_AGAIN`).
    """
    row = passkeys.judge_new(ctx, who.username, who.login, name, credential)
    made = new_recovery_codes(factor_key(ctx.settings), who.username)
    with ctx.database.write() as session:
        _only_fresh(session, ctx, who)
        first = not factors_of(session, who.username).any
        if not add_key(session, row):
            raise Conflict("这把密钥已经登记过，或已有10把密钥", code="KEYS_FULL")
        return _gained(session, ctx, request, who, made if first else None, BY_KEY)


def renew_codes(ctx: Context, who: Enroller) -> tuple[str, ...]:
    """Ten new recovery codes; those of before count no more.

    Raises:
        Conflict: there is no factor that they could stand in for (`NO_FACTOR`), or `LOGIN_AGAIN`.
    """
    made = new_recovery_codes(factor_key(ctx.settings), who.username)
    with ctx.database.write() as session:
        _only_fresh(session, ctx, who)
        if not factors_of(session, who.username).any:
            raise Conflict("请先绑定手机验证码或安全密钥", code="NO_FACTOR")
        keep_recovery_codes(session, who.username, made.digests)
    return made.shown


def remove_app(ctx: Context, who: Enroller) -> None:
    """Take the app away.

    Raises:
        NotFound: there is none.
        Conflict: it is the last factor of whom must have one (`LAST_FACTOR`), or `LOGIN_AGAIN`.
    """
    with ctx.database.write() as session:
        _only_fresh(session, ctx, who)
        if not factors_of(session, who.username).app:
            raise NotFound("没有绑定手机验证码", code="NOT_FOUND")
        one_time.forget_app(session, who.username)
        _leaves_enough(session, ctx, who)


def remove_one_key(ctx: Context, who: Enroller, key_id: str) -> None:
    """Take one key away.

    Raises:
        NotFound: the account has no such key.
        Conflict: as `remove_app`.
    """
    with ctx.database.write() as session:
        _only_fresh(session, ctx, who)
        if not remove_key(session, who.username, key_id):
            raise NotFound("没有这把密钥", code="NOT_FOUND")
        _leaves_enough(session, ctx, who)


class Listed(NamedTuple):
    """What an account has, as its owner sees it. `begun`: the secret of an app that waits for its first code."""

    app: bool
    keys: tuple[SecurityKeyRow, ...]
    codes_left: int
    begun: bytes | None


def listed(ctx: Context, username: str) -> Listed:
    """What an account has."""
    with ctx.database.read() as session:
        return Listed(
            factors_of(session, username).app,
            tuple(keys_of(session, username)),
            recovery_codes_left(session, username),
            one_time.begun(session, ctx.sealer, username),
        )


def _gained(
    session: Session, ctx: Context, request: Request, who: Enroller, made: RecoveryCodes | None, proof: str
) -> Gained:
    if made is not None:
        keep_recovery_codes(session, who.username, made.digests)
    opened = None if who.step is None else gone_on(session, ctx, request, proof)
    return Gained(() if made is None else made.shown, opened)


def _leaves_enough(session: Session, ctx: Context, who: Enroller) -> None:
    """Without any factor recovery codes stand for nothing."""
    if factors_of(session, who.username).any:
        return
    if must_have(ctx.settings, who.role):
        raise Conflict("您的岗位必须保留一种第二因素，请先绑定另一种再解除这一种", code="LAST_FACTOR")
    one_time.forget(session, who.username)


def _only_fresh(session: Session, ctx: Context, who: Enroller) -> None:
    row = session.get(LoginRow, who.login)
    if who.step is None and (row is None or ctx.now() - row.opened_at > FRESH):
        raise Conflict("为保护您的账户，请退出后重新登录，15分钟内再做这项修改", code="LOGIN_AGAIN")
