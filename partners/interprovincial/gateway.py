"""The gateway in front of every call: its headers, its way of failing, and the fresh secret (contracts.md C).

The gateway signs neither body nor path, and says "not authorised" with HTTP 500: classified by the body's code,
never by the status alone (reliability.md §1 line 14).
"""

import secrets as randomness
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import SecretBytes

from domain.errors import PartnerError, PartnerRefused, PartnerUnavailable, PartnerUntrusted
from partners.attempt import Answer, Attempts
from partners.base import Now
from partners.interprovincial.secret import Secret
from partners.interprovincial.settings import InterprovincialSettings
from partners.interprovincial.signing import SecretUnreadable, gateway_signature, open_secret, refresh_signature
from partners.standards import NotStrictJson, parse_json_object

AUTH_FAILED: Final = 400001
_BUSY: Final = "-999"
_LATER: Final = frozenset({408, 425, 429, 502, 503, 504})
_LONGEST_SECRET_MS: Final = 400 * 24 * 3600 * 1000


def new_nonce() -> str:
    """32 hex digits, unique for far longer than the gateway's 10 minutes."""
    return randomness.token_hex(16)


def gateway_headers(settings: InterprovincialSettings, now: datetime, nonce: str) -> dict[str, str]:
    """The `x-tif-*` headers of one attempt, signed over timestamp, token and nonce (contracts.md C "Gateway headers").

    Raises:
        Misconfigured: no token of the gateway counts today.
    """
    timestamp = str(int(now.timestamp()))
    return {
        "x-tif-paasid": settings.paasid,
        "x-tif-timestamp": timestamp,
        "x-tif-nonce": nonce,
        "x-tif-signature": gateway_signature(timestamp, settings.token_at(now), nonce),
    }


def status_fault(answer: Answer) -> PartnerError | None:
    """The error that an HTTP status other than 200 means; None for 200.

    HTTP 500 with the body's code 400001 is a failed authentication: GATEWAY_AUTH, refused.
    """
    if answer.status == 200:
        return None
    if answer.status == 500 and _json_code(answer.body) == AUTH_FAILED:
        return PartnerRefused("跨省平台网关不认可本单位的身份，请联系运维核对网关密钥。", code="GATEWAY_AUTH")
    if answer.status >= 500 or answer.status in _LATER:
        return PartnerUnavailable(
            "跨省平台暂时不可用，将自动重试。", code=f"HTTP{answer.status}", retry_after_s=_retry_after_s(answer)
        )
    return PartnerRefused("跨省平台拒绝了请求，请联系运维核对网关地址。", code=f"HTTP{answer.status}")


def _json_code(body: bytes) -> Any:
    try:
        return parse_json_object(body).get("code")
    except NotStrictJson:
        return None


def _retry_after_s(answer: Answer) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


class SecretSource:
    """Asks the gateway for a fresh secret: one attempt per active app key until one is accepted."""

    def __init__(
        self, settings: InterprovincialSettings, now: Now, attempts: Attempts, nonce: Callable[[], str] = new_nonce
    ) -> None:
        self._settings = settings
        self._now = now
        self._attempts = attempts
        self._nonce = nonce

    def fetch(self) -> Secret:
        """A fresh secret with its end (contracts.md C "Secret").

        Raises:
            PartnerUnavailable: the gateway is busy or away.
            PartnerUntrusted: the answer is out of form, or none of our app keys opens the secret.
            PartnerRefused: no app key counts, or none is accepted; HTTP 200 with another code than "0" is a refusal.
        """
        app_keys = self._settings.app_keys_at(self._now())
        refusal = PartnerRefused("没有可用的跨省平台应用密钥，请联系运维。", code="NO_APP_KEY")
        for app_key in app_keys:
            try:
                return self._fetch_with(app_key, app_keys)
            except PartnerRefused as refused:
                # While a key is being replaced, only one of the two may be known over there.
                refusal = refused
        raise refusal

    def _fetch_with(self, app_key: bytes, app_keys: tuple[bytes, ...]) -> Secret:
        settings, now = self._settings, self._now()
        rtime = str(int(now.timestamp() * 1000))
        headers = gateway_headers(settings, now, self._nonce()) | {
            "gjgxjhpt_rid": settings.rid,
            "gjgxjhpt_sid": settings.sid,
            "gjgxjhpt_rtime": rtime,
            "gjgxjhpt_sign": refresh_signature(app_key, settings.sid, settings.rid, rtime),
        }
        answer = self._attempts.make("POST", f"{settings.gateway_url}/auth/refreshSecret", headers=headers)
        fault = status_fault(answer)
        if fault is not None:
            raise fault
        return self._read(answer.body, app_keys)

    def _read(self, body: bytes, app_keys: tuple[bytes, ...]) -> Secret:
        try:
            said = parse_json_object(body)
        except NotStrictJson as fault:
            raise PartnerUntrusted("跨省平台的答复无法识别，将自动重试。", code="NOT_JSON") from fault
        if said.get("code") == _BUSY:
            raise PartnerUnavailable("跨省平台繁忙，将自动重试。", code="REFRESH_BUSY")
        if said.get("code") != "0":
            raise PartnerRefused("跨省平台没有发放新的密钥，请联系运维核对应用密钥。", code="REFRESH_REFUSED")
        data = said.get("data")
        given = data if isinstance(data, dict) else {}
        sealed, ends_ms = given.get("secret"), given.get("secretEndTime")
        now_ms = self._now().timestamp() * 1000
        if (
            not isinstance(sealed, str)
            or type(ends_ms) is not int
            or not now_ms < ends_ms < now_ms + _LONGEST_SECRET_MS
        ):
            raise PartnerUntrusted("跨省平台发放的密钥格式不符，将自动重试。", code="NOT_A_SECRET")
        try:
            key = open_secret(app_keys, sealed)
        except SecretUnreadable as fault:
            raise PartnerUntrusted("跨省平台发放的密钥无法解开，将自动重试。", code="NOT_A_SECRET") from fault
        return Secret(key=SecretBytes(key), ends_at=datetime.fromtimestamp(ends_ms / 1000, UTC))
