"""Payload codec: what Temporal stores is ciphertext with the key's id beside it (decisions.md 4)."""

import os
from collections.abc import Iterable

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from domain.errors import Misconfigured
from runtime.keys import KeyRing
from storage.ciphers import NONCE_BYTES, aead_of

ENCODING = b"binary/encrypted"


class SealingCodec(PayloadCodec):
    """Encrypts whole payloads with the ring's first key; decrypts with the key that a payload names.

    Wire form: 12-byte nonce, ciphertext, 16-byte tag; metadata `encoding` = binary/encrypted and `kid`,
    which is also the associated data. A payload of another encoding passes through: histories from before
    the codec, and the server's own.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._current = ring.current.kid
        self._ciphers = {kid: aead_of(key) for kid, key in ring.by_kid().items()}

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload as a new one with its whole content encrypted; different bytes each time."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """The payloads as they were before `encode`; one of another encoding is returned as it came.

        Raises:
            Misconfigured: the ring has not got the key that a payload names.
            InvalidTag: a payload was altered.
        """
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        kid = self._current.encode()
        sealed = self._ciphers[self._current].encrypt(nonce, payload.SerializeToString(), kid)
        return Payload(metadata={"encoding": ENCODING, "kid": kid}, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        kid = payload.metadata["kid"]
        cipher = self._ciphers.get(kid.decode())
        if cipher is None:
            raise Misconfigured(f"CODEC_KEYS lacks key {kid.decode()!r}, with which stored payloads are encrypted")
        plain = cipher.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], kid)
        return Payload.FromString(plain)
