"""The second step of a login: after the password (or what stands for it), something that only its owner has."""

from typing import Any, Final

from fastapi import Request
from sqlalchemy.orm import Session

from domain.people import SessionStage
from runtime.container import factor_key
from storage.people.factors import Factors, factors_of
from storage.people.one_time import use_code, use_recovery_code
from storage.people.sessions import Opened, Pending, login_id
from web.foundation.auditing import let_in
from web.foundation.context import Context
from web.foundation.problems import Unauthenticated
from web.security import passkeys
from web.security.factor_tries import WRONG, counted
from web.security.session import go_on, step_of, token_of

BY_APP: Final = "otp"
BY_RECOVERY_CODE: Final = "recovery"
BY_KEY: Final = "hwk"
"""How somebody proved himself, as sessions keep it: RFC 8176, but for the codes on paper, which it does not know."""


def answering(request: Request, ctx: Context) -> Pending:
    """Whose second factor is awaited.

    Raises:
        Unauthenticated: no login is at this step (`LOGIN`).
    """
    step = step_of(request, ctx)
    if step is None or step.stage is not SessionStage.SECOND_FACTOR:
        raise Unauthenticated("登录已过时，请重新登录", code="LOGIN")
    let_in(step.username, step.role)
    return step


def held(ctx: Context, username: str) -> Factors:
    """What an account can be asked for."""
    with ctx.database.read() as session:
        return factors_of(session, username)


def answer_code(ctx: Context, request: Request, typed: str) -> Opened:
    """Go on with a code of the app, or one of the recovery codes.

    Raises:
        Unauthenticated: no login waits for it (`LOGIN`), or it is no code or was used before (`SECOND_FACTOR`).
        TooBusy: too many were wrong (`FACTOR_LOCKED`).
    """
    step = answering(request, ctx)
    with counted(ctx, step.username), ctx.database.write() as session:
        proof = _proof_of(session, ctx, step.username, typed.strip())
        if proof is None:
            raise Unauthenticated("验证码不对，或已经用过。请看手机上最新的6位数字。", code=WRONG)
        return gone_on(session, ctx, request, proof)


def ask_key(ctx: Context, request: Request) -> dict[str, Any]:
    """What the browser has one of the account's keys sign, as `navigator.credentials.get` takes it.

    Raises:
        Unauthenticated: as `answer_code`.
        Conflict: keys can't be used at this address, or the account has none (`NO_KEYS`).
    """
    step = answering(request, ctx)
    return passkeys.ask_to_answer(ctx, step.username, login_id(token_of(request) or ""))


def answer_key(ctx: Context, request: Request, credential: dict[str, Any]) -> Opened:
    """Go on with what a key has signed.

    Raises:
        Unauthenticated: no login waits for it (`LOGIN`), or it is not what was asked for (`SECOND_FACTOR`).
    """
    step = answering(request, ctx)
    answered = passkeys.judge_answer(ctx, step.username, login_id(token_of(request) or ""), credential)
    with ctx.database.write() as session:
        passkeys.note_use(session, ctx, answered)
        return gone_on(session, ctx, request, BY_KEY)


def gone_on(session: Session, ctx: Context, request: Request, proof: str) -> Opened:
    """Take the step in the caller's transaction: the session under another token.

    Raises:
        Unauthenticated: it was taken meanwhile, or is over (`LOGIN`).
    """
    opened = go_on(ctx, request, session, proof)
    if opened is None:
        raise Unauthenticated("登录已过时，请重新登录", code="LOGIN")
    return opened


def _proof_of(session: Session, ctx: Context, username: str, typed: str) -> str | None:
    if use_code(session, ctx.sealer, username, typed, ctx.now()):
        return BY_APP
    if use_recovery_code(session, factor_key(ctx.settings), username, typed):
        return BY_RECOVERY_CODE
    return None
