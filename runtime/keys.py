"""Key material as it is written in settings: rings of symmetric keys and dated partner keys."""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretBytes, SecretStr, model_validator

from domain.errors import Misconfigured

KEY_BYTES = 32
_MAX_ACTIVE = 2  # contracts.md "Common rules": two keys per partner and direction may be active at once


class RingKey(BaseModel):
    """One 256-bit key and the id that travels beside what it encrypted."""

    model_config = ConfigDict(frozen=True)

    kid: str
    secret: SecretBytes


class KeyRing(BaseModel):
    """Keys of one purpose: the first encrypts, all decrypt, so a key is replaced without losing data.

    Written `kid:base64[,kid:base64…]`, each key 32 bytes.

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

    def dump(self) -> str:
        """The form in which settings hold it. Secret: never log it."""
        return ",".join(f"{key.kid}:{base64.b64encode(key.secret.get_secret_value()).decode()}" for key in self.keys)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _ring_key(part: str) -> RingKey:
    kid, colon, encoded = part.partition(":")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        secret = b""
    if not colon or not kid or not kid.isascii() or len(secret) != KEY_BYTES:
        raise ValueError(f"each key is written kid:base64 and has {KEY_BYTES} bytes")
    return RingKey(kid=kid, secret=SecretBytes(secret))


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


def sandbox_keys(data_dir: Path) -> dict[str, str]:
    """CODEC_KEYS and SEAL_KEYS of this data folder, made at first use and kept in `keys.json` (mode 0600).

    For the sandbox only: a real installation brings its own keys. Several processes may call this at once; one file
    wins and all read it.

    Raises:
        Misconfigured: the file is there but can't be read.
    """
    path = data_dir / "keys.json"
    if not path.exists():
        _create_keys(path)
    try:
        kept = json.loads(path.read_text())
        return {"CODEC_KEYS": kept["CODEC_KEYS"], "SEAL_KEYS": kept["SEAL_KEYS"]}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise Misconfigured(
            f"{path} is not readable as keys; restore it: without it, what this data folder holds is lost"
        ) from fault


def _create_keys(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rings = {name: f"{name[0].lower()}1:{_random_key()}" for name in ("CODEC_KEYS", "SEAL_KEYS")}
    draft = path.with_name(f".keys-{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(rings, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was first, so a file once seen never changes
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
