"""Personal data and message bodies at rest: AES-256-GCM, key id in front, place as associated data.

A sealed value is bound to where it is kept (`place`, e.g. `case/500103…`): moved elsewhere it does not open.
"""

import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Misconfigured


class Sealer:
    """Seals with the first key, opens with any. `keys`: key id (≤ 32 ASCII characters) → 32 bytes."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise Misconfigured("SEAL_KEYS 未设置，无法加密保存申请人资料")
        self._keys = {kid: AESGCM(key) for kid, key in keys.items()}
        self._kid = next(iter(self._keys))

    def seal(self, plain: bytes, place: str) -> bytes:
        kid = self._kid.encode()
        nonce = os.urandom(12)
        return bytes([len(kid)]) + kid + nonce + self._keys[self._kid].encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        end = 1 + sealed[0]
        kid = sealed[1:end].decode()
        if kid not in self._keys:
            raise Misconfigured(f"SEAL_KEYS 缺少密钥 {kid}，无法读取已保存的资料")
        return self._keys[kid].decrypt(sealed[end : end + 12], sealed[end + 12 :], place.encode())
