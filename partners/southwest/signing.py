"""What is signed on this wire, and by whom: requests, manifests, receipts (contracts.md B)."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from domain.errors import Misconfigured
from partners.sm2 import PrivateKey, PublicKey
from partners.southwest.codes import Code
from partners.southwest.settings import SouthwestSettings
from partners.standards import CHINA, sm3_hex


def request_text(operation: str, app_id: str, tenancy: str, business_id: str, timestamp: str, body: bytes) -> str:
    """What `C-Sign` covers: operation, app id, tenancy, business id, timestamp and SM3 of the body, joined by `|`."""
    return "|".join((operation, app_id, tenancy, business_id, timestamp, sm3_hex(body)))


def receipt_text(cd_batch: str, rows_sm3: str, received_at: str, code: str, rows: Sequence[tuple[str, str]]) -> str:
    """The text of a receipt's `sign`; `rows` are (row_guid, code) in the batch's order."""
    listed = [{"row_guid": guid, "code": row_code} for guid, row_code in rows]
    compact = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return "|".join((cd_batch, rows_sm3, received_at, code, sm3_hex(compact.encode())))


class Signer:
    """Signs with the certificate that counts now, so that a rotation needs no restart."""

    def __init__(self, settings: SouthwestSettings) -> None:
        self._settings = settings

    def serial(self, now: datetime) -> str:
        """Serial of the certificate that signs now.

        Raises:
            Misconfigured: no certificate of ours counts today.
        """
        certificate = self._settings.signing(now)
        if certificate is None:
            raise Misconfigured("SOUTHWEST_CERT_SERIAL：今天没有可用的签名证书")
        return certificate.serial

    def sign(self, text: str, serial: str) -> str:
        """Base64 of the DER signature with the certificate of this serial."""
        certificate = next(c for c in self._settings.own if c.serial == serial)
        key = _private_key(certificate.private_key_hex.get_secret_value())
        return base64.b64encode(key.sign(text.encode())).decode("ascii")


class Verifier:
    """Checks what the hub and the provinces have signed."""

    def __init__(self, settings: SouthwestSettings) -> None:
        self._settings = settings

    def certificate_fault(self, serial: str, now: datetime) -> Code | None:
        """SW100201 for an unknown serial, SW100203 for one that is expired, revoked or not yet valid."""
        certificate = self._settings.peer(serial)
        if certificate is None:
            return Code.CERTIFICATE_UNKNOWN
        return Code.CERTIFICATE_ENDED if certificate.ended(now.astimezone(CHINA).date()) else None

    def verify(self, text: str, signature_b64: str, serial: str) -> bool:
        """Whether `signature_b64` is that certificate's; malformed base64 or DER is simply false."""
        certificate = self._settings.peer(serial)
        der = decode_base64(signature_b64)
        if certificate is None or der is None:
            return False
        return _public_key(certificate.public_key_hex).verify(text.encode(), der)


def decode_base64(text: str) -> bytes | None:
    """Strict base64 in its one form; None for anything else."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode("ascii") == text else None


@lru_cache(maxsize=16)
def _private_key(secret_hex: str) -> PrivateKey:
    return PrivateKey(secret_hex)


@lru_cache(maxsize=64)
def _public_key(public_hex: str) -> PublicKey:
    return PublicKey(public_hex)
