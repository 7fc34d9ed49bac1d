"""The text of a batch of scans, read so that what is wrong in one line spoils that line only.

What JSON allows and nothing here can keep (a key twice, NaN, a number without end, bytes that are no UTF-8, nesting
without end) becomes `SPOILT` at its place: the line that has it is refused when it is read (parcels/scan_parsing.py).
"""

import json
import re
from collections import Counter
from typing import Any, Final

from partners.standards import MAX_JSON_DEPTH

SPOILT: Final = "\ud800"
"""Half a character: no member and no name of one may hold it."""

_SPOILT_JSON: Final = '"\\ud800"'
_MAX_NUMBER_CHARACTERS: Final = 32
# Possessive, and an unterminated string runs to the end: no input makes this slower than linear.
_STRINGS_AND_BRACKETS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[][{}]', re.DOTALL)


class NotJson(ValueError):
    """The body as a whole is no JSON; the text says why and never repeats content."""


def parse_batch(body: bytes) -> Any:
    """The JSON of a request body, with `SPOILT` in place of what can't be kept.

    Raises:
        NotJson: it is no JSON, or says twice whose events these are, or which.
    """
    text = _shallow(body.decode("utf-8", "surrogateescape"))
    try:
        value = json.loads(
            text,
            strict=False,
            object_pairs_hook=_each_key_once,
            parse_constant=lambda _: SPOILT,
            parse_int=lambda digits: int(digits) if len(digits) <= _MAX_NUMBER_CHARACTERS else SPOILT,
            parse_float=_finite,
        )
    except json.JSONDecodeError:
        raise NotJson("not JSON") from None
    if isinstance(value, dict) and SPOILT in (value.get("deviceId"), value.get("events")):
        raise NotJson("the batch itself can't be read")
    return value


def _shallow(text: str) -> str:
    """With `SPOILT` for whatever lies too deep: found without recursion, before the parser recurses."""
    parts, kept, depth = [], 0, 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        if token[0][0] == '"':
            continue
        opens = token[0] in "[{"
        depth += opens
        if depth == MAX_JSON_DEPTH + 1:
            if opens:
                parts += [text[kept : token.start()], _SPOILT_JSON]
            else:
                kept = token.end()
        depth -= not opens
    return "".join([*parts, text[kept:] if depth <= MAX_JSON_DEPTH else ""])


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        said = Counter(name for name, _ in pairs)
        found |= {name: SPOILT for name, times in said.items() if times > 1}
    return found


def _finite(text: str) -> float | str:
    if len(text) > _MAX_NUMBER_CHARACTERS:
        return SPOILT
    value = float(text)
    return value if abs(value) < float("inf") else SPOILT
