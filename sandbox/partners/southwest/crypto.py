"""SM2 and SM3 as this wire uses them, written anew from contracts.md B: no code of ours is used here."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache

import gmalg
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

CHINA = timezone(timedelta(hours=8))
_USER = b"1234567812345678"
_EXAMPLE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
_EXAMPLE_PUBLIC = (
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)


@dataclass(frozen=True)
class Identity:
    """Who is who on this wire. The defaults are the public test keys of the contract's vectors."""

    caller_app: str = "cqyz-exch"
    caller_tenancy: str = "500103000000"
    caller_keys: dict[str, str] = field(default_factory=lambda: {"5001030000000001": _EXAMPLE_PUBLIC})
    ended: frozenset[str] = frozenset()
    own_serial: str = "5300000000000001"
    own_key: str = _EXAMPLE
    window_s: int = 300

    @property
    def caller_region(self) -> str:
        return self.caller_tenancy[:6]

    def sign(self, text: str) -> str:
        key = bytes.fromhex(self.own_key)
        r, s = gmalg.SM2(key, _USER, _public_of(key)).sign(text.encode())
        return base64.b64encode(encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))).decode()

    def signed_by_caller(self, text: str, serial: str, signature: str) -> bool:
        try:
            r, s = decode_dss_signature(base64.b64decode(signature, validate=True))
            pair = [number.to_bytes(32, "big") for number in (r, s)]
            public = bytes.fromhex(self.caller_keys[serial])
            return bool(gmalg.SM2(uid=_USER, pk=public).verify(text.encode(), *pair))
        except (ValueError, OverflowError, KeyError):
            return False


@lru_cache(maxsize=8)
def _public_of(key: bytes) -> bytes:
    return bytes(gmalg.SM2().generate_pk(key))


def sm3(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


def now() -> datetime:
    return datetime.now(CHINA)


def instant(text: str) -> datetime:
    """ISO 8601; without an offset Asia/Shanghai. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=CHINA)
