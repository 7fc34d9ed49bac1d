"""Keys that this project has printed (演示密钥): outside the sandbox none of them is taken.

They stand in `.env.example` and in the contracts' examples, so a copied line would let everybody sign in a partner's
name, or in ours.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import SecretStr

from runtime.keys import DatedKey
from runtime.partner_settings import sandbox_defaults


def printed_among(given: dict[str, Any]) -> list[str]:
    """Of the secrets of settings (variable → value), the variables that have a printed key, by name."""
    return sorted(name for name, value in given.items() if not printed().isdisjoint(_texts(value)))


@cache
def printed() -> frozenset[str]:
    """Every key, token and certificate of the sandbox, without its serial and in lower case, as hex may be written."""
    secret = ("key", "keys", "certs", "token")
    return frozenset(
        text.rpartition(":")[2].lower()
        for group in sandbox_defaults(0, 0).values()
        for member, text in group.items()
        if member.rpartition("_")[2] in secret
    )


def _texts(value: Any) -> Iterator[str]:
    """The texts of one key or of several in lower case; none of a ring, whose keys are made and never printed."""
    for one in value if isinstance(value, tuple) else (value,):
        text = one.text if isinstance(one, DatedKey) else one
        if isinstance(text, SecretStr):
            yield text.get_secret_value().lower()
