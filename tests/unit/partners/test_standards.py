"""Strict JSON and the digests, against the standards' own examples."""

import json
import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st

from partners.standards import (
    NotStrictJson,
    NumberOutOfRange,
    format_instant,
    hmac_sm3,
    parse_instant,
    parse_json,
    parse_json_object,
    same,
    sm3,
    sm3_hex,
)


def test_sm3_of_the_standard():
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@given(st.binary(max_size=100), st.binary(max_size=300))
def test_hmac_sm3_agrees_with_another_library(key, data):
    other = HMAC(key, hashes.SM3())
    other.update(data)
    assert hmac_sm3(key, data) == other.finalize()
    assert len(sm3(data)) == 32


def test_same():
    assert same("a", b"a")
    assert not same("a", "b")
    assert not same("é", "e")
    assert not same("\ud800", "x")


BAD = [
    (b"", "not JSON"),
    (b"\xef\xbb\xbf{}", "byte order mark"),
    (b'{"a":"\xff"}', "not UTF-8"),
    (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
    (b'{"a":1,"a":2}', "duplicate key"),
    (b'{"b":{"a":1,"\\u0061":2}}', "duplicate key"),
    (b'{"a":NaN}', "NaN"),
    (b'{"a":-Infinity}', "NaN"),
    (b'{"a":"\\ud800"}', "surrogate"),
    (b'{"\\udc00":1}', "surrogate"),
    (b'{"a":"\\u0000"}', "NUL"),
    (b'{"a":["\\u0000"]}', "NUL"),
    (b'{"a":"\x00"}', "not JSON"),
    (b'{"a":"\n"}', "not JSON"),
    (b"{'a':1}", "not JSON"),
    (b"{} {}", "not JSON"),
    (b"[" * 33 + b"]" * 33, "deep"),
    (b'{"a":' * 33 + b"1" + b"}" * 33, "deep"),
]


@pytest.mark.parametrize(("raw", "why"), BAD)
def test_not_strict(raw, why):
    with pytest.raises(NotStrictJson, match=why):
        parse_json(raw)


@pytest.mark.parametrize("raw", [b"9" * 33, b"1e999", b"-1e999", b"0." + b"1" * 5000])
def test_numbers_that_nothing_needs(raw):
    with pytest.raises(NumberOutOfRange):
        parse_json(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 32 + b"]" * 32,
        b'{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"{{{{"}',
        '{"名":"𬭸","é":"\\ud842\\udfb7"}'.encode(),
        b' {"a":[1,2.5,true,null]} \n',
    ],
)
def test_strict(raw):
    assert parse_json(raw) == json.loads(raw)


def test_an_object_is_asked_for():
    with pytest.raises(NotStrictJson, match="object"):
        parse_json_object(b"[]")


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@given(values, st.booleans())
def test_what_others_write_is_read(value, ascii_only):
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=400) | st.text('"\\{}[]:,0u', max_size=400).map(str.encode))
def test_any_bytes_are_read_or_refused(raw):
    try:
        parse_json(raw)
    except NotStrictJson:
        return


@pytest.mark.parametrize("raw", [b'"' + b'\\"' * 130_000, b"[" * 262_144, b'{"a":' * 50_000, b'"\\' * 131_072])
def test_hostile_bodies_take_no_time(raw):
    began = time.monotonic()
    with pytest.raises(NotStrictJson):
        parse_json(raw)
    assert time.monotonic() - began < 1


def test_instants():
    assert parse_instant("2026-11-23T16:00:00") == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert parse_instant("2026-11-23T08:00:00.5Z") == datetime(2026, 11, 23, 8, 0, 0, 500_000, tzinfo=UTC)
    assert format_instant(datetime(2026, 11, 23, 8, 0, 0, 999, tzinfo=UTC)) == "2026-11-23T16:00:00+08:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23 16:00:00",
        "20261123T160000",
        "2026-02-30T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T23:59:60Z",
        "２026-11-23T16:00:00",
        "2026-11-23T16:00:00Z\n",
        "2026-W48-1T16:00:00",
    ],
)
def test_not_an_instant(text):
    with pytest.raises(ValueError):
        parse_instant(text)
