"""What the square code of a label says (二维码): number and leg, no personal data, sealed by eight characters.

`YZ1|number|leg|mac8` (courier.md §8). The eight hexadecimal digits of an HMAC-SHA-256 tell a code that we printed
from one that was typed or damaged; they are no signature and open nothing.
"""

import hashlib
import hmac

from domain.model import Frozen
from domain.terms import Leg

_VERSION = "YZ1"


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


def _mac8(body: str, key: bytes) -> str:
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()[:8]
