"""Passwords as Argon2id hashes. A hash names its own kind and parameters; one made with older ones is renewed.

A hash takes 19 MiB and some 20 ms of one core (OWASP's second choice for Argon2id): never inside a transaction.
"""

import hashlib
import hmac
import secrets
from functools import cache
from typing import NamedTuple, NewType

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

PasswordHash = NewType("PasswordHash", str)

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Verdict(NamedTuple):
    """`right`: the password is the one. `outdated`: its hash was made with other parameters than today's."""

    right: bool
    outdated: bool


def hashed(password: str) -> PasswordHash:
    """A new hash with today's parameters and a salt of its own."""
    return PasswordHash(_HASHER.hash(password))


def verify(stored: str | None, password: str) -> Verdict:
    """Whether `password` belongs to the hash; None (no such user) costs as much and is never right."""
    if stored is not None and not stored.startswith("$"):
        return Verdict(_is_scrypt_of(stored, password), outdated=True)
    try:
        _HASHER.verify(stored or _nobody(), password)
    except VerifyMismatchError:
        return Verdict(right=False, outdated=False)
    return Verdict(stored is not None, stored is not None and _HASHER.check_needs_rehash(stored))


@cache
def _nobody() -> PasswordHash:
    return hashed(secrets.token_urlsafe())


def _is_scrypt_of(stored: str, password: str) -> bool:
    """Hashes of releases before Argon2: `<salt>$<scrypt>`, both in hexadecimal."""
    salt, _, expected = stored.partition("$")
    given = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
    return hmac.compare_digest(given, expected)
