"""What a device signs is what it has sent, just as it was sent, and by its own key alone."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.soft_device import SoftDevice
from web.security.device_keys import is_signed, public_key_of, signed_text

SAID = ("POST", "/api/v1/scans:batch", "web-1", "2026-11-30T01:05:12.482Z", b'{"deviceId":"web-1","events":[]}')


@pytest.fixture(scope="module")
def device():
    return SoftDevice("web-1")


def signed(device, *said):
    return is_signed(public_key_of(device.public_key), device.signature(signed_text(*SAID)), signed_text(*said))


def test_the_text_has_six_lines_and_ends_with_the_hash_of_the_body():
    lines = signed_text(*SAID).decode().split("\n")
    assert lines[:5] == ["KUAYU-DEVICE-1", *SAID[:4]]
    assert len(lines) == 6 and len(lines[5]) == 64
    assert signed_text(*SAID[:4], b"").endswith(b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


def test_what_was_signed_is_taken(device):
    assert signed(device, *SAID)


@pytest.mark.parametrize(
    ("place", "other"),
    [
        (0, "GET"),
        (1, "/api/v1/scans:batch?x=1"),
        (2, "web-2"),
        (3, "2026-11-30T01:05:12.483Z"),
        (4, b'{"deviceId":"web-1","events":[ ]}'),
    ],
    ids=["method", "path", "device", "time", "body"],
)
def test_anything_else_is_not(device, place, other):
    said = [*SAID]
    said[place] = other
    assert not signed(device, *said)


def test_another_key_has_not_signed_it(device):
    other = SoftDevice("web-1")
    assert not is_signed(public_key_of(other.public_key), device.signature(signed_text(*SAID)), signed_text(*SAID))


@pytest.mark.parametrize(
    "signature",
    ["", "x", "A" * 86, "A" * 85, "A" * 88, "é" * 86, "=" * 86],
    ids=["none", "short", "zero", "one less", "padded", "no ascii", "padding"],
)
def test_what_is_no_signature_is_none(device, signature):
    assert not is_signed(public_key_of(device.public_key), signature, signed_text(*SAID))


def der(key):
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        base64.b64encode(b"not der").decode(),
        der(ec.generate_private_key(ec.SECP384R1()).public_key()),
        der(ed25519.Ed25519PrivateKey.generate().public_key()),
    ],
    ids=["nothing", "no base64", "no der", "another curve", "another kind"],
)
def test_only_a_key_on_p256_is_one(text):
    with pytest.raises(ValueError):
        public_key_of(text)
