"""SM2 certificates of people (GB/T 20518): signed by an authority of ours, in their days, for signing, not revoked.

What was signed is verified as GB/T 35276 has it: DER, SM3, the default user id. The authorities in CERTIFICATE_CA are
believed as they stand there; each issues directly, so one that is issued by another stands there itself.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from domain.errors import Misconfigured
from partners.certificates import der
from partners.certificates.port import CertificateRefused, Presented
from partners.sm2 import PublicKey
from partners.standards import sm3_hex

MAX_BYTES: Final = 16 * 1024
_SM2_WITH_SM3: Final = bytes.fromhex("300a06082a811ccf55018375")
"""1.2.156.10197.1.501, GB/T 33560."""

_KNOWN_CRITICAL: Final = {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE}
_FOR_PEOPLE: Final = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
_LIST_BEGINS: Final = b"-----BEGIN X509 CRL-----"


Kind = TypeVar("Kind", bound=x509.ExtensionType)


class _Authority(NamedTuple):
    certificate: x509.Certificate
    key: PublicKey


class _Lists(NamedTuple):
    """What the file said when it was read; `mark`: which file that was."""

    mark: tuple[int, int]
    lists: tuple[x509.CertificateRevocationList, ...]


class Sm2Certificates:
    """Fulfils `partners.certificates.port:CertificateLogin` by the authorities in a file, and their lists in another.

    Raises:
        Misconfigured: a file can't be read as what it should be.
    """

    def __init__(self, authorities: Path, revoked: Path | None) -> None:
        try:
            found = x509.load_pem_x509_certificates(authorities.read_bytes())
            self._authorities = tuple(
                _Authority(one, PublicKey(der.sm2_key(one.tbs_certificate_bytes))) for one in found
            )
        except (OSError, ValueError) as fault:
            raise Misconfigured("CERTIFICATE_CA 不是 SM2 证书（PEM）") from fault
        self._revoked = revoked
        self._lists: _Lists | None = None
        self._current_lists()

    def presented(self, certificate: bytes) -> Presented:
        """As the port has it: any certificate that can be read."""
        read = _read(certificate)
        serial = read.serial_number.to_bytes((read.serial_number.bit_length() + 8) // 8)
        named = hashlib.sha256(read.issuer.public_bytes() + b"/" + serial).hexdigest()
        return Presented(named, sm3_hex(read.public_bytes(Encoding.DER)))

    def check(self, certificate: bytes, message: bytes, signature: bytes, now: datetime) -> None:
        """As the port has it.

        Raises:
            CertificateRefused: `FORM`, `DAYS`, `USAGE`, `EXTENSION`, `AUTHORITY`, `REVOKED`, `LIST` or `SIGNATURE`.
            Misconfigured: the file of revoked certificates can't be read any more.
        """
        self.check_certificate(certificate, now)
        if not _key_of(_read(certificate)).verify(message, signature):
            raise CertificateRefused("SIGNATURE")

    def check_certificate(self, certificate: bytes, now: datetime) -> None:
        """As `check`, without anything that it has signed."""
        read = _read(certificate)
        _key_of(read)
        _in_its_days(read, now)
        _for_signing(read)
        self._not_revoked(read, self._issuer_of(read, now), now)

    def _issuer_of(self, read: x509.Certificate, now: datetime) -> _Authority:
        for one in self._authorities:
            named = one.certificate.subject == read.issuer and _may_issue(one.certificate, now)
            whole = read.public_bytes(Encoding.DER)
            if named and _signed_by(one.key, whole, read.tbs_certificate_bytes, read.signature):
                return one
        raise CertificateRefused("AUTHORITY")

    def _not_revoked(self, read: x509.Certificate, issuer: _Authority, now: datetime) -> None:
        """Where lists are kept, one of the issuer must be there and of today: silence is no answer."""
        if self._revoked is None:
            return
        for one in self._current_lists():
            if one.issuer != read.issuer or not _counts(one, now):
                continue
            if _signed_by(issuer.key, one.public_bytes(Encoding.DER), one.tbs_certlist_bytes, one.signature):
                if one.get_revoked_certificate_by_serial_number(read.serial_number) is not None:
                    raise CertificateRefused("REVOKED")
                return
        raise CertificateRefused("LIST")

    def _current_lists(self) -> tuple[x509.CertificateRevocationList, ...]:
        if self._revoked is None:
            return ()
        try:
            said = self._revoked.stat()
            mark = (said.st_mtime_ns, said.st_size)
            if self._lists is None or self._lists.mark != mark:
                self._lists = _Lists(mark, tuple(_lists_in(self._revoked.read_bytes())))
        except (OSError, ValueError) as fault:
            raise Misconfigured("CERTIFICATE_CRL 不是吊销列表（PEM）") from fault
        return self._lists.lists


def plain(text: str) -> bytes:
    """The certificate that a client sends: PEM, or DER in base64.

    Raises:
        CertificateRefused: neither.
    """
    if "-----BEGIN" in text:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CertificateRefused("FORM") from None


def _read(certificate: bytes) -> x509.Certificate:
    if len(certificate) > MAX_BYTES:
        raise CertificateRefused("FORM")
    try:
        if certificate.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(certificate)
        return x509.load_der_x509_certificate(certificate)
    except ValueError:
        raise CertificateRefused("FORM") from None


def _key_of(read: x509.Certificate) -> PublicKey:
    try:
        if der.inner_algorithm(read.tbs_certificate_bytes) != _SM2_WITH_SM3:
            raise CertificateRefused("FORM")
        return PublicKey(der.sm2_key(read.tbs_certificate_bytes))
    except ValueError:
        raise CertificateRefused("FORM") from None


def _in_its_days(read: x509.Certificate, now: datetime) -> None:
    if not read.not_valid_before_utc <= now <= read.not_valid_after_utc:
        raise CertificateRefused("DAYS")


def _for_signing(read: x509.Certificate) -> None:
    """Of the two certificates on a key (签名, 加密) only the one for signing; and nobody's authority."""
    try:
        said = read.extensions
    except (ValueError, x509.DuplicateExtension):
        raise CertificateRefused("EXTENSION") from None
    if any(one.critical and one.oid not in _KNOWN_CRITICAL for one in said):
        raise CertificateRefused("EXTENSION")
    usage = _value(said, x509.KeyUsage)
    purposes = _value(said, x509.ExtendedKeyUsage)
    if usage is None or not usage.digital_signature or _is_authority(said):
        raise CertificateRefused("USAGE")
    if purposes is not None and not _FOR_PEOPLE & set(purposes):
        raise CertificateRefused("USAGE")


def _may_issue(certificate: x509.Certificate, now: datetime) -> bool:
    usage = _value(certificate.extensions, x509.KeyUsage)
    in_days = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return in_days and _is_authority(certificate.extensions) and (usage is None or usage.key_cert_sign)


def _is_authority(said: x509.Extensions) -> bool:
    constraints = _value(said, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _value(said: x509.Extensions, kind: type[Kind]) -> Kind | None:
    try:
        return said.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _signed_by(key: PublicKey, whole: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        algorithm = der.outer_algorithm(whole)
    except der.NotDer:
        return False
    return algorithm == _SM2_WITH_SM3 and key.verify(signed, signature)


def _counts(one: x509.CertificateRevocationList, now: datetime) -> bool:
    return one.last_update_utc <= now and one.next_update_utc is not None and now <= one.next_update_utc


def _lists_in(pem: bytes) -> Iterable[x509.CertificateRevocationList]:
    for block in pem.split(_LIST_BEGINS)[1:]:
        yield x509.load_pem_x509_crl(_LIST_BEGINS + block)
