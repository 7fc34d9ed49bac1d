"""What a device signs and how it is judged: ECDSA on P-256 with SHA-256, as WebCrypto makes it (docs/postal.md)."""

import base64
import binascii
import hashlib
import re
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

_FIRST: Final = "KUAYU-DEVICE-1"
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9_-]{86}")  # 64 bytes: r and s, as WebCrypto gives them
_HALF: Final = 32


def signed_text(method: str, target: str, device_id: str, at: str, body: bytes) -> bytes:
    """What a device signs of a request: six lines without one at the end.

    `target`: path and query as they were sent. `at`: the device's time as it stands in the header. The body goes in as
    hex SHA-256, an empty one too.
    """
    lines = (_FIRST, method, target, device_id, at, hashlib.sha256(body).hexdigest())
    return "\n".join(lines).encode()


def public_key_of(text: str) -> bytes:
    """A public key as it is kept: DER, from base64 of a SubjectPublicKeyInfo.

    Raises:
        ValueError: it is none, or not on P-256.
    """
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, UnsupportedAlgorithm) as fault:
        raise ValueError("no public key") from fault
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    raise ValueError("not on P-256")


def is_signed(public_key: bytes, signature: str, text: bytes) -> bool:
    """Whether the owner of a key has signed a text. `signature`: base64url without padding, r and s."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    raw = base64.urlsafe_b64decode(f"{signature}==")
    key = load_der_public_key(public_key)
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("kept by `public_key_of` only")
    pair = encode_dss_signature(int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:]))
    try:
        key.verify(pair, text, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
