"""Codes that an app on a telephone shows for half a minute (动态口令): TOTP over HMAC-SHA-1 (RFC 6238, RFC 4226).

Our own, as it is a handful of lines over the standard library, with the RFC's vectors as tests.
"""

import base64
import hmac
import re
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""As long as the hash (RFC 4226 §4)."""

_AROUND: Final = (0, -1, 1)
"""Steps beside the present one that are taken too: clocks differ, and people type slowly."""

_CODE: Final = re.compile(r"[0-9]{6}")


def step_of(now: datetime) -> int:
    """The number of the half minute since 1970 in which `now` lies."""
    return int(now.timestamp()) // STEP_S


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one step, with its leading zeros."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, typed: str, now: datetime, last: int) -> int | None:
    """The step whose code was typed; None where it is none of now, or of `last` or before: a code counts once."""
    if _CODE.fullmatch(typed) is None:
        return None
    present = step_of(now)
    fitting = [present + by for by in _AROUND if hmac.compare_digest(code_at(secret, present + by), typed)]
    return next((step for step in fitting if step > last), None)


def in_base32(secret: bytes) -> str:
    """As people type it where they can't scan it: without the padding that apps don't know."""
    return base64.b32encode(secret).decode().rstrip("=")


def otpauth(secret: bytes, issuer: str, account: str) -> str:
    """What the square code says: `otpauth://totp/…` as apps read it."""
    said = {"secret": in_base32(secret), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(f'{issuer}:{account}')}?{urlencode(said, quote_via=quote)}"
