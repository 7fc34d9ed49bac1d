"""Our client of an OpenID provider: discovery, keys, and a code for tokens (RFC 6749, RFC 7636; confidential client).

Every call is one attempt within seconds, follows no redirect and reads little. Tokens are looked at and forgotten.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import AnswerLost, Misconfigured, PartnerError
from partners.attempt import Answer, Attempts
from partners.identity_provider.tokens import Expected, Jwk, Read, TokenRefused, UnknownKey, check_id_token, read
from partners.standards import NotStrictJson, parse_json_object

TOTAL_S: Final = 10.0
_ANSWER_BYTES: Final = 256 * 1024
_KNOWN_FOR: Final = timedelta(hours=1)
_NOT_AGAIN: Final = timedelta(seconds=10)
_DISCOVERY: Final = "/.well-known/openid-configuration"
_HERE: Final = ("127.0.0.1", "localhost", "::1")


class Registration(NamedTuple):
    """As whom we are registered. `scope`: with spaces, `openid` among it; `acr`: what we would like, in this order."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    scope: str
    acr: tuple[str, ...] = ()


class Begun(NamedTuple):
    """The secrets of one login that is under way."""

    state: str
    nonce: str
    verifier: str


class _Metadata(BaseModel):
    """What the provider says of itself (OpenID Connect Discovery §3), as far as we need it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    def endpoints(self) -> list[str]:
        named = (self.userinfo_endpoint, self.end_session_endpoint)
        return [self.authorization_endpoint, self.token_endpoint, self.jwks_uri, *filter(None, named)]


class IdentityProvider:
    """The provider that issues for us; one per process, safe for several threads.

    `ca`: file of the authority of its certificate, None: those of this machine's Python.
    """

    def __init__(self, ours: Registration, now: Callable[[], datetime], ca: Path | None = None) -> None:
        self._ours = ours
        self._now = now
        self._attempts = Attempts(connections=4, ca=ca)
        self._metadata: tuple[datetime, _Metadata] | None = None
        self._keys: tuple[Jwk, ...] | None = None
        self._in_vain: datetime | None = None

    def login_address(self, begun: Begun) -> str:
        """Where a browser goes to log in.

        Raises:
            PartnerError: the provider is away, or what it says of itself can't be read.
            Misconfigured: it is another than OIDC_ISSUER, or names an address without TLS.
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._ours.client_id,
            "redirect_uri": self._ours.redirect_uri,
            "scope": self._ours.scope,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self._ours.acr:
            asked["acr_values"] = " ".join(self._ours.acr)
        return _with_query(self._said().authorization_endpoint, asked)

    def logout_address(self, back_to: str) -> str | None:
        """Where a browser goes to log out there too; None where the provider has no such page."""
        end = self._said().end_session_endpoint
        asked = {"client_id": self._ours.client_id, "post_logout_redirect_uri": back_to}
        return None if end is None else _with_query(end, asked)

    def is_from_us(self, issuer: str | None) -> bool:
        """Whether an answer comes from this provider by its `iss` (RFC 9207); one that never says it may be silent."""
        if issuer is None:
            return not self._said().authorization_response_iss_parameter_supported
        return issuer == self._ours.issuer

    def claims_for(self, code: str, begun: Begun, wanted: tuple[str, ...]) -> dict[str, Any]:
        """Who has logged in: the claims of the ID token, and those of `wanted` that only the provider's userinfo has.

        Raises:
            TokenRefused: the code is none (any more) (`CODE`), or what came for it is not believed.
            PartnerError, Misconfigured: as `login_address`; our own secret is not right.
        """
        tokens = self._exchanged(code, begun.verifier)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise TokenRefused("FORM")
        said = self.read(id_token)
        expected = Expected(self._ours.issuer, self._ours.client_id, begun.nonce)
        check_id_token(said, expected, access_token, self._now())
        lacking = [name for name in wanted if name.partition(".")[0] not in said.claims and name not in said.claims]
        return {**self._userinfo(access_token, said.claims["sub"]), **said.claims} if lacking else said.claims

    def read(self, token: str) -> Read:
        """What the provider has signed; its keys are fetched again, once, where it was one that we don't know.

        In vain, they are not fetched for that reason for ten seconds: anybody can make up a key's name.

        Raises:
            TokenRefused, PartnerError, Misconfigured: as `claims_for`.
        """
        known, now = self._keys, self._now()
        if known is not None:
            try:
                return read(token, known)
            except UnknownKey:
                if self._in_vain is not None and now - self._in_vain < _NOT_AGAIN:
                    raise
        self._keys = self._fetched_keys()
        try:
            return read(token, self._keys)
        except UnknownKey:
            self._in_vain = now
            raise

    def _exchanged(self, code: str, verifier: str) -> dict[str, Any]:
        said, ours = self._said(), self._ours
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": ours.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if "client_secret_basic" in said.token_endpoint_auth_methods_supported:
            headers["Authorization"] = _basic(ours.client_id, ours.client_secret)
        else:
            form |= {"client_id": ours.client_id, "client_secret": ours.client_secret}
        answer = self._ask("POST", said.token_endpoint, headers, urlencode(form).encode())
        if answer.status == 200:
            return _object(answer)
        fault = _object(answer).get("error") if answer.status in (400, 401) else None
        if fault == "invalid_grant":
            raise TokenRefused("CODE")
        if fault in ("invalid_client", "unauthorized_client"):
            raise Misconfigured("统一认证不认可本系统：OIDC_CLIENT_ID 或 OIDC_CLIENT_SECRET 不对", code="OIDC_CLIENT")
        raise _unreadable()

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """Of this person only; what is said of another is refused (OpenID Connect Core §5.3.2)."""
        place = self._said().userinfo_endpoint
        if place is None:
            return {}
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        answer = self._ask("GET", place, headers)
        if answer.status != 200:
            raise _unreadable()
        claims = _object(answer)
        if claims.get("sub") != subject:
            raise TokenRefused("SUBJECT")
        return claims

    def _fetched_keys(self) -> tuple[Jwk, ...]:
        answer = self._ask("GET", self._said().jwks_uri, {"Accept": "application/json"})
        keys = _object(answer).get("keys") if answer.status == 200 else None
        if not isinstance(keys, list):
            raise _unreadable()
        return tuple(key for key in keys if isinstance(key, dict))

    def _said(self) -> _Metadata:
        """What the provider says of itself, asked once an hour."""
        known, now = self._metadata, self._now()
        if known is not None and now - known[0] < _KNOWN_FOR:
            return known[1]
        answer = self._ask("GET", self._ours.issuer.rstrip("/") + _DISCOVERY, {"Accept": "application/json"})
        if answer.status != 200:
            raise _unreadable()
        try:
            said = _Metadata.model_validate(_object(answer))
        except ValidationError as fault:
            raise _unreadable() from fault
        if said.issuer != self._ours.issuer:
            raise Misconfigured("统一认证自称的名称与 OIDC_ISSUER 不一致", code="OIDC_ISSUER")
        if not all(may_be_asked(place) for place in said.endpoints()):
            raise Misconfigured("统一认证给出的地址没有用 https", code="OIDC_ISSUER")
        self._metadata = (now, said)
        return said

    def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        return self._attempts.make(method, url, headers=headers, body=body, total_s=TOTAL_S, max_bytes=_ANSWER_BYTES)


def may_be_asked(url: str) -> bool:
    """Over TLS, or on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE))


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked, quote_via=quote)}"


def _basic(name: str, secret: str) -> str:
    """Both form-encoded first (RFC 6749 §2.3.1)."""
    pair = f"{quote(name, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _object(answer: Answer) -> dict[str, Any]:
    try:
        return parse_json_object(answer.body)
    except NotStrictJson as fault:
        raise _unreadable() from fault


def _unreadable() -> PartnerError:
    return AnswerLost("统一认证的答复不能识别", code="UNREADABLE")
