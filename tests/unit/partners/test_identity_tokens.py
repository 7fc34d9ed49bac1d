"""What a provider has signed: right tokens are taken; each lie, alone, is refused by its own word."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from joserfc import jws
from joserfc.jwk import JWKRegistry

from domain.terms import Role
from partners.identity_provider.claims import role_of, showed_more, unit_of, words_at
from partners.identity_provider.tokens import (
    Expected,
    TokenRefused,
    UnknownKey,
    check_addressed,
    check_id_token,
    check_times,
    read,
)

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
AT = int(NOW.timestamp())
WE = Expected("https://id.example", "kuayu", "the-nonce")
ACCESS = "an access token"
KINDS = {"RS256": ("RSA", 2048), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
KEYS = {name: JWKRegistry.generate_key(*kind, {"kid": name, "use": "sig"}) for name, kind in KINDS.items()}
PUBLIC = [key.as_dict(private=False) for key in KEYS.values()]


def coded(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def at_hash(algorithm="RS256"):
    digest = (hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256)(ACCESS.encode()).digest()
    return coded(digest[: len(digest) // 2])


def claims(**other):
    said = {"iss": WE.issuer, "aud": WE.client_id, "sub": "zhang", "nonce": WE.nonce, "iat": AT - 5, "exp": AT + 300}
    return {name: value for name, value in {**said, "at_hash": at_hash(), **other}.items() if value is not None}


def signed(said, algorithm="RS256", key=None, **header):
    head = {"alg": algorithm, "kid": algorithm} | header
    return jws.serialize_compact(head, json.dumps(said), key or KEYS[algorithm], algorithms=[algorithm])


def judged(token, keys=PUBLIC):
    said = read(token, keys)
    check_id_token(said, WE, ACCESS, NOW)
    return said.claims


def refusal(token, keys=PUBLIC):
    with pytest.raises(TokenRefused) as refused:
        judged(token, keys)
    return refused.value.reason


@pytest.mark.parametrize("algorithm", KINDS)
def test_what_is_right_is_taken(algorithm):
    assert judged(signed(claims(at_hash=at_hash(algorithm)), algorithm))["sub"] == "zhang"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"iss": "https://id.example/"}, "ISSUER"),
        ({"iss": None}, "ISSUER"),
        ({"aud": "another"}, "AUDIENCE"),
        ({"aud": []}, "AUDIENCE"),
        ({"aud": {"kuayu": 1}}, "AUDIENCE"),
        ({"aud": None}, "AUDIENCE"),
        ({"aud": ["kuayu", "another"]}, "PARTY"),
        ({"azp": "another"}, "PARTY"),
        ({"nonce": "another"}, "NONCE"),
        ({"nonce": None}, "NONCE"),
        ({"nonce": ["the-nonce"]}, "NONCE"),
        ({"exp": AT - 61}, "EXPIRED"),
        ({"exp": None}, "TIME"),
        ({"exp": str(AT + 300)}, "TIME"),
        ({"exp": True}, "TIME"),
        ({"iat": AT + 61}, "TIME"),
        ({"iat": None}, "TIME"),
        ({"nbf": AT + 61}, "TIME"),
        ({"sub": None}, "SUBJECT"),
        ({"sub": ""}, "SUBJECT"),
        ({"sub": 7}, "SUBJECT"),
        ({"sub": "x" * 256}, "SUBJECT"),
        ({"at_hash": "x"}, "ACCESS_TOKEN"),
    ],
)
def test_each_claim_that_does_not_fit_is_refused(said, reason):
    assert refusal(signed(claims(**said))) == reason


@pytest.mark.parametrize(
    "said",
    [
        {"exp": AT - 59},
        {"iat": AT + 59},
        {"aud": ["kuayu"]},
        {"aud": ["another", "kuayu"], "azp": "kuayu"},
        {"at_hash": None},
    ],
)
def test_what_may_differ_is_taken(said):
    assert judged(signed(claims(**said)))


def test_a_token_that_is_signed_by_nobody_is_refused():
    unsigned = f"{coded(json.dumps({'alg': 'none'}).encode())}.{coded(json.dumps(claims()).encode())}."
    assert refusal(unsigned) == "ALGORITHM"


def test_a_token_that_is_signed_with_what_everybody_knows_is_refused():
    """The public key taken for the secret of an HMAC."""
    start = f"{coded(json.dumps({'alg': 'HS256', 'kid': 'RS256'}).encode())}.{coded(json.dumps(claims()).encode())}"
    for secret in (b"secret", KEYS["RS256"].as_pem(private=False), json.dumps(PUBLIC[0]).encode()):
        assert refusal(f"{start}.{coded(hmac.digest(secret, start.encode(), 'sha256'))}") == "ALGORITHM"


@pytest.mark.parametrize("algorithm", ["PS256", "RS512", "ES384", "ES256K", "rs256", "", None, 7, ["RS256"]])
def test_other_algorithms_do_not_count(algorithm):
    _head, _, rest = signed(claims()).partition(".")
    assert refusal(f"{coded(json.dumps({'alg': algorithm, 'kid': 'RS256'}).encode())}.{rest}") == "ALGORITHM"


def test_a_token_of_another_s_key_is_refused():
    other = JWKRegistry.generate_key("RSA", 2048, {"kid": "RS256"})
    assert refusal(signed(claims(), key=other)) == "SIGNATURE"


def test_a_changed_token_is_refused():
    head, _, rest = signed(claims()).partition(".")
    _, _, signature = rest.partition(".")
    assert refusal(f"{head}.{coded(json.dumps(claims(sub='li')).encode())}.{signature}") == "SIGNATURE"


def test_an_unknown_key_is_told_apart_for_there_may_be_newer_ones():
    with pytest.raises(UnknownKey):
        read(signed(claims(), kid="of tomorrow"), PUBLIC)


def test_a_key_is_meant_for_its_algorithm_and_for_signing():
    """Whose name fits an algorithm of another kind, or that is for encrypting, is none."""
    es, rs = PUBLIC[1] | {"kid": "RS256"}, PUBLIC[0]
    assert refusal(signed(claims()), [es]) == "KEY"
    assert refusal(signed(claims()), [rs | {"use": "enc"}]) == "KEY"
    assert refusal(signed(claims()), [rs | {"alg": "RS512"}]) == "KEY"


def test_without_a_name_a_key_is_taken_only_where_there_is_no_choice():
    token = jws.serialize_compact({"alg": "RS256"}, json.dumps(claims()), KEYS["RS256"], algorithms=["RS256"])
    assert judged(token)
    assert refusal(token, [*PUBLIC, PUBLIC[0] | {"kid": "second"}]) == "KEY"


def test_a_short_key_is_refused():
    short = {"kty": "RSA", "kid": "RS256", "n": coded(b"\xc1" + b"\x01" * 127), "e": "AQAB"}
    assert refusal(signed(claims()), [short]) == "KEY"


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "é.b.c", "e30.e30.", "W10.e30.x", "x" * 40_000, "!.!.!"])
def test_what_is_no_token_is_refused(token):
    assert refusal(token) in ("FORM", "ALGORITHM")


def test_a_token_that_asks_for_more_than_we_know_is_refused():
    head = coded(json.dumps({"alg": "RS256", "kid": "RS256", "crit": ["x"], "x": 1}).encode())
    rest = signed(claims()).partition(".")[2]
    assert refusal(f"{head}.{rest}") == "FORM"


@pytest.mark.parametrize("content", ['{"sub":"a","sub":"b"}', "[]", "\ufeff{}", "nonsense"])
def test_claims_that_two_would_read_differently_are_refused(content):
    token = jws.serialize_compact({"alg": "RS256", "kid": "RS256"}, content, KEYS["RS256"], algorithms=["RS256"])
    assert refusal(token) == "FORM"


def test_a_word_of_log_out_needs_no_end():
    check_addressed(claims(), WE.issuer, WE.client_id)
    check_times(claims(exp=None), NOW, ends=False)
    with pytest.raises(TokenRefused):
        check_times(claims(exp=AT - 100), NOW, ends=False)


MAP = {"hall-admin": Role.OPERATOR, "窗口": Role.CLERK}


@pytest.mark.parametrize(
    ("said", "path", "role"),
    [
        ({"roles": ["窗口", "hall-admin"]}, "roles", Role.OPERATOR),
        ({"roles": "窗口"}, "roles", Role.CLERK),
        ({"realm_access": {"roles": ["x", "窗口"]}}, "realm_access.roles", Role.CLERK),
        ({"https://a.example/roles": ["窗口"]}, "https://a.example/roles", Role.CLERK),
        ({"roles": ["窗口 "]}, "roles", None),
        ({"roles": [{"窗口": 1}, None, 7]}, "roles", None),
        ({"roles": {"窗口": True}}, "roles", None),
        ({}, "roles", None),
        ({"a": "b"}, "a.b.c", None),
    ],
)
def test_the_first_role_that_fits_counts_and_none_lets_nobody_in(said, path, role):
    assert role_of(words_at(said, path), MAP) is role


def test_a_unit_is_kept_short_and_printable():
    assert unit_of({"u": "渝中区\n大厅"}, "u") == "渝中区大厅"
    assert len(unit_of({"u": "长" * 500}, "u")) == 120
    assert unit_of({"u": "x"}, "") == "" == unit_of({}, "u")


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ({"acr": "urn:2fa"}, True),
        ({"amr": ["pwd", "otp"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"acr": "0"}, False),
        ({"acr": None, "amr": None}, False),
        ({"acr": ["urn:2fa"]}, False),
        ({}, False),
    ],
)
def test_a_second_factor_of_theirs_counts_only_by_agreed_words(said, believed):
    assert showed_more(said, ("urn:2fa",), ("mfa", "otp")) is believed
    assert showed_more(said, (), ()) is False
