"""Logging in by a certificate on a USB key (UKey): a question, signed by the key outside of the browser.

What is asked is sealed and given along, so nobody can fill a table with questions; an answer counts once. A key and its
PIN are two factors already, so no second step follows.
"""

import asyncio
import base64
import binascii
import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog
from cryptography.exceptions import InvalidTag
from fastapi import Request

from domain.errors import Conflict, Misconfigured
from domain.people import SessionStage
from partners.certificates.port import CertificateLogin, CertificateRefused
from partners.certificates.sm2_login import Sm2Certificates, plain
from runtime.settings import Settings
from storage.exchange.exchange_log import note_security_event
from storage.people.certificates import bound_to
from storage.people.sessions import CameBy, Opened, open_vouched
from storage.people.spent import spend
from web.foundation.auditing import about, let_in
from web.foundation.context import Context
from web.foundation.problems import Unauthenticated
from web.security import patience
from web.security.callers import agent_of, network_of
from web.security.session import apart

log = structlog.get_logger(__name__)

ANSWERED_WITHIN: Final = timedelta(minutes=5)
_SEAL: Final = "certificate login"
_SMART_CARD: Final = "sc"  # RFC 8176


class Question(NamedTuple):
    """`challenge`: to be sent back; `message`: what the key signs; `until`: how long that counts."""

    challenge: str
    message: str
    until: datetime


def certificates_of(settings: Settings) -> CertificateLogin | None:
    """Who judges certificates by the CERTIFICATE_ settings; None where nobody logs in so.

    Raises:
        Misconfigured: a file can't be read.
    """
    said = settings.certificate
    return None if said.ca is None else Sm2Certificates(said.ca, said.crl)


def ask(ctx: Context, username: str) -> Question:
    """A question to the key of an account; whether there is such an account is not said.

    Raises:
        Conflict: nobody logs in by certificates here (`NO_CERTIFICATES`).
    """
    _judge(ctx)
    until = (ctx.now() + ANSWERED_WITHIN).replace(microsecond=0)
    nonce = secrets.token_urlsafe(32)
    said = json.dumps([nonce, username, int(until.timestamp())])
    challenge = ctx.sealer.seal(said.encode(), _SEAL).hex()
    return Question(challenge, _message(ctx, nonce, username, until), until)


async def answer(ctx: Context, request: Request, challenge: str, certificate: str, signature: str) -> Opened:
    """Open a session for whose key has signed the question.

    Raises:
        Unauthenticated: it was not asked or is over, or certificate and signature are not accepted (`CERTIFICATE`).
        Conflict: as `ask`.
        TooBusy: too many are waiting (`BUSY`).
        Misconfigured: what it would be judged by can't be read.
    """
    judge = _judge(ctx)
    nonce, username, until = _asked(ctx, challenge)
    message = _message(ctx, nonce, username, until).encode()
    try:
        signed, given = _signature(signature), plain(certificate)
        certificate_id = judge.presented(given).certificate_id
        if await asyncio.to_thread(_owner_of, ctx, certificate_id) != username:
            raise CertificateRefused("NOBODYS")  # before the arithmetic: it costs a core some 50 ms
        await apart(judge.check, given, message, signed, ctx.now())
    except CertificateRefused as refused:
        await asyncio.to_thread(_note, ctx, refused.reason)
        raise _not_accepted() from refused
    opened = await asyncio.to_thread(_enter, ctx, request, username, certificate_id, nonce)
    if opened is None:
        raise _not_accepted()
    return opened


def _enter(ctx: Context, request: Request, username: str, certificate_id: str, nonce: str) -> Opened | None:
    now = ctx.now()
    with ctx.database.write() as session:
        mark = hashlib.sha256(f"certificate/{nonce}".encode()).hexdigest()
        bound = bound_to(session, certificate_id)
        if bound is None or bound.username != username or not spend(session, mark, now, now + 2 * ANSWERED_WITHIN):
            return None
        came_by = CameBy(network_of(request), agent_of(request), _SMART_CARD)
        idle = ctx.settings.accounts.idle
        opened = open_vouched(session, username, now, stage=SessionStage.OPEN, came_by=came_by, idle=idle)
        if opened is not None:
            about(username)
            let_in(username, opened.role)
            patience.remember(ctx, request, session, username)
        return opened


def _owner_of(ctx: Context, certificate_id: str) -> str | None:
    with ctx.database.read() as session:
        bound = bound_to(session, certificate_id)
    return None if bound is None else bound.username


def _message(ctx: Context, nonce: str, username: str, until: datetime) -> str:
    """For this site, this account and these minutes: what was signed for another is worth nothing here."""
    lines = (
        "kuayu-login-v1",
        ctx.settings.public_address,
        username,
        nonce,
        f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    return "\n".join(lines)


def _asked(ctx: Context, challenge: str) -> tuple[str, str, datetime]:
    try:
        nonce, username, until = json.loads(ctx.sealer.open(bytes.fromhex(challenge), _SEAL))
    except (ValueError, IndexError, InvalidTag, Misconfigured):
        raise _not_accepted() from None
    ends = datetime.fromtimestamp(until, UTC)
    if ctx.now() > ends:
        raise _not_accepted()
    return nonce, username, ends


def _signature(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CertificateRefused("FORM") from None


def _judge(ctx: Context) -> CertificateLogin:
    if ctx.certificates is None:
        raise Conflict("本系统没有启用证书登录", code="NO_CERTIFICATES")
    return ctx.certificates


def _note(ctx: Context, reason: str) -> None:
    log.warning("certificate_refused", code=reason)
    if ctx.login_tries.is_news(f"certificate/{reason}"):
        with ctx.database.write_plainly() as session:
            note_security_event(session, "certificate", reason, ctx.now())


def _not_accepted() -> Unauthenticated:
    return Unauthenticated("证书登录没有通过：请确认证书已绑定、在有效期内，再重试一次。", code="CERTIFICATE")
