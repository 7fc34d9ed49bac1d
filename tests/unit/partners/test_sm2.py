"""SM2: the standard's example, the contract's vectors and every malformed signature of reliability.md §5 line 49."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.sm2 import PrivateKey, PublicKey, decode_der, encode_der

VECTORS = json.loads(Path("docs/partners/vectors.json").read_text())
EXAMPLE = VECTORS["sm2_gbt32918"]
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
KEY = PrivateKey(EXAMPLE["d"])
PUBLIC = PublicKey(EXAMPLE["pub"])
MESSAGE = b"message digest"
R, S = int(EXAMPLE["r"], 16), int(EXAMPLE["s"], 16)


def test_the_standards_example_verifies():
    assert PUBLIC.verify(MESSAGE, encode_der(R, S))


@pytest.mark.parametrize("name", ["manifest", "receipt", "request"])
def test_the_contracts_vectors_verify(name):
    wire = VECTORS["southwest"]
    text, signature = {
        "manifest": (wire["manifest_signed_text"], wire["manifest"]["sign"]),
        "receipt": (wire["receipt_signed_text"], wire["receipt"]["sign"]),
        "request": (wire["request"]["signed_text"], wire["request"]["C-Sign"]),
    }[name]
    public = PublicKey(wire["public_key"])
    assert public.verify(text.encode(), base64.b64decode(signature))
    assert not public.verify(text.encode() + b" ", base64.b64decode(signature))


def test_a_signature_is_randomised_and_bound_to_key_message_and_user():
    first, second = KEY.sign(MESSAGE), KEY.sign(MESSAGE)
    assert first != second
    assert PUBLIC.verify(MESSAGE, first)
    assert not PUBLIC.verify(b"another message", first)
    assert not PUBLIC.verify(MESSAGE, first, user_id=b"ALICE123@YAHOO.COM")
    assert not PUBLIC.verify(MESSAGE, PrivateKey("1" * 64).sign(MESSAGE))


GOOD = encode_der(R, S)


@pytest.mark.parametrize(
    "bad",
    [
        encode_der(0, S),
        encode_der(R, 0),
        encode_der(R, N - R),
        encode_der(N, S),
        encode_der(R, N),
        encode_der(R + N, S),
        GOOD + b"\x00",
        GOOD[:-1],
        b"",
        b"\x30",
        b"\x30\x00",
        R.to_bytes(32, "big") + S.to_bytes(32, "big"),
        bytes((0x31,)) + GOOD[1:],
        bytes((0x30, 0x81, len(GOOD) - 2)) + GOOD[2:],
        bytes((0x30, 0x80)) + GOOD[2:] + b"\x00\x00",
    ],
    ids=[
        "r=0", "s=0", "r+s=n", "r=n", "s=n", "r>n", "trailing", "short", "empty", "tag only", "no content",
        "raw", "not a sequence", "long length", "indefinite length",
    ],
)  # fmt: skip
def test_malformed_signatures_are_false_and_never_an_exception(bad):
    assert PUBLIC.verify(MESSAGE, bad) is False


def test_a_needless_leading_zero_or_a_negative_number_is_not_der():
    body = GOOD[2:]
    padded = b"\x02" + bytes((body[1] + 1,)) + b"\x00" + body[2:]
    assert decode_der(bytes((0x30, len(padded))) + padded) is None
    negative = b"\x02\x01\x81\x02\x01\x01"
    assert decode_der(bytes((0x30, len(negative))) + negative) is None


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_bytes_decode_to_none_or_encode_back(data):
    pair = decode_der(data)
    assert pair is None or encode_der(*pair) == data


@pytest.mark.parametrize(
    "text",
    [
        "04" + "00" * 64,
        EXAMPLE["pub"][:-1] + "0",
        EXAMPLE["pub"][:-2],
        "02" + EXAMPLE["pub"][2:66],
        "00",
        "",
        "04" + "ff" * 64,
        "zz" + EXAMPLE["pub"][2:],
    ],
)
def test_a_point_off_the_curve_is_refused_at_configuration(text):
    with pytest.raises(ValueError, match="SM2 public key"):
        PublicKey(text)


@pytest.mark.parametrize("text", ["0" * 64, f"{N - 1:064x}", f"{N:064x}", "abc", "٣" * 64])
def test_a_private_key_out_of_range_is_refused(text):
    with pytest.raises(ValueError, match="SM2 private key"):
        PrivateKey(text)


def test_a_private_key_does_not_print_itself():
    assert EXAMPLE["d"] not in repr(KEY)
