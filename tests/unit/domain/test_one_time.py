"""Codes of an app: the vectors of RFC 4226 and RFC 6238, what is taken beside the present step, and nothing twice."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from domain.one_time import STEP_S, code_at, in_base32, matching_step, otpauth, step_of

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("step", "code"),
    [*enumerate(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"])],
)
def test_rfc_4226_appendix_d(step, code):
    assert code_at(SECRET, step) == code


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238_appendix_b(at, code):
    assert code_at(SECRET, step_of(datetime.fromtimestamp(at, UTC)), digits=8) == code


@pytest.mark.parametrize("by", [-1, 0, 1])
def test_the_step_before_and_after_are_taken(by):
    step = step_of(NOW) + by
    assert matching_step(SECRET, code_at(SECRET, step), NOW, last=0) == step


@pytest.mark.parametrize("by", [-2, 2])
def test_further_away_is_not(by):
    assert matching_step(SECRET, code_at(SECRET, step_of(NOW) + by), NOW, last=0) is None


def test_a_code_counts_once_and_none_before_it_does():
    step = step_of(NOW)
    assert matching_step(SECRET, code_at(SECRET, step), NOW, last=step) is None
    assert matching_step(SECRET, code_at(SECRET, step - 1), NOW, last=step) is None
    assert matching_step(SECRET, code_at(SECRET, step + 1), NOW, last=step) == step + 1
    later = NOW + timedelta(seconds=STEP_S)
    assert matching_step(SECRET, code_at(SECRET, step + 1), later, last=step) == step + 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "１２３４５６", "12345\n", "-12345", " 12345", "12 345", "abcdef"]
)
def test_what_is_no_code_is_none(typed):
    assert matching_step(SECRET, typed, NOW, last=0) is None


def test_the_square_code_says_what_apps_read():
    said = urlsplit(otpauth(SECRET, "跨域通办", "oidc:a b"))
    assert (said.scheme, said.netloc) == ("otpauth", "totp")
    assert unquote(said.path) == "/跨域通办:oidc:a b"
    given = parse_qs(said.query)
    assert given["issuer"] == ["跨域通办"]
    assert given["period"] == ["30"] and given["digits"] == ["6"] and given["algorithm"] == ["SHA1"]
    assert base64.b32decode(given["secret"][0]) == SECRET
    assert "+" not in said.query


def test_a_secret_is_typed_without_padding():
    assert in_base32(b"1") == "GE"
