"""Signatures, the sealed secret and the seal of the national gateway: pure functions over bytes (contracts.md C).

Standards: SM3 GB/T 32905, SM4 GB/T 32907 in GCM (RFC 8998), HMAC RFC 2104, SHA-256.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from partners.standards import hmac_sha256, hmac_sm3, same, sm3, sm3_hex

_NONCE_BYTES = 12
_TAG_BYTES = 16
_SECRET_MAX_BYTES = 4096


class SecretUnreadable(ValueError):
    """A fresh secret that can't be opened with any of our keys. Carries nothing of it."""


def gateway_signature(timestamp: str, token: str, nonce: str) -> str:
    """`x-tif-signature`: upper-case hex SHA-256 of timestamp + token + nonce + timestamp."""
    return hashlib.sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest().upper()


def refresh_signature(app_key: bytes, sid: str, rid: str, rtime_ms: str) -> str:
    """`gjgxjhpt_sign`: base64 HMAC-SHA256(app key, sid + rid + rtime)."""
    return base64.b64encode(hmac_sha256(app_key, f"{sid}{rid}{rtime_ms}".encode())).decode("ascii")


def open_secret(app_keys: tuple[bytes, ...], sealed_b64: str) -> bytes:
    """The secret's plaintext, the key of the seal, opened with whichever of our active keys fits.

    `sealed_b64`: base64 of 12-byte nonce + SM4-GCM ciphertext + 16-byte tag; the SM4 key is the first 16 bytes
    of SM3(app key), no AAD. Raises SecretUnreadable.
    """
    try:
        sealed = base64.b64decode(sealed_b64.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise SecretUnreadable("secret is not base64") from None
    if not _NONCE_BYTES + _TAG_BYTES < len(sealed) <= _SECRET_MAX_BYTES:
        raise SecretUnreadable("secret has an impossible length")
    for app_key in app_keys:
        opened = _sm4_gcm_open(sm3(app_key)[:16], sealed)
        if opened is not None:
            return opened
    raise SecretUnreadable("none of our app keys opens the secret")


def _sm4_gcm_open(key: bytes, sealed: bytes) -> bytes | None:
    nonce, body, tag = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    try:
        return decryptor.update(body) + decryptor.finalize()
    except InvalidTag:
        return None


def sealed_text(operation: str, fsdw: str, jsdw: str, ywxtbh: str, fssj: str, information: bytes) -> bytes:
    """What a seal covers: operation, FSDW, JSDW, YWXTBH, FSSJ and SM3 of `information`, joined by `|`.

    `operation` ends in `Response` for an answer (contracts.md C "Envelope").
    """
    return f"{operation}|{fsdw}|{jsdw}|{ywxtbh}|{fssj}|{sm3_hex(information)}".encode()


def seal(secret: bytes, text: bytes) -> str:
    """Lower-case hex HMAC-SM3."""
    return hmac_sm3(secret, text).hex()


def seal_holds(secrets: tuple[bytes, ...], text: bytes, given: str) -> bool:
    """Whether `given` is the seal under any secret that is still valid; compared in constant time."""
    # Every key is tried even after a hit, so that time does not tell which one counts.
    hits = [same(seal(secret, text), given) for secret in secrets]
    return any(hits)
