"""A callback from Sichuan: verified over the raw bytes first, then read (contracts.md A "Callbacks").

The order is the contract's: size → content type and encoding → required headers → known partner → algorithm →
time window → signature → (nonce: the caller's memory) → strict parsing → schema. What comes after (is the case
addressed to this partner, message id, state rule) is the inbox's. Refusals are values, not exceptions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.inbound import InboundMessage
from partners.callbacks import RawCallback
from partners.sichuan.codes import Code
from partners.sichuan.events import NotInSchema, from_callback
from partners.sichuan.settings import SichuanSettings, SignAlgorithm
from partners.sichuan.signing import is_signature_form, request_text, verify
from partners.signed_text import SignedText
from partners.standards import NotStrictJson, NumberOutOfRange, parse_json, same

MAX_CALLBACK_BYTES: Final = 256 * 1024
_MAX_HEADER: Final = 128
_MEDIA_TYPE: Final = re.compile(r'application/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?', re.IGNORECASE)
_FORMS: Final[dict[str, re.Pattern[str]]] = {
    "x-cy-app-id": re.compile(r"[\x20-\x7e]*"),
    "x-cy-timestamp": re.compile(r"[0-9]{10}"),
    "x-cy-nonce": re.compile(r"[0-9a-f]{32}"),
    "x-cy-msg-id": re.compile(r"[A-Za-z0-9_-]{8,64}"),
    "x-cy-sign-alg": re.compile(r"[\x20-\x7e]*"),
    "x-cy-signature": re.compile(r"[\x20-\x7e]+"),
}


@dataclass(frozen=True)
class Refusal:
    """A refused callback. `reason` is for our log only: the sender gets the code.

    `server_time`: our clock in epoch seconds, with CY4013.
    """

    code: Code
    reason: str
    server_time: int | None = None


@dataclass(frozen=True)
class Authentic:
    """A callback that Sichuan has signed; the nonce is not yet checked, the body not yet read.

    `compared`: path, LF, body: what "the same content" means.
    """

    nonce: str
    message_id: str
    compared: bytes
    body: bytes


def authenticate(raw: RawCallback, settings: SichuanSettings, now: datetime) -> Authentic | Refusal:
    """Check everything up to the signature (contracts.md "Order of checks"); `now` is aware."""
    if raw.body is None or len(raw.body) > MAX_CALLBACK_BYTES:
        return Refusal(Code.TOO_LARGE, "body over 256 kB")
    found = _Headers(raw.headers)
    if not found.is_plain_json:
        return Refusal(Code.MEDIA_TYPE, "content type or encoding")
    wrong = found.first_wrong()
    if wrong is not None:
        return Refusal(Code.HEADER, f"header {wrong}")
    return _signed(raw, raw.body, found, settings, now)


def signed_by_sender(raw: RawCallback, settings: SichuanSettings) -> SignedText | None:
    """What the sender should have signed and the headers that he sent, whether they fit or not.

    None where a header is out of form or the sender is not the agreed one: of strangers nothing is kept.
    """
    found = _Headers(raw.headers)
    if raw.body is None or found.first_wrong() is not None:
        return None
    app_id, timestamp, nonce = (found.one(name) for name in ("x-cy-app-id", "x-cy-timestamp", "x-cy-nonce"))
    if not same(app_id, settings.partner_app):
        return None
    text = request_text(raw.method, raw.path, raw.query, app_id, timestamp, nonce, found.one("x-cy-msg-id"), raw.body)
    proof = {name: found.one(name) for name in _FORMS}
    return SignedText(text=text.decode("latin-1"), algorithm=proof["x-cy-sign-alg"], proof=proof)


def read(message: Authentic, now: datetime) -> InboundMessage | Refusal:
    """Strict parsing and schema, after the nonce was remembered; a Refusal is CY4001 or CY4221."""
    try:
        content = parse_json(message.body)
    except NumberOutOfRange as fault:
        return Refusal(Code.SCHEMA, str(fault))
    except NotStrictJson as fault:
        return Refusal(Code.NOT_JSON, str(fault))
    if not isinstance(content, dict):
        return Refusal(Code.SCHEMA, "not an object")
    try:
        return from_callback(content, message.message_id, message.compared, now)
    except NotInSchema as fault:
        return Refusal(Code.SCHEMA, str(fault))


def _signed(
    raw: RawCallback, body: bytes, found: "_Headers", settings: SichuanSettings, now: datetime
) -> Authentic | Refusal:
    app_id, timestamp, nonce = (found.one(name) for name in ("x-cy-app-id", "x-cy-timestamp", "x-cy-nonce"))
    message_id, signature = found.one("x-cy-msg-id"), found.one("x-cy-signature")
    if not same(app_id, settings.partner_app):
        return Refusal(Code.NOT_AUTHENTIC, "unknown app")
    if found.one("x-cy-sign-alg") != settings.alg.value:
        return Refusal(Code.NOT_AUTHENTIC, "algorithm not agreed")
    server_time = int(now.timestamp())
    if abs(server_time - int(timestamp)) > settings.window_s:
        return Refusal(Code.TIME_WINDOW, "timestamp outside the window", server_time=server_time)
    text = request_text(raw.method, raw.path, raw.query, app_id, timestamp, nonce, message_id, body)
    if not verify(SignAlgorithm(settings.alg), settings.partner_keys_at(now), text, signature):
        return Refusal(Code.NOT_AUTHENTIC, "wrong signature")
    return Authentic(nonce, message_id, raw.path.encode("latin-1") + b"\n" + body, body)


class _Headers:
    """The headers of one request; each name may come more than once."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._found: dict[str, list[str]] = {}
        for name, value in pairs:
            self._found.setdefault(name.lower(), []).append(value)

    @property
    def is_plain_json(self) -> bool:
        media_types = self._found.get("content-type", [])
        plain = len(media_types) == 1 and _MEDIA_TYPE.fullmatch(media_types[0].strip()) is not None
        return plain and "content-encoding" not in self._found

    def first_wrong(self) -> str | None:
        """The first required header that is missing, repeated, too long or out of form.

        Two statements about the body's length are an attempt to smuggle a second request.
        """
        if "transfer-encoding" in self._found and "content-length" in self._found:
            return "content-length"
        for name, form in _FORMS.items():
            values = self._found.get(name, [])
            if len(values) != 1 or len(values[0]) > _MAX_HEADER or not form.fullmatch(values[0]):
                return name
        return None if is_signature_form(self.one("x-cy-signature")) else "x-cy-signature"

    def one(self, name: str) -> str:
        return self._found[name][0]
