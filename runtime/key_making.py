"""Making keys: random, with an id that says what for and since when."""

import re
import secrets
import string
from datetime import UTC, datetime
from typing import Final

from pydantic import SecretBytes

from runtime.keys import ROOT, KeyRing, RingKey
from storage.ciphers import Algorithm

CODEC, SEAL, MARKS = "CODEC_KEYS", "SEAL_KEYS", "MARK_KEYS"
_KID: Final = re.compile(r"[a-z]-([0-9]{8}-[0-9]{6})-[a-z0-9]{4}")
_AT: Final = "%Y%m%d-%H%M%S"
_LETTERS: Final = string.ascii_lowercase + string.digits


def fresh_secret(algorithm: Algorithm) -> bytes:
    """Random bytes of the length that its keys have."""
    return secrets.token_bytes(algorithm.key_bytes)


def fresh_key(name: str, now: datetime, algorithm: Algorithm = Algorithm.AES) -> RingKey:
    """A new key of the list `name`, with an id such as `s-20261130-062759-k3x9`, in UTC."""
    kid = f"{name[0].lower()}-{now.astimezone(UTC):{_AT}}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
    return RingKey(kid=kid, secret=SecretBytes(fresh_secret(algorithm)), algorithm=algorithm)


def fresh_rings(now: datetime, algorithm: Algorithm = Algorithm.AES) -> dict[str, KeyRing]:
    """A new installation's CODEC_KEYS, SEAL_KEYS and MARK_KEYS."""
    root = RingKey(kid=ROOT, secret=SecretBytes(fresh_secret(Algorithm.AES)))
    sealing = {name: KeyRing(keys=(fresh_key(name, now, algorithm),)) for name in (CODEC, SEAL)}
    return sealing | {MARKS: KeyRing(keys=(root,))}


def made_at(kid: str) -> datetime | None:
    """When a key was made, as its id says, to the second, UTC; None for an id of another form."""
    match = _KID.fullmatch(kid)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], _AT).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_waiting(kid: str, first: str) -> bool:
    """Whether a key stands behind the first and is younger: it is to be known everywhere before it seals anything."""
    made, used = made_at(kid), made_at(first)
    return made is not None and kid != first and (used is None or made > used)
