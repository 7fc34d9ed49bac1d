"""Codes that people type (输入的码): read as nothing else, kept as keyed hashes, taken however written."""

import hmac
import re
import secrets
from typing import Final

LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Nothing that is read as something else."""
_SPACES: Final = re.compile(r"[\s-]+")


def fresh_code(length: int) -> str:
    """A new code of so many letters (4.9 bits each), in groups of four."""
    code = "".join(secrets.choice(LETTERS) for _ in range(length))
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def digest_of(key: bytes, whose: str, typed: str) -> str:
    """Hex HMAC-SHA-256 of a code; blanks, dashes and small letters don't matter. `whose`: to what it belongs."""
    plain = _SPACES.sub("", typed).upper()
    return hmac.digest(key, f"{whose}/{plain}".encode(), "sha256").hex()
