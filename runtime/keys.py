"""Key material as it is written in settings: rings of symmetric keys and dated partner keys."""

import base64
import binascii
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretBytes, SecretStr, model_validator

from storage.ciphers import Algorithm, Key

ROOT = "root"
"""Of MARK_KEYS: what every purpose is derived from that has no key of its own there (`runtime.marks`)."""
_SM4 = "sm4"
"""Between key id and key where it is one of SM4's."""
_MAX_KID = 64
_MAX_ACTIVE = 2  # contracts.md "Common rules": two keys per partner and direction may be active at once


class RingKey(BaseModel):
    """One key, how it encrypts, and the id that travels beside what it encrypted."""

    model_config = ConfigDict(frozen=True)

    kid: str
    secret: SecretBytes
    algorithm: Algorithm = Algorithm.AES

    def dump(self) -> str:
        """The form in which settings hold it. Secret: never log it."""
        how = f"{_SM4}:" if self.algorithm is Algorithm.SM4 else ""
        return f"{self.kid}:{how}{base64.b64encode(self.secret.get_secret_value()).decode()}"


class KeyRing(BaseModel):
    """Keys of one purpose: the first encrypts, all decrypt, so a key is replaced without losing data.

    Written `kid:base64[,kid:base64…]`, each key 32 bytes for AES-256-GCM; `kid:sm4:base64` with 16 bytes is SM4-GCM.

    Raises:
        ValueError: another form, no key, or the same kid twice; without any value.
    """

    model_config = ConfigDict(frozen=True)

    keys: tuple[RingKey, ...]

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        return {"keys": [_ring_key(part) for part in _parts(value)]} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> "KeyRing":
        if not self.keys:
            raise ValueError("at least one key is needed, as kid:base64")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise ValueError("two keys have the same kid")
        return self

    @property
    def current(self) -> RingKey:
        """The key that encrypts everything new: the first."""
        return self.keys[0]

    def find(self, kid: str) -> RingKey | None:
        """The key with this id, or None."""
        return next((key for key in self.keys if key.kid == kid), None)

    def by_kid(self) -> dict[str, Key]:
        """Key id → key, in their order."""
        return {key.kid: Key(key.secret.get_secret_value(), key.algorithm) for key in self.keys}

    def dump(self) -> str:
        """The form in which settings hold it. Secret: never log it."""
        return ",".join(key.dump() for key in self.keys)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _ring_key(part: str) -> RingKey:
    kid, colon, rest = part.partition(":")
    how, second, encoded = rest.partition(":")
    algorithm = Algorithm.SM4 if second and how == _SM4 else Algorithm.AES
    try:
        secret = base64.b64decode(encoded if algorithm is Algorithm.SM4 else rest, validate=True)
    except binascii.Error:
        secret = b""
    if not colon or not kid or not kid.isascii() or len(kid) > _MAX_KID or len(secret) != algorithm.key_bytes:
        raise ValueError("each key is written kid:base64 and has 32 bytes, or kid:sm4:base64 and has 16")
    return RingKey(kid=kid, secret=SecretBytes(secret), algorithm=algorithm)


class DatedKey(BaseModel):
    """A key shared with a partner and the days (Asia/Shanghai, both included) on which it counts.

    Written `text` or `text@2026-01-01/2026-12-31`; either day may be left out.
    """

    model_config = ConfigDict(frozen=True)

    text: SecretStr
    not_before: date = date.min
    not_after: date = date.max

    def active_on(self, day: date) -> bool:
        """Whether it counts on a day of Asia/Shanghai; its first and last day count."""
        return self.not_before <= day <= self.not_after


def _dated_key(part: str) -> DatedKey:
    text, at, interval = part.partition("@")
    first, slash, last = interval.partition("/")
    if not text or not text.isascii() or (at and not slash):
        raise ValueError("each key is written as ASCII text, or text@from/to with ISO days")
    try:
        not_before = date.fromisoformat(first) if first else date.min
        not_after = date.fromisoformat(last) if last else date.max
    except ValueError:
        raise ValueError("the days of a key are written 2026-01-31") from None
    if not_before > not_after:
        raise ValueError("a key ends before it begins")
    return DatedKey(text=SecretStr(text), not_before=not_before, not_after=not_after)


def _parse_dated(value: Any) -> Any:
    keys = [_dated_key(part) for part in _parts(value)] if isinstance(value, str) else value
    if not keys:
        raise ValueError("at least one key is needed")
    for day in (key.not_before for key in keys):
        if sum(key.active_on(day) for key in keys) > _MAX_ACTIVE:
            raise ValueError(f"at most {_MAX_ACTIVE} keys may be active on one day")
    return tuple(keys)


DatedKeys = Annotated[tuple[DatedKey, ...], BeforeValidator(_parse_dated)]
"""Keys of one direction with one partner; at most two are active on any day."""


def active_keys(keys: Iterable[DatedKey], day: date) -> tuple[str, ...]:
    """The key texts that count on `day`, newest first: the first signs, any of them verifies."""
    counting = sorted((key for key in keys if key.active_on(day)), key=lambda key: key.not_before, reverse=True)
    return tuple(key.text.get_secret_value() for key in counting)


class DatedCertificate(DatedKey):
    """A key of an SM2 certificate with its serial (contracts.md B). `text`: the key in hex, public or private.

    Written `serial:hex` or `serial:hex@from/to`.
    """

    serial: str


def _certificate(part: str) -> DatedCertificate:
    dated = _dated_key(part)
    serial, _, key = dated.text.get_secret_value().partition(":")
    if not serial or not key:
        raise ValueError("certificates are written serial:hex[@from/to][,serial:hex…]")
    return DatedCertificate(serial=serial, text=SecretStr(key), not_before=dated.not_before, not_after=dated.not_after)


def _parse_certificates(value: Any) -> Any:
    certificates = [_certificate(part) for part in _parts(value)] if isinstance(value, str) else value
    if not certificates:
        raise ValueError("at least one certificate is needed")
    if len({certificate.serial for certificate in certificates}) != len(certificates):
        raise ValueError("two certificates have the same serial")
    return tuple(certificates)


Certificates = Annotated[tuple[DatedCertificate, ...], BeforeValidator(_parse_certificates)]
"""Certificates by serial, each with its days; one that is revoked is given an end in the past."""
