"""What must be agreed with Sichuan before a message can travel (contracts.md A); all of it is settings."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.model import Frozen
from partners.standards import CHINA

KeysOn = Callable[[date], tuple[str, ...]]
"""The key texts (ASCII) that count on a day of Asia/Shanghai, newest first, at most two."""


class SignAlgorithm(StrEnum):
    """Agreed signature algorithm (签名算法), header `X-CY-Sign-Alg`."""

    HMAC_SHA256 = "HMAC-SHA256"
    HMAC_SM3 = "HMAC-SM3"


def _no_slash_at_end(url: str) -> str:
    return url.rstrip("/")


class SichuanSettings(Frozen):
    """Addresses, ids, keys and windows of the 川渝通办 wire. `window_s`, `nonce_memory_s`: seconds."""

    base_url: Annotated[str, AfterValidator(_no_slash_at_end)] = Field(
        description="the partner's gateway; /cy/v1/… is added and the whole path is signed"
    )
    our_app: str = Field(min_length=1)
    partner_app: str = Field(min_length=1)
    our_keys: KeysOn
    partner_keys: KeysOn
    alg: SignAlgorithm = SignAlgorithm.HMAC_SHA256
    window_s: float = Field(default=90.0, gt=0)
    nonce_memory_s: float = Field(default=600.0, gt=0)
    region: str = Field(default="500103", description="collectingOrg.regionCode, our own region")

    def our_keys_at(self, now: datetime) -> tuple[bytes, ...]:
        """Our keys that count on that day of Asia/Shanghai, newest first: we sign with each."""
        return _ascii(self.our_keys(now.astimezone(CHINA).date()))

    def partner_keys_at(self, now: datetime) -> tuple[bytes, ...]:
        """Sichuan's keys that count on that day of Asia/Shanghai: a signature with any of them holds."""
        return _ascii(self.partner_keys(now.astimezone(CHINA).date()))


def _ascii(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(key.encode("ascii") for key in keys)
