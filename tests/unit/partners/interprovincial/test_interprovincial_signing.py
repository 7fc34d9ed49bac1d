"""Signatures, secret and seal against the published vectors, and what must not hold."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.interprovincial.envelope import Head, information
from partners.interprovincial.signing import (
    SecretUnreadable,
    gateway_signature,
    open_secret,
    refresh_signature,
    seal,
    seal_holds,
    sealed_text,
)

VECTORS = json.loads((Path(__file__).parents[4] / "docs/partners/vectors.json").read_text("utf-8"))["interprovincial"]
REFRESH = VECTORS["refresh"]
APP_KEY = REFRESH["app_key_ascii"].encode()
SECRET = REFRESH["secret_ascii"].encode()
SEALED = {
    "submit": ("Submit", "500103000000", "440000000000", "20261123160000"),
    "submit_answer": ("SubmitResponse", "440000000000", "500103000000", "20261123160001"),
    "put_file": ("PutFile", "500103000000", "440000000000", "20261123160000"),
    "notify": ("Notify", "500103000000", "440000000000", "20261123160000"),
}
NUMBER = "50010300000020261123000000000001"


def test_gateway_signature():
    v = VECTORS["gateway"]
    assert gateway_signature(v["timestamp"], v["token"], v["nonce"]) == v["signature"]


def test_refresh_signature():
    assert refresh_signature(APP_KEY, REFRESH["sid"], REFRESH["rid"], REFRESH["rtime"]) == REFRESH["sign"]


def test_secret_opens_with_either_active_key():
    assert open_secret((APP_KEY,), REFRESH["answer_secret_b64"]) == SECRET
    assert open_secret((b"another-key", APP_KEY), REFRESH["answer_secret_b64"]) == SECRET


@pytest.mark.parametrize(
    "sealed",
    [
        pytest.param("", id="empty"),
        pytest.param("AAECAwQFBgcICQoL", id="nonce only"),
        pytest.param("私", id="not ASCII"),
        pytest.param("====", id="not base64"),
        pytest.param(base64.b64encode(b"0" * 5000).decode(), id="far too long"),
    ],
)
def test_a_secret_out_of_form_is_not_opened(sealed: str):
    with pytest.raises(SecretUnreadable):
        open_secret((APP_KEY,), sealed)


@given(st.integers(0, 59), st.integers(1, 255))
def test_a_secret_with_one_changed_byte_is_not_opened(place: int, change: int):
    raw = bytearray(base64.b64decode(REFRESH["answer_secret_b64"]))
    raw[place] ^= change
    with pytest.raises(SecretUnreadable):
        open_secret((APP_KEY,), base64.b64encode(raw).decode())


@pytest.mark.parametrize("name", SEALED)
def test_seals(name: str):
    operation, fsdw, jsdw, fssj = SEALED[name]
    text = sealed_text(operation, fsdw, jsdw, NUMBER, fssj, VECTORS[name]["information"].encode())
    assert text.decode() == VECTORS[name]["sealed_text"]
    assert seal(SECRET, text) == VECTORS[name]["seal"]
    assert seal_holds((b"newer", SECRET), text, VECTORS[name]["seal"])
    assert not seal_holds((b"newer",), text, VECTORS[name]["seal"])


@pytest.mark.parametrize("given_seal", ["", "印", "0" * 64, VECTORS["submit"]["seal"].upper()])
def test_another_seal_does_not_hold(given_seal: str):
    assert not seal_holds((SECRET,), VECTORS["submit"]["sealed_text"].encode(), given_seal)


@given(st.data())
def test_one_changed_character_breaks_the_seal(data: st.DataObject):
    body = VECTORS["submit"]["information"]
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != body[place]))
    text = sealed_text("Submit", *SEALED["submit"][1:3], NUMBER, "20261123160000", _with(body, place, other))
    assert not seal_holds((SECRET,), text, VECTORS["submit"]["seal"])


def _with(body: str, place: int, other: str) -> bytes:
    return (body[:place] + other + body[place + 1 :]).encode()


@pytest.mark.parametrize("name", SEALED)
def test_a_head_is_rendered_as_in_the_vectors(name: str):
    _, fsdw, jsdw, fssj = SEALED[name]
    whole = VECTORS[name]["information"]
    data = whole[whole.index("<DATA") :].encode()
    assert information(Head(fsdw=fsdw, jsdw=jsdw, ywxtbh=NUMBER, fssj=fssj), data) == whole.encode()
