"""The two authenticated ciphers for what is kept, chosen per key: AES-256-GCM, and SM4-GCM (RFC 8998) where 密评 asks.

Both: 96-bit nonce that is never used twice with a key, 128-bit tag behind the ciphertext.
"""

import os
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


class Algorithm(StrEnum):
    """How a key encrypts. A key keeps its algorithm as long as it lives."""

    AES = "AES-256-GCM"
    SM4 = "SM4-GCM"

    @property
    def key_bytes(self) -> int:
        """How long its keys are."""
        return 32 if self is Algorithm.AES else 16


class Key(NamedTuple):
    """A key and how it encrypts."""

    secret: bytes
    algorithm: Algorithm = Algorithm.AES


class Aead(Protocol):
    """A cipher with its key in it; safe for many threads."""

    def encrypt(self, nonce: bytes, plain: bytes, associated_data: bytes, /) -> bytes:
        """Ciphertext with its tag behind it."""

    def decrypt(self, nonce: bytes, sealed: bytes, associated_data: bytes, /) -> bytes:
        """What was encrypted. Raises InvalidTag where anything of it was altered."""


class Sm4Gcm:
    """SM4-GCM with one 16-byte key; the library has the mode, but not as one call."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, plain: bytes, associated_data: bytes, /) -> bytes:
        """As `Aead`."""
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(plain) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, sealed: bytes, associated_data: bytes, /) -> bytes:
        """As `Aead`."""
        if len(sealed) < _TAG_BYTES:
            raise InvalidTag
        tag = sealed[-_TAG_BYTES:]
        decryptor = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(sealed[:-_TAG_BYTES]) + decryptor.finalize()


def nonce() -> bytes:
    """A fresh one."""
    return os.urandom(NONCE_BYTES)


def aead_of(key: Key) -> Aead:
    """The cipher of a key."""
    return AESGCM(key.secret) if key.algorithm is Algorithm.AES else Sm4Gcm(key.secret)
