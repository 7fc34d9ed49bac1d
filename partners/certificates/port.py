"""What the web process asks of certificates; another kind of them, or a gateway that judges them, fulfils it."""

from datetime import datetime
from typing import NamedTuple, Protocol


class CertificateRefused(Exception):
    """Not accepted. `reason`: one word for the security event; it holds nothing of the certificate."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Presented(NamedTuple):
    """Which certificate it says to be: hex SHA-256 of issuer and serial, hex SM3 of all of it. Nothing is checked."""

    certificate_id: str
    fingerprint: str


class CertificateLogin(Protocol):
    """Judges certificates and what was signed with their keys."""

    def presented(self, certificate: bytes) -> Presented:
        """Which certificate this is, in PEM or DER; cheap.

        Raises:
            CertificateRefused: it is none that is known here.
        """
        ...

    def check(self, certificate: bytes, message: bytes, signature: bytes, now: datetime) -> None:
        """Let through a certificate of ours that counts now and whose key has signed `message`; some 50 ms of a core.

        Raises:
            CertificateRefused: not so.
            Misconfigured: what it would be judged by can't be read.
        """
        ...
