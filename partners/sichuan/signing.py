"""Signing and verifying on the Sichuan wire (contracts.md A "Signed text"). Pure."""

import base64
import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from partners.sichuan.settings import SignAlgorithm
from partners.standards import hmac_sha256, hmac_sm3, same, sha256_hex

_UNRESERVED_BEYOND_LETTERS: Final = "-._~"
_PREFIX: Final = "v1="
_MAX_SIGNATURES: Final = 2
_TOKENS: Final = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)?")


def canonical_query(query: str) -> str:
    """The query as it is signed.

    Pairs are decoded, all but RFC 3986's unreserved characters percent-encoded in upper-case hex, sorted by
    encoded key, then value. `+` is a plus sign; no `=` means an empty value.
    """
    if not query:
        return ""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(f"{key}={value}" for key, value in sorted((_encoded(k), _encoded(v)) for k, _, v in pairs))


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_UNRESERVED_BEYOND_LETTERS)


def request_text(
    method: str, path: str, query: str, app_id: str, timestamp: str, nonce: str, message_id: str, body: bytes
) -> bytes:
    """The eight fields of a request, joined by LF (contracts.md A "Signed text").

    `path` as on the wire, not decoded; `query` raw; `timestamp` in epoch seconds.
    """
    fields = (method, path, canonical_query(query), app_id, timestamp, nonce, message_id, sha256_hex(body))
    return "\n".join(fields).encode("latin-1")


def answer_text(status: int, nonce: str, timestamp: str, body: bytes) -> bytes:
    """The four fields of a 2xx answer, joined by LF: status, `nonce` (the request's), timestamp, hash of the body."""
    return "\n".join((str(status), nonce, timestamp, sha256_hex(body))).encode("ascii")


def sign(alg: SignAlgorithm, keys: tuple[bytes, ...], text: bytes) -> str:
    """`X-CY-Signature`: one `v1=…` per active key, so that a receiver with either key can verify."""
    return " ".join(_signature(alg, key, text) for key in keys[:_MAX_SIGNATURES])


def verify(alg: SignAlgorithm, keys: tuple[bytes, ...], text: bytes, header: str) -> bool:
    """Whether any `v1=` signature in the header was made with any of the keys. Constant time per comparison."""
    if not is_signature_form(header):
        return False
    given = [token for token in header.split(" ") if token.startswith(_PREFIX)]
    expected = [_signature(alg, key, text) for key in keys]
    # No short cut: how long it takes must not tell which key it was.
    matches = [same(one, other) for one in given for other in expected]
    return any(matches)


def is_signature_form(header: str) -> bool:
    """One signature, or two separated by one space."""
    return _TOKENS.fullmatch(header) is not None


def _signature(alg: SignAlgorithm, key: bytes, text: bytes) -> str:
    mac = hmac_sm3(key, text) if alg is SignAlgorithm.HMAC_SM3 else hmac_sha256(key, text)
    return _PREFIX + base64.b64encode(mac).decode("ascii")
