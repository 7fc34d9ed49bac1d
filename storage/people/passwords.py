"""Passwords as Argon2id hashes. A hash names its own kind and parameters; one made with older ones is renewed.

A hash takes 19 MiB and some 20 ms of one core (OWASP's second choice for Argon2id): never inside a transaction.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple, NewType

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from domain.password_rules import FORMER, PUBLIC, PasswordRefused, check_password, normal

PasswordHash = NewType("PasswordHash", str)

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_LEGIBLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class Verdict(NamedTuple):
    """`right`: the password is the one. `outdated`: its hash was made with other parameters than today's."""

    right: bool
    outdated: bool


def hashed(password: str) -> PasswordHash:
    """A new hash of its normal form, with today's parameters and a salt of its own."""
    return PasswordHash(_HASHER.hash(normal(password)))


def verify(stored: str | None, password: str) -> Verdict:
    """Whether `password` belongs to the hash; None (no such user) costs as much and is never right.

    One that was kept as it was typed, before normal forms, is outdated.
    """
    typed = normal(password)
    verdict = _verified(stored, typed)
    if verdict.right or typed == password:
        return verdict
    return Verdict(_verified(stored, password).right, outdated=True)


def _verified(stored: str | None, password: str) -> Verdict:
    if stored is not None and not stored.startswith("$"):
        return Verdict(_is_scrypt_of(stored, password), outdated=True)
    try:
        _HASHER.verify(stored or _nobody(), password)
    except VerifyMismatchError:
        return Verdict(right=False, outdated=False)
    return Verdict(stored is not None, stored is not None and _HASHER.check_needs_rehash(stored))


def judged(password: str, username: str, known: Sequence[PasswordHash]) -> PasswordHash:
    """The hash of a password that may be chosen for an account; costs a hash for each of `known`, and one.

    `known`: its password of now and its former ones, in this order.

    Raises:
        PasswordRefused: guessable, or the account has it or has had it lately.
    """
    check_password(password, username)
    for place, stored in enumerate(known):
        if verify(stored, password).right:
            former = f"最近{FORMER}次用过的密码不能再用，请换一个。"
            raise PasswordRefused(former if place else "新密码与现在的密码相同，请换一个。")
    return hashed(password)


def is_printed(stored: str) -> bool:
    """Whether the hash is of a password that this project has printed; costs a hash for each of them."""
    return any(verify(stored, each).right for each in PUBLIC)


def initial_password(username: str) -> str:
    """A password to be told to somebody once, who changes it when he comes in: 4 × 4 letters and digits, 79 bits.

    Without what is read as something else: 0 and o, 1 and l and i.
    """
    while True:
        groups = ("".join(secrets.choice(_LEGIBLE) for _ in range(4)) for _ in range(4))
        made = "-".join(groups)
        try:
            check_password(made, username)
        except PasswordRefused:
            continue
        return made


@cache
def _nobody() -> PasswordHash:
    return hashed(secrets.token_urlsafe())


def _is_scrypt_of(stored: str, password: str) -> bool:
    """Hashes of releases before Argon2: `<salt>$<scrypt>`, both in hexadecimal."""
    salt, _, expected = stored.partition("$")
    given = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
    return hmac.compare_digest(given, expected)
