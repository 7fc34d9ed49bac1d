"""Personal data and message bodies at rest: AES-256-GCM, key id in front, bound to its associated data.

A sealed value is bound to where it is kept (`associated_data`, e.g. `case/500103…`): moved elsewhere it does not open.
"""

import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Misconfigured


class Sealer:
    """Seals with the first key, opens with any. `keys`: key id (≤ 32 ASCII characters) → 32 bytes.

    Sealed bytes: 1 byte length of the key id, key id, 12-byte nonce, ciphertext with its 16-byte tag.

    Raises:
        Misconfigured: there is no key.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise Misconfigured("SEAL_KEYS 未设置，无法加密保存申请人资料")
        self._keys = {kid: AESGCM(key) for kid, key in keys.items()}
        self._kid = next(iter(self._keys))

    def seal(self, plain: bytes, associated_data: str) -> bytes:
        """The sealed bytes, 29 and the key id longer than `plain`, bound to `associated_data`; different each time."""
        kid = self._kid.encode()
        nonce = os.urandom(12)
        return bytes([len(kid)]) + kid + nonce + self._keys[self._kid].encrypt(nonce, plain, associated_data.encode())

    def open(self, sealed: bytes, associated_data: str) -> bytes:
        """What was sealed under the same `associated_data`.

        Raises:
            Misconfigured: its key is not among ours.
            InvalidTag: it was altered, or sealed under other associated data.
        """
        end = 1 + sealed[0]
        kid = sealed[1:end].decode()
        if kid not in self._keys:
            raise Misconfigured(f"SEAL_KEYS 缺少密钥 {kid}，无法读取已保存的资料")
        return self._keys[kid].decrypt(sealed[end : end + 12], sealed[end + 12 :], associated_data.encode())
