"""Unified login (统一认证): out to the unit's provider, back with a code, in with the role and unit that it says.

What must be remembered on the way is sealed in a cookie of the browser that set out, so nobody else can come back with
it and nobody can fill a table. Tokens are not kept. The provider is never asked while a transaction is open.
"""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

import structlog
from cryptography.exceptions import InvalidTag
from fastapi import Request

from domain.errors import KuayuError, Misconfigured, NotFound, PartnerError, ServiceUnavailable
from domain.people import SessionStage
from domain.terms import Role
from partners.identity_provider.claims import role_of, showed_more, unit_of, words_at
from partners.identity_provider.client import Begun, IdentityProvider, Registration
from partners.identity_provider.tokens import TokenRefused, check_addressed, check_times, subject_of
from runtime.login_settings import roles_mapped, units_mapped, words
from runtime.settings import Settings
from storage.exchange.exchange_log import note_security_event
from storage.people.passwords import PasswordHash, hashed
from storage.people.provided import Provided, end_sessions_of, name_for, provide, subject_digest
from storage.people.sessions import CameBy, Opened, open_vouched
from storage.people.spent import spend
from web.foundation.auditing import about, let_in
from web.foundation.context import Context
from web.foundation.problems import Forbidden, Unauthenticated
from web.security import patience
from web.security.callers import agent_of, network_of
from web.security.factor_rules import is_asked_for_more
from web.security.session import apart

log = structlog.get_logger(__name__)

PATH: Final = "/login/oidc"
CALLBACK: Final = f"{PATH}/callback"
ON_THE_WAY: Final = timedelta(minutes=10)
"""From setting out to coming back; people type passwords there."""

_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_COUNTS: Final = timedelta(minutes=10)
_SEAL: Final = "unified login"


Said = TypeVar("Said")


class Returned(NamedTuple):
    """What the provider has sent a browser back with; None where it said nothing of it."""

    code: str | None
    state: str | None
    iss: str | None
    error: str | None


class Entered(NamedTuple):
    """A session that was opened, and where its owner was going to."""

    opened: Opened
    target: str


def provider_of(settings: Settings, now: Callable[[], datetime]) -> IdentityProvider | None:
    """Our client of the provider in the OIDC_ settings; None where there is none."""
    said = settings.oidc
    if not said.is_set:
        return None
    ours = Registration(
        issuer=said.issuer,
        client_id=said.client_id,
        client_secret=said.client_secret.get_secret_value(),
        redirect_uri=f"{settings.public_address}{CALLBACK}",
        scope=said.scope,
        acr=words(said.acr),
    )
    return IdentityProvider(ours, now, said.ca)


def set_out(ctx: Context, target: str) -> tuple[str, str]:
    """Where the browser goes, and what it takes along as a cookie.

    Raises:
        NotFound: there is no unified login here.
        ServiceUnavailable: the provider can't be reached, or is set wrongly (`OIDC_AWAY`).
    """
    begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
    address = _asked(ctx, lambda provider: provider.login_address(begun))
    until = int((ctx.now() + ON_THE_WAY).timestamp())
    sealed = ctx.sealer.seal(json.dumps([*begun, target, until]).encode(), _SEAL)
    return address, sealed.hex()


async def come_back(ctx: Context, request: Request, returned: Returned, carried: str) -> Entered:
    """Open a session for whom the provider vouches. `carried`: the cookie of `set_out`.

    Raises:
        Unauthenticated: it is not the answer to a login of this browser, or is not believed (`OIDC`).
        Forbidden: no role of ours for this person (`OIDC_ROLE`), or the account was closed here (`OIDC_CLOSED`).
        ServiceUnavailable: as `set_out`.
    """
    begun, target = _carried(ctx, carried)
    claims = await asyncio.to_thread(_claims, ctx, returned, begun)
    unusable = await apart(hashed, secrets.token_urlsafe(32))
    return Entered(await asyncio.to_thread(_enter, ctx, request, claims, begun, unusable), target)


def logout_address(ctx: Context) -> str | None:
    """Where a browser logs out of the provider too; None where it has no such page."""
    return _asked(ctx, lambda provider: provider.logout_address(f"{ctx.settings.public_address}/login"))


def end_from_there(ctx: Context, token: str) -> None:
    """The provider says that somebody has logged out (OpenID Connect Back-Channel Logout): his sessions end here.

    Raises:
        Unauthenticated: that is no such word of the provider's, or it was heard before (`OIDC`).
        ServiceUnavailable: as `set_out`.
    """
    said, now = ctx.settings.oidc, ctx.now()
    try:
        claims = _asked(ctx, lambda provider: provider.read(token)).claims
        check_addressed(claims, said.issuer, said.client_id)
        check_times(claims, now, ends=False)
        if "nonce" in claims or _LOGOUT_EVENT not in _members(claims.get("events")):
            raise TokenRefused("EVENT")
        if now.timestamp() - float(claims["iat"]) > _LOGOUT_COUNTS.total_seconds():
            raise TokenRefused("EXPIRED")
        subject, mark = subject_of(claims), _digest(f"{said.issuer}\n{claims.get('jti')}")
    except TokenRefused as refused:
        raise _not_believed(ctx, refused) from refused
    with ctx.database.write() as session:
        if not spend(session, mark, now, now + 2 * _LOGOUT_COUNTS):
            raise _refused()
        username = end_sessions_of(session, subject_digest(said.issuer, subject))
        if username is not None:
            let_in(username)


