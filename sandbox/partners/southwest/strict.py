"""Strict JSON and check digits from the other side of the wire (contracts.md "Common rules")."""

import json
import re
from datetime import datetime
from typing import Any

MAX_DEPTH = 32


class NotJson(ValueError):
    """Not strict JSON."""


def strict_json(raw: bytes) -> Any:
    """UTF-8 without BOM, no duplicate key, NaN, lone surrogate or NUL, depth ≤ 32. Raises NotJson."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError) as fault:
        raise NotJson(type(fault).__name__) from None
    _walk(value, 1)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise NotJson("duplicate key")
    return dict(pairs)


def _never(constant: str) -> Any:
    raise NotJson(constant)


def _walk(value: Any, depth: int) -> None:
    if isinstance(value, str) and ("\0" in value or re.search("[\ud800-\udfff]", value)):
        raise NotJson("NUL or surrogate")
    if isinstance(value, (dict, list)):
        if depth > MAX_DEPTH:
            raise NotJson("depth")
        for one in [*value, *value.values()] if isinstance(value, dict) else value:
            _walk(one, depth + 1)


def check_character(body: str) -> str:
    """ISO 7064 MOD 11-2 by weights, as GB 11643 prints them."""
    return "10X98765432"[sum(int(char) * pow(2, len(body) - place, 11) for place, char in enumerate(body)) % 11]


def is_case_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{20}[0-9X]", text) is not None and check_character(text[:20]) == text[20]


def id_number_is_right(id_type: str, number: str) -> bool:
    """Check digits of GB 11643 and GB 32100; other kinds have none."""
    if id_type in ("居民身份证", "港澳台居民居住证"):
        return _resident(number)
    return _credit_code(number) if id_type == "统一社会信用代码" else bool(number)


def _resident(number: str) -> bool:
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number) or check_character(number[:17]) != number[17]:
        return False
    try:
        datetime.strptime(number[6:14], "%Y%m%d")  # noqa: DTZ007 – a day, not a moment
    except ValueError:
        return False
    return True


def _credit_code(code: str) -> bool:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if not re.fullmatch(f"[{alphabet}]{{18}}", code):
        return False
    total = sum(alphabet.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
    return (total + alphabet.index(code[17])) % 31 == 0
