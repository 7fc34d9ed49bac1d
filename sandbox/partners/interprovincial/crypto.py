"""The gateway's own cryptography, from the standards alone: SHA-256, HMAC, SM3, SM4-GCM."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM


def equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def header_signature(timestamp: str, token: str, nonce: str) -> str:
    joined = "".join([timestamp, token, nonce, timestamp])
    return hashlib.sha256(joined.encode()).hexdigest().upper()


def refresh_signature(app_key: str, sid: str, rid: str, rtime: str) -> str:
    digest = hmac.digest(app_key.encode("ascii"), (sid + rid + rtime).encode(), "sha256")
    return base64.b64encode(digest).decode()


def wrap_secret(app_key: str, secret: bytes) -> str:
    """Nonce, ciphertext and tag in base64; the key is half an SM3 of the app key."""
    digest = hashlib.new("sm3", app_key.encode("ascii")).digest()
    nonce = os.urandom(12)
    encryptor = Cipher(SM4(digest[:16]), GCM(nonce)).encryptor()
    ciphertext = encryptor.update(secret) + encryptor.finalize()
    return base64.b64encode(nonce + ciphertext + encryptor.tag).decode()


def seal(secret: bytes, operation: str, fsdw: str, jsdw: str, ywxtbh: str, fssj: str, information: bytes) -> str:
    inner = hashlib.new("sm3", information).hexdigest()
    text = "|".join([operation, fsdw, jsdw, ywxtbh, fssj, inner])
    return hmac.new(secret, text.encode(), "sm3").hexdigest()