def _claims(ctx: Context, returned: Returned, begun: Begun) -> dict[str, Any]:
    said = ctx.settings.oidc
    wanted = tuple(filter(None, (said.role_claim, said.unit_claim)))

    def ask(provider: IdentityProvider) -> dict[str, Any]:
        if returned.state is None or not secrets.compare_digest(returned.state.encode(), begun.state.encode()):
            raise TokenRefused("STATE")
        if not provider.is_from_us(returned.iss):
            raise TokenRefused("MIX_UP")
        if returned.error is not None:
            raise Unauthenticated("统一认证没有完成登录，请重试，或用本系统的用户名和密码。", code="OIDC_DENIED")
        return provider.claims_for(returned.code or "", begun, wanted)

    try:
        return _asked(ctx, ask)
    except TokenRefused as refused:
        raise _not_believed(ctx, refused) from refused


def _enter(ctx: Context, request: Request, claims: dict[str, Any], begun: Begun, unusable: PasswordHash) -> Opened:
    said, now = ctx.settings.oidc, ctx.now()
    role = role_of(words_at(claims, said.role_claim), roles_mapped(said.role_map))
    if role is None:
        raise Forbidden("统一认证没有给您本系统的岗位，请联系本单位的管理员。", code="OIDC_ROLE")
    subject = subject_of(claims)
    unit = unit_of(claims, said.unit_claim)
    ours = units_mapped(said.unit_map).get(unit, unit) or None
    places = bool(said.unit_claim)
    person = Provided(subject_digest(said.issuer, subject), role, unit, places, ours if places else None)
    more = showed_more(claims, words(said.acr), words(said.amr))
    with ctx.database.write() as session:
        if not spend(session, _digest(begun.state), now, now + 2 * ON_THE_WAY):
            raise _refused()
        username = provide(session, person, name_for(said.issuer, subject), unusable, now)
        if username is not None:
            asked = not more and is_asked_for_more(ctx.settings, session, username, role)
            stage = SessionStage.SECOND_FACTOR if asked else SessionStage.OPEN
            came_by = CameBy(network_of(request), agent_of(request), "oidc mfa" if more else "oidc")
            idle = ctx.settings.accounts.idle
            opened = open_vouched(session, username, now, stage=stage, came_by=came_by, idle=idle)
            if opened is not None:
                about(username)
                let_in(username, Role(opened.role))
                if stage is SessionStage.OPEN:
                    patience.remember(ctx, request, session, username)
                return opened
    raise Forbidden("您的账号在本系统已停用，请联系本单位的管理员。", code="OIDC_CLOSED")


def _carried(ctx: Context, carried: str) -> tuple[Begun, str]:
    try:
        state, nonce, verifier, target, until = json.loads(ctx.sealer.open(bytes.fromhex(carried), _SEAL))
    except (ValueError, IndexError, InvalidTag, Misconfigured):
        raise _refused() from None
    if ctx.now().timestamp() > until:
        raise _refused()
    return Begun(state, nonce, verifier), target


def _asked(ctx: Context, ask: Callable[[IdentityProvider], Said]) -> Said:
    """What the provider answers, with its troubles in words for people."""
    if ctx.provider is None:
        raise NotFound("本系统没有接入统一认证", code="OIDC")
    try:
        return ask(ctx.provider)
    except (PartnerError, Misconfigured) as fault:
        log.error("identity_provider", code=_code(fault))
        sentence = "统一认证暂时不能用，请稍后再试，或用本系统的用户名和密码登录。"
        raise ServiceUnavailable(sentence, code="OIDC_AWAY") from fault


def _code(fault: KuayuError) -> str:
    return fault.code or type(fault).__name__


def _not_believed(ctx: Context, refused: TokenRefused) -> Unauthenticated:
    """Said to people alike, whatever it was; which word it was is a security event, each once an hour."""
    log.warning("identity_provider_refused", code=refused.reason)
    if ctx.login_tries.is_news(f"oidc/{refused.reason}"):
        with ctx.database.write_plainly() as session:
            note_security_event(session, "oidc", refused.reason, ctx.now())
    return _refused()


def _refused() -> Unauthenticated:
    return Unauthenticated("这次统一认证登录无效或已过时，请重新登录。", code="OIDC")


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
