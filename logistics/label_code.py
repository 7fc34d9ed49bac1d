"""What the square code of a label says (二维码): number and leg, no personal data, sealed by eight characters.

`YZ1|number|leg|mac8` (courier.md §8). The eight hexadecimal digits of an HMAC-SHA-256 tell a code that we printed
from one that was typed or damaged; they are no signature and open nothing.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from domain.model import Frozen
from domain.terms import Leg
from logistics.scanned_code import clean

_VERSION: Final = "YZ1"
_PARTS: Final = 4


class LabelCode(Frozen):
    """What a scanned code of ours names."""

    number: str
    leg: Leg


def code_text(code: LabelCode, key: bytes) -> str:
    """The text of the square code.

    Raises:
        ValueError: the number contains the separator.
    """
    if "|" in code.number:
        raise ValueError("a number contains no |")
    body = f"{_VERSION}|{code.number}|{code.leg}"
    return f"{body}|{_mac8(body, key)}"


def is_forged(text: str, keys: Iterable[bytes]) -> bool:
    """Whether a code says that it is a label of ours and is sealed with none of our keys; a plain number is not."""
    parts = clean(text).split("|")
    if parts[0].upper() != _VERSION:
        return False
    if len(parts) != _PARTS:
        return True
    body, said = "|".join([_VERSION, *parts[1:3]]).upper(), parts[3].lower()
    return not any(hmac.compare_digest(said.encode(), _mac8(body, key).encode()) for key in keys)


def _mac8(body: str, key: bytes) -> str:
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()[:8]
