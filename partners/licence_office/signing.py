"""Signatures of the licence office's wire: HMAC-SHA256 over lines, both ways by the one shared key (licences.md)."""

import hashlib
import hmac
from typing import Final

APP: Final = "X-Licence-App"
TIME: Final = "X-Licence-Time"
NONCE: Final = "X-Licence-Nonce"
SIGNATURE: Final = "X-Licence-Signature"


def sign_request(key: str, method: str, path: str, app: str, time: str, nonce: str, body: bytes) -> str:
    """The signature of a request, 64 hex digits. `time`: Unix seconds; `nonce`: 32 hex digits, new each time."""
    return _mac(key, [method, path, app, time, nonce, _sha256(body)])


def sign_answer(key: str, status: int, nonce: str, body: bytes) -> str:
    """The signature of an answer, bound to the request by its nonce; 64 hex digits."""
    return _mac(key, [str(status), nonce, _sha256(body)])


def same(one: str, other: str) -> bool:
    """Whether two signatures are the same, without telling by time how far."""
    return hmac.compare_digest(one.encode(), other.encode())


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _mac(key: str, lines: list[str]) -> str:
    return hmac.new(key.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
