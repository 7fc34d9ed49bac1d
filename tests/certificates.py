"""Made-up authorities and certificates, as files in PEM form, for servers and clients that tests start."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Pair:
    cert: Path
    key: Path


class Authority:
    """Signs certificates; `file` is its own."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        signed = _certificate(
            self._name, self._name, self._key, self._key, x509.BasicConstraints(ca=True, path_length=0)
        )
        self.file = _written(folder / f"{name}.crt", signed.public_bytes(PEM))

    def pair(self, name: str, *hosts: str) -> Pair:
        """A certificate of `name`, good for `hosts` as a server, and its key, readable for this user only."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [_general(host) for host in hosts] or [x509.DNSName(name)]
        signed = _certificate(_named(name), self._name, key, self._key, x509.SubjectAlternativeName(names))
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return Pair(
            _written(self._folder / f"{name}.crt", signed.public_bytes(PEM)),
            _written(self._folder / f"{name}.key", private),
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _certificate(subject, issuer, key, signer, extension) -> x509.Certificate:
    now = datetime.now(UTC)
    draft = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    draft = draft.serial_number(x509.random_serial_number())
    draft = draft.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    return draft.add_extension(extension, critical=False).sign(signer, hashes.SHA256())


def _written(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    file.chmod(0o600)
    return file
