"""What a provider has signed, and whether it was signed for us and now (OpenID Connect Core §3.1.3.7, RFC 7519).

The signatures are joserfc's; which algorithms, keys and claims count is said here. Nothing is believed before the
signature is checked, but for the name of the key that checks it.
"""

import base64
import binascii
import hashlib
import warnings
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry

from partners.standards import NotStrictJson, parse_json_object, same

SKEW: Final = timedelta(seconds=60)
"""So far their clock and ours may be apart."""

MAX_TOKEN_CHARACTERS: Final = 32 * 1024
_RSA_BITS: Final = 2048
_LONGEST_SUBJECT: Final = 255
_FITTING: Final[Mapping[str, Mapping[str, str]]] = {
    "RS256": {"kty": "RSA"},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}
"""The algorithms that count, each with its keys: never `none`, and never one whose key the caller knows too (HS*)."""

_HALF_OF: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "RS256": hashlib.sha256,
    "ES256": hashlib.sha256,
    "EdDSA": hashlib.sha512,
}
"""What `at_hash` is half of, by algorithm."""

warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)  # by its name; providers still say it

Jwk = Mapping[str, Any]


class TokenRefused(Exception):
    """Not believed. `reason`: one word for the security event; it holds nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(TokenRefused):
    """Signed with a key that is not among those which we know; there may be newer ones."""


class Read(NamedTuple):
    """What a token says whose signature is right; `algorithm`: of the signature."""

    algorithm: str
    claims: dict[str, Any]


class Expected(NamedTuple):
    """For whom an ID token must be: `nonce` is the one that we have sent."""

    issuer: str
    client_id: str
    nonce: str


def read(token: str, keys: Collection[Jwk]) -> Read:
    """The claims of a compact JWS that one of `keys` has signed.

    Raises:
        UnknownKey: none of them is meant.
        TokenRefused: `FORM`, `ALGORITHM`, `KEY` or `SIGNATURE`.
    """
    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _FITTING:
        raise TokenRefused("ALGORITHM")
    if "crit" in header or "b64" in header:
        raise TokenRefused("FORM")
    key = _key_for(header.get("kid"), algorithm, keys)
    try:
        checked = jws.deserialize_compact(token, _imported(key), algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise TokenRefused("SIGNATURE") from fault
    try:
        return Read(algorithm, parse_json_object(checked.payload))
    except NotStrictJson:
        raise TokenRefused("FORM") from None


def check_id_token(said: Read, expected: Expected, access_token: str, now: datetime) -> None:
    """Let through what was signed for this login of ours.

    Raises:
        TokenRefused: `ISSUER`, `AUDIENCE`, `PARTY`, `EXPIRED`, `TIME`, `NONCE`, `SUBJECT` or `ACCESS_TOKEN`.
    """
    claims = said.claims
    check_addressed(claims, expected.issuer, expected.client_id)
    if not same(_text(claims, "nonce"), expected.nonce):
        raise TokenRefused("NONCE")
    check_times(claims, now, ends=True)
    subject_of(claims)
    if "at_hash" in claims and not same(_text(claims, "at_hash"), _at_hash(said.algorithm, access_token)):
        raise TokenRefused("ACCESS_TOKEN")


def check_addressed(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    """From this provider, to us: `iss`, `aud` and `azp`.

    Raises:
        TokenRefused: `ISSUER`, `AUDIENCE` or `PARTY`.
    """
    if claims.get("iss") != issuer:
        raise TokenRefused("ISSUER")
    said = claims.get("aud")
    audience = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    if client_id not in audience:
        raise TokenRefused("AUDIENCE")
    party = claims.get("azp")
    if (party is None and len(audience) > 1) or (party is not None and party != client_id):
        raise TokenRefused("PARTY")


def check_times(claims: Mapping[str, Any], now: datetime, *, ends: bool) -> None:
    """Made already and not over, a minute more or less. `ends`: it must say when it is over.

    Raises:
        TokenRefused: `TIME` or `EXPIRED`.
    """
    at, skew = now.timestamp(), SKEW.total_seconds()
    if _seconds(claims, "iat") > at + skew or ("nbf" in claims and _seconds(claims, "nbf") > at + skew):
        raise TokenRefused("TIME")
    if (ends or "exp" in claims) and _seconds(claims, "exp") <= at - skew:
        raise TokenRefused("EXPIRED")


def subject_of(claims: Mapping[str, Any]) -> str:
    """The provider's own name of the person.

    Raises:
        TokenRefused: `SUBJECT`.
    """
    subject = _text(claims, "sub")
    if not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise TokenRefused("SUBJECT")
    return subject


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_CHARACTERS or token.count(".") != 2 or not token.isascii():
        raise TokenRefused("FORM")
    encoded = token.partition(".")[0]
    try:
        return parse_json_object(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, NotStrictJson):
        raise TokenRefused("FORM") from None


def _key_for(kid: Any, algorithm: str, keys: Collection[Jwk]) -> Jwk:
    """By its name; without one only where there is no choice."""
    fitting = [key for key in keys if _fits(key, algorithm)]
    named = fitting if kid is None else [key for key in fitting if key.get("kid") == kid]
    if len(named) != 1:
        raise UnknownKey("KEY")
    return named[0]


def _fits(key: Jwk, algorithm: str) -> bool:
    form = all(key.get(name) == value for name, value in _FITTING[algorithm].items())
    return form and key.get("use") in (None, "sig") and key.get("alg") in (None, algorithm)


def _imported(key: Jwk) -> Any:
    try:
        made = JWKRegistry.import_key(dict(key))
        size = getattr(made.get_op_key("verify"), "key_size", _RSA_BITS)
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise TokenRefused("KEY") from fault
    if key.get("kty") == "RSA" and size < _RSA_BITS:
        raise TokenRefused("KEY")
    return made


def _at_hash(algorithm: str, access_token: str) -> str:
    digest = _HALF_OF[algorithm](access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused("TIME")
    return float(value)
