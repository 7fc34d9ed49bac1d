"""Security keys and built-in readers (WebAuthn level 2) beside a login; py_webauthn judges what they have signed.

A key is bound to our name (PUBLIC_URL), so a page that only looks like ours gets nothing from it. Which maker it has is
not asked.
"""

import hmac
from ipaddress import ip_address
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import generate_challenge
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from domain.errors import Conflict
from runtime.container import factor_key
from runtime.settings import Settings
from storage.exchange.exchange_log import note_security_event
from storage.people.security_keys import (
    CHALLENGE_LENGTH,
    Ceremony,
    SecurityKeyRow,
    ask,
    key_id_of,
    keys_of,
    take_challenge,
    use_key,
)
from web.foundation.context import Context
from web.foundation.problems import Unauthenticated
from web.security.factor_tries import WRONG

NAME: Final = "跨域通办"
"""As browsers name us when they ask for a key."""

_LOCAL: Final = "localhost"
_TIMEOUT_MS: Final = int(CHALLENGE_LENGTH.total_seconds() * 1000)
_PORTS: Final = {"https": 443, "http": 80}


class Ours(NamedTuple):
    """Who we are to keys: `id` is the name that they are bound to, `origin` where pages of ours come from."""

    id: str
    origin: str


class Answered(NamedTuple):
    """A key that has signed what it was asked: its counter before and after."""

    key_id: str
    before: int
    after: int


def ours(settings: Settings) -> Ours | None:
    """None where browsers would use no key: without https, but for localhost, or under a bare address."""
    parts = urlsplit(settings.public_address)
    host = parts.hostname or ""
    if not (parts.scheme == "https" or host == _LOCAL) or _is_address(host):
        return None
    port = f":{parts.port}" if parts.port is not None and parts.port != _PORTS.get(parts.scheme) else ""
    return Ours(host, f"{parts.scheme}://{host}{port}")


def ask_to_register(ctx: Context, username: str, login: str) -> dict[str, Any]:
    """What `navigator.credentials.create` takes for one more key of an account; `login`: the id of the session.

    Raises:
        Conflict: keys can't be used at this address (`NO_KEYS`).
    """
    we, challenge = _ours(ctx), generate_challenge()
    with ctx.database.write_plainly() as session:  # nothing has changed yet for the audit trail
        ask(session, login, Ceremony.REGISTER, challenge, ctx.now())
        known = [PublicKeyCredentialDescriptor(id=row.credential_id) for row in keys_of(session, username)]
    options = generate_registration_options(
        rp_id=we.id,
        rp_name=NAME,
        user_id=hmac.digest(factor_key(ctx.settings), f"handle/{username}".encode(), "sha256"),
        user_name=username,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=known,
    )
    return options_to_json_dict(options)


def judge_new(ctx: Context, username: str, login: str, name: str, credential: dict[str, Any]) -> SecurityKeyRow:
    """The key that the browser has made for what `ask_to_register` asked, not kept yet.

    Raises:
        Unauthenticated: it is not what was asked for (`SECOND_FACTOR`).
    """
    we, challenge = _ours(ctx), _taken(ctx, login, Ceremony.REGISTER)
    try:
        made = verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=we.id, expected_origin=we.origin
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as fault:
        raise _not_believed(ctx, username) from fault
    return SecurityKeyRow(
        key_id=key_id_of(made.credential_id),
        username=username,
        name=name,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        added_at=ctx.now(),
        used_at=None,
    )


def ask_to_answer(ctx: Context, username: str, login: str) -> dict[str, Any]:
    """What `navigator.credentials.get` takes; any of the account's keys may answer.

    Raises:
        Conflict: keys can't be used at this address, or there are none (`NO_KEYS`).
    """
    we, challenge = _ours(ctx), generate_challenge()
    with ctx.database.write_plainly() as session:
        known = [PublicKeyCredentialDescriptor(id=row.credential_id) for row in keys_of(session, username)]
        if not known:
            raise _no_keys()
        ask(session, login, Ceremony.ANSWER, challenge, ctx.now())
    options = generate_authentication_options(
        rp_id=we.id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=known,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def judge_answer(ctx: Context, username: str, login: str, credential: dict[str, Any]) -> Answered:
    """Which key of the account has signed what `ask_to_answer` asked; a counter that went back is refused.

    Raises:
        Unauthenticated: none has (`SECOND_FACTOR`).
    """
    we, challenge = _ours(ctx), _taken(ctx, login, Ceremony.ANSWER)
    with ctx.database.read() as session:
        known = {row.key_id: row for row in keys_of(session, username)}
    try:
        row = known[key_id_of(base64url_to_bytes(credential["id"]))]
        checked = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=we.id,
            expected_origin=we.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as fault:
        raise _not_believed(ctx, username) from fault
    return Answered(row.key_id, row.sign_count, checked.new_sign_count)


def note_use(session: Session, ctx: Context, answered: Answered) -> None:
    """Keep the new counter, in the caller's transaction.

    Raises:
        Unauthenticated: another has used a key with this counter meanwhile (`SECOND_FACTOR`).
    """
    if not use_key(session, answered.key_id, answered.before, answered.after, ctx.now()):
        raise Unauthenticated("安全密钥没有通过验证，请重试", code=WRONG)


def _taken(ctx: Context, login: str, ceremony: Ceremony) -> bytes:
    """A challenge is answered once, rightly or wrongly."""
    with ctx.database.write_plainly() as session:
        challenge = take_challenge(session, login, ceremony, ctx.now())
    if challenge is None:
        raise Unauthenticated("这一步已过时，请重新操作", code=WRONG)
    return challenge


def _ours(ctx: Context) -> Ours:
    we = ours(ctx.settings)
    if we is None:
        raise _no_keys()
    return we


def _no_keys() -> Conflict:
    return Conflict("这里不能使用安全密钥，请用手机验证码", code="NO_KEYS")


def _not_believed(ctx: Context, username: str) -> Unauthenticated:
    if ctx.login_tries.is_news(f"key/{username}"):
        with ctx.database.write_plainly() as session:
            note_security_event(session, "login", "SECURITY_KEY", ctx.now(), detail=username)
    return Unauthenticated("安全密钥没有通过验证，请重试", code=WRONG)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
