"""As much of DER (X.690) as cryptography does not give of a certificate with an SM2 key: its key, bit by bit.

The library reads SM2 certificates (names, days, extensions, what is signed), but makes no key of a curve that it does
not know. Only definite, shortest lengths are read.
"""

from typing import Final, NamedTuple

SEQUENCE: Final = 0x30
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
_VERSION: Final = 0xA0

_SM2_KEY: Final = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
"""AlgorithmIdentifier of an EC key (1.2.840.10045.2.1) on the curve SM2 (1.2.156.10197.1.301), GB/T 20518."""

_POINT: Final = bytes.fromhex("03420004")
"""A BIT STRING of 66 bytes without unused bits that begins as an uncompressed point."""


class NotDer(ValueError):
    """Not the DER that was expected."""


class Part(NamedTuple):
    """One element: its tag, its content, and all of it with tag and length."""

    tag: int
    content: bytes
    whole: bytes


def parts(data: bytes) -> list[Part]:
    """The elements that follow each other in `data`, to its very end."""
    found, at = [], 0
    while at < len(data):
        content = _content_of(data, at)
        found.append(Part(data[at], data[content[0] : content[1]], data[at : content[1]]))
        at = content[1]
    return found


def only(data: bytes, tag: int) -> Part:
    """The one element that `data` is."""
    found = parts(data)
    if len(found) != 1 or found[0].tag != tag:
        raise NotDer("not the expected element")
    return found[0]


def sm2_key(tbs: bytes) -> str:
    """The key of a certificate as 130 hex digits, `04` + x + y. `tbs`: the signed part (tbsCertificate, RFC 5280).

    Raises:
        NotDer: it has another kind of key, or is no such part.
    """
    inner = _fields(tbs)
    if len(inner) < 6 or any(part.tag != SEQUENCE for part in inner[1:6]):
        raise NotDer("no certificate")
    key = parts(inner[5].content)
    if len(key) != 2 or key[0].whole != _SM2_KEY or not key[1].whole.startswith(_POINT) or len(key[1].whole) != 68:
        raise NotDer("no SM2 key")
    return key[1].content[1:].hex()


def inner_algorithm(tbs: bytes) -> bytes:
    """Of a certificate: with which algorithm it says that it is signed, within what is signed (DER)."""
    inner = _fields(tbs)
    if len(inner) < 2 or inner[0].tag != INTEGER or inner[1].tag != SEQUENCE:
        raise NotDer("no certificate")
    return inner[1].whole


def outer_algorithm(signed: bytes) -> bytes:
    """Of a certificate or list as a whole: with which algorithm it is signed (DER)."""
    inner = parts(only(signed, SEQUENCE).content)
    if len(inner) != 3 or inner[1].tag != SEQUENCE:
        raise NotDer("nothing that is signed")
    return inner[1].whole


def _fields(tbs: bytes) -> list[Part]:
    """From the serial number on."""
    inner = parts(only(tbs, SEQUENCE).content)
    return inner[1:] if inner and inner[0].tag == _VERSION else inner


def _content_of(data: bytes, at: int) -> tuple[int, int]:
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise NotDer("cut short, or a long tag")
    first = data[at + 1]
    if first < 0x80:
        start, length = at + 2, first
    else:
        count = first & 0x7F
        start, length = at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count])
        if not 1 <= count <= 4 or length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise NotDer("no shortest length")
    if start + length > len(data):
        raise NotDer("cut short")
    return start, start + length
