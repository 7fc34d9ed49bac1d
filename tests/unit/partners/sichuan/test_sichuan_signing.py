"""Signing against the published vectors, and what must not verify."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.sichuan.settings import SignAlgorithm
from partners.sichuan.signing import answer_text, canonical_query, request_text, sign, verify

VECTORS = json.loads((Path(__file__).parents[4] / "docs" / "partners" / "vectors.json").read_text("utf-8"))["sichuan"]
OUR_KEY = VECTORS["our_key_ascii"].encode()
PARTNER_KEY = VECTORS["partner_key_ascii"].encode()
PDF = b"%PDF-1.4\n%%EOF\n"


def text_of(vector: dict, app: str) -> bytes:
    target = urlsplit(vector.get("target_sent") or vector["target"])
    body = PDF if "body_note" in vector else vector["body"].encode()
    return request_text(
        vector["method"],
        target.path,
        target.query,
        app,
        vector["timestamp"],
        vector["nonce"],
        vector["msg_id"],
        body,
    )


@pytest.mark.parametrize(
    ("name", "app", "key"),
    [
        ("callback", "partner_app", PARTNER_KEY),
        ("submit", "our_app", OUR_KEY),
        ("query_string", "our_app", OUR_KEY),
        ("notice", "our_app", OUR_KEY),
        ("put_file", "our_app", OUR_KEY),
    ],
)
def test_requests_sign_as_published(name, app, key):
    vector = VECTORS[name]
    text = text_of(vector, VECTORS[app])
    assert text.decode() == vector["signed_text"]
    assert sign(SignAlgorithm.HMAC_SHA256, (key,), text) == vector["signature_HMAC-SHA256"]
    assert verify(SignAlgorithm.HMAC_SHA256, (key,), text, vector["signature_HMAC-SHA256"])
    if "signature_HMAC-SM3" in vector:
        assert sign(SignAlgorithm.HMAC_SM3, (key,), text) == vector["signature_HMAC-SM3"]
        assert not verify(SignAlgorithm.HMAC_SHA256, (key,), text, vector["signature_HMAC-SM3"])


def test_answer_signs_as_published():
    ack = VECTORS["ack"]
    text = answer_text(ack["status"], ack["nonce"], ack["timestamp"], ack["body"].encode())
    assert text.decode() == ack["signed_text"]
    assert sign(SignAlgorithm.HMAC_SHA256, (OUR_KEY,), text) == ack["signature_HMAC-SHA256"]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=1", "a=1&a=2"),
        ("a", "a="),
        ("a=b=c", "a=b%3Dc"),
        ("a=1+2", "a=1%2B2"),
        ("a=%7e", "a=~"),
        ("A=1&a=2&%41=0", "A=0&A=1&a=2"),
    ],
)
def test_query_is_brought_into_one_form(query, canonical):
    assert canonical_query(query) == canonical


def test_any_of_two_keys_in_either_place():
    text, alg = b"text", SignAlgorithm.HMAC_SHA256
    old, new = b"old-key", b"new-key"
    assert verify(alg, (new, old), text, sign(alg, (old,), text))
    assert verify(alg, (old,), text, sign(alg, (new, old), text))
    assert verify(alg, (old,), text, "v2=whatever " + sign(alg, (old,), text))
    assert not verify(alg, (new,), text, sign(alg, (old,), text))
    assert not verify(alg, (), text, sign(alg, (old,), text))


@pytest.mark.parametrize("header", ["", "v1=", "v2=x", "v1=a  v1=b", "v1=a v1=b v1=c", " ", "v1=é"])
def test_other_headers_do_not_verify(header):
    assert not verify(SignAlgorithm.HMAC_SHA256, (b"key",), b"text", header)


def test_a_right_signature_among_three_does_not_count():
    good = sign(SignAlgorithm.HMAC_SHA256, (b"key",), b"text")
    assert not verify(SignAlgorithm.HMAC_SHA256, (b"key",), b"text", f"v2=a v2=b {good}")


@given(st.binary(max_size=200), st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_seen(body, place, shift):
    vector = VECTORS["callback"]
    fields = (vector["timestamp"], vector["nonce"], vector["msg_id"])
    text = request_text("POST", "/callbacks/sichuan", "", "app", *fields, body)
    signature = sign(SignAlgorithm.HMAC_SM3, (PARTNER_KEY,), text)
    changed = bytearray(text)
    changed[place % len(text)] = (changed[place % len(text)] + shift) % 256
    assert not verify(SignAlgorithm.HMAC_SM3, (PARTNER_KEY,), bytes(changed), signature)
