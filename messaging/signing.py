"""The signature between us and the message gateway, both ways (messages.md "Signature")."""

import hashlib
import hmac
from datetime import datetime, timedelta

TIMESTAMP = "X-Sms-Timestamp"
SIGNATURE = "X-Sms-Signature"
ACCOUNT = "X-Sms-Account"

WINDOW = timedelta(minutes=5)
"""How far the other side's clock may be off; an older request may be a repetition by somebody else."""


def signature(key: bytes, path: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 in lower-case hex over `POST`, path, timestamp (Unix seconds) and SHA-256 of the body, by lines."""
    text = "\n".join(["POST", path, timestamp, hashlib.sha256(body).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def is_signed(key: bytes, path: str, timestamp: str, body: bytes, given: str, now: datetime) -> bool:
    """Whether `given` is the signature of this request, made within `WINDOW` of `now`."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    return hmac.compare_digest(signature(key, path, timestamp, body).encode(), given.encode())
