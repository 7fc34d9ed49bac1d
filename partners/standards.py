"""Standards that the wires share: SM3 and HMAC-SM3 (GB/T 32905) and strict JSON (contracts.md "Strict parsing").

Only what is public standard; nothing of any one wire.
"""

import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any, Final

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had one offset and no summer time since 1991."""

MAX_JSON_DEPTH: Final = 32
_MAX_NUMBER_CHARACTERS: Final = 32
_QUOTE: Final = ord('"')
# Possessive, and an unterminated string runs to the end: no input makes this slower than linear.
_STRINGS_AND_BRACKETS: Final = re.compile(
    rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[][{}]',
    re.DOTALL,
)
_ISO_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def sm3(data: bytes) -> bytes:
    """SM3 digest (密码杂凑), 32 bytes."""
    return hashlib.new("sm3", data).digest()


def sm3_hex(data: bytes) -> str:
    """SM3 digest in lower-case hex, 64 characters."""
    return hashlib.new("sm3", data).hexdigest()


def sha256_hex(data: bytes) -> str:
    """SHA-256 digest in lower-case hex, 64 characters."""
    return hashlib.sha256(data).hexdigest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """HMAC-SM3, 32 bytes."""
    return hmac.new(key, data, "sm3").digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256, 32 bytes."""
    return hmac.new(key, data, "sha256").digest()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Comparison in constant time; text is compared as UTF-8, so any text may come."""
    return hmac.compare_digest(_raw(left), _raw(right))


def _raw(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


class NotStrictJson(ValueError):
    """The bytes are not strict JSON; the text says why and never repeats content."""


class NumberOutOfRange(NotStrictJson):
    """Well-formed, but a number that nothing here needs (more than 32 characters, or beyond a double)."""


def parse_json(raw: bytes) -> Any:
    """Parse strictly: UTF-8 without BOM, no duplicate key, NaN, Infinity, lone surrogate or NUL, depth ≤ 32.

    Numbers with more than 32 characters are refused too (NumberOutOfRange). Raises NotStrictJson.
    """
    if raw.startswith(b"\xef\xbb\xbf"):
        raise NotStrictJson("byte order mark")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrictJson("not UTF-8") from None
    _check_depth(raw)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_constant,
            parse_int=_short_int,
            parse_float=_finite,
        )
    except json.JSONDecodeError:
        raise NotStrictJson("not JSON") from None
    # A lone surrogate or a NUL can only come from an escape; most bodies have none.
    if "\\" in text:
        _check_texts(value)
    return value


def parse_json_object(raw: bytes) -> dict[str, Any]:
    """Like `parse_json`, and the outermost value is an object."""
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise NotStrictJson("not an object")
    return value


def _check_depth(raw: bytes) -> None:
    """Count brackets outside strings before the parser recurses; linear, whatever comes."""
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(raw):
        if token[0][0] == _QUOTE:
            continue
        depth += 1 if token[0] in b"[{" else -1
        if depth > MAX_JSON_DEPTH:
            raise NotStrictJson("nested too deep")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictJson("duplicate key")
    return found


def _no_constant(_: str) -> Any:
    raise NotStrictJson("NaN or Infinity")


def _short_int(text: str) -> int:
    if len(text) > _MAX_NUMBER_CHARACTERS:
        raise NumberOutOfRange("number too long")
    return int(text)


def _finite(text: str) -> float:
    if len(text) > _MAX_NUMBER_CHARACTERS:
        raise NumberOutOfRange("number too long")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NumberOutOfRange("number out of range")
    return value


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise NotStrictJson("NUL in a text")
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise NotStrictJson("lone surrogate")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_texts(key)
            _check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner)


def parse_instant(text: str) -> datetime:
    """ISO 8601 date and time → aware datetime; without an offset it is Asia/Shanghai (contracts.md "Common rules").

    Raises ValueError for another form or a time that does not exist (24:00:00, leap seconds, 30 February).
    """
    if not _ISO_INSTANT.fullmatch(text):
        raise ValueError("not an ISO 8601 date and time")
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=CHINA)


def format_instant(instant: datetime) -> str:
    """ISO 8601 with the offset of Asia/Shanghai, whole seconds."""
    return instant.astimezone(CHINA).isoformat(timespec="seconds")
