"""SM2 certificates that OpenSSL has made: right ones pass, and what is wrong with each other one is named."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Misconfigured
from partners.certificates.der import NotDer, parts, sm2_key
from partners.certificates.port import CertificateRefused
from partners.certificates.sm2_login import Sm2Certificates, plain
from tests.sm2_authority import PERSON, Authority

NOW = datetime.now(UTC) + timedelta(hours=12)  # a whole run takes long from here to the first certificate
MESSAGE = "请登录".encode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("sm2"), "ours")


@pytest.fixture(scope="module")
def clerk(authority):
    return authority.issue("clerk")


@pytest.fixture(scope="module")
def judge(authority):
    return Sm2Certificates(authority.file, None)


def refusal(judge, holder, now=NOW, message=MESSAGE, signature=None):
    with pytest.raises(CertificateRefused) as refused:
        judge.check(holder.pem.encode(), message, holder.sign(MESSAGE) if signature is None else signature, now)
    return refused.value.reason


def test_who_has_signed_with_a_certificate_of_ours_is_let_through(judge, clerk):
    for form in (clerk.pem.encode(), clerk.der):
        judge.check(form, MESSAGE, clerk.sign(MESSAGE), NOW)


def test_a_certificate_is_the_same_in_either_form_and_known_by_issuer_and_serial(judge, authority, clerk):
    assert judge.presented(clerk.pem.encode()) == judge.presented(clerk.der)
    assert judge.presented(authority.issue("clerk-2").der) != judge.presented(clerk.der)


@pytest.mark.parametrize("wrong", ["message", "bit", "id", "empty", "cut", "trailing", "zeros"])
def test_what_the_key_has_not_signed_is_refused(judge, clerk, wrong):
    right = clerk.sign(MESSAGE)
    signatures = {
        "message": clerk.sign(b"another"),
        "bit": right[:-1] + bytes([right[-1] ^ 1]),
        "id": clerk.sign(MESSAGE, "distid:another"),
        "empty": b"",
        "cut": right[:-1],
        "trailing": right + b"\0",
        "zeros": bytes.fromhex("3006020100020100"),
    }
    assert refusal(judge, clerk, signature=signatures[wrong]) == "SIGNATURE"


def test_it_counts_in_its_days_only(judge, clerk):
    assert refusal(judge, clerk, now=NOW - timedelta(days=1)) == "DAYS"
    assert refusal(judge, clerk, now=NOW + timedelta(days=4)) == "DAYS"


def test_another_authority_s_is_refused_even_under_the_same_name(judge, tmp_path):
    assert refusal(judge, Authority(tmp_path / "a", "another").issue("clerk")) == "AUTHORITY"
    assert refusal(judge, Authority(tmp_path / "b", "ours").issue("clerk")) == "AUTHORITY"


def test_an_authority_that_is_over_issues_nothing(judge, clerk):
    """Its own days are longer here, so the clerk's are what ends first; a judge of later says so."""
    assert refusal(judge, clerk, now=NOW + timedelta(days=40)) == "DAYS"


def test_a_person_issues_nothing(tmp_path):
    """Who is no authority (CA:FALSE) stands for nobody, even where its file is in the settings."""
    person = Authority(tmp_path, "person", extensions=PERSON)
    assert refusal(Sm2Certificates(person.file, None), person.issue("clerk")) == "AUTHORITY"


@pytest.mark.parametrize(
    ("extensions", "reason"),
    [
        ("basicConstraints=CA:FALSE\nkeyUsage=critical,keyEncipherment\n", "USAGE"),
        ("basicConstraints=CA:FALSE\n", "USAGE"),
        ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature,keyCertSign\n", "USAGE"),
        (PERSON + "extendedKeyUsage=serverAuth\n", "USAGE"),
        (PERSON + "1.2.3.4=critical,DER:0500\n", "EXTENSION"),
        (PERSON + "nameConstraints=critical,permitted;DNS:example\n", "EXTENSION"),
    ],
)
def test_what_is_not_for_a_person_who_signs_is_refused(judge, authority, extensions, reason):
    assert refusal(judge, authority.issue("other", extensions)) == reason


@pytest.mark.parametrize("more", ["extendedKeyUsage=clientAuth,emailProtection\n", "1.2.3.4=DER:0500\n"])
def test_what_may_be_said_besides(judge, authority, more):
    holder = authority.issue("besides", PERSON + more)
    judge.check(holder.der, MESSAGE, holder.sign(MESSAGE), NOW)


def test_a_key_of_another_curve_is_refused(judge, authority):
    holder = authority.issue("p256", curve="prime256v1")
    with pytest.raises(CertificateRefused, match="FORM"):
        judge.check(holder.der, MESSAGE, b"", NOW)


def test_a_revoked_one_is_refused_from_the_next_look_on(authority, tmp_path):
    gone, stays = authority.issue("gone"), authority.issue("stays")
    file = tmp_path / "crl.pem"
    file.write_bytes(authority.revoked())
    judge = Sm2Certificates(authority.file, file)
    judge.check(gone.der, MESSAGE, gone.sign(MESSAGE), NOW + timedelta(seconds=5))
    file.write_bytes(authority.revoked(gone))
    assert refusal(judge, gone, now=NOW + timedelta(seconds=60)) == "REVOKED"
    judge.check(stays.der, MESSAGE, stays.sign(MESSAGE), NOW + timedelta(seconds=60))


def test_without_a_list_of_today_nobody_is_let_through(authority, clerk, tmp_path):
    file = tmp_path / "crl.pem"
    file.write_bytes(authority.revoked())
    judge = Sm2Certificates(authority.file, file)
    later = NOW + timedelta(days=2)
    judge.check_certificate(clerk.der, later)
    file.write_bytes(Authority(tmp_path / "liar", "ours").revoked())
    with pytest.raises(CertificateRefused, match="LIST"):
        judge.check_certificate(clerk.der, later)
    file.write_text("")
    with pytest.raises(CertificateRefused, match="LIST"):
        judge.check_certificate(clerk.der, later)
    file.unlink()
    with pytest.raises(Misconfigured):
        judge.check_certificate(clerk.der, later)


def test_files_that_are_none_are_said_at_the_start(authority, tmp_path):
    file = tmp_path / "none.pem"
    file.write_text("nothing")
    with pytest.raises(Misconfigured):
        Sm2Certificates(file, None)
    with pytest.raises(Misconfigured):
        Sm2Certificates(Authority(tmp_path / "p", "p256", curve="prime256v1").file, None)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_refused(judge, text):
    with pytest.raises(CertificateRefused):
        judge.presented(plain(text))


def test_a_huge_one_is_not_read(judge):
    with pytest.raises(CertificateRefused):
        judge.presented(b"\x30" * 20_000)


@pytest.mark.parametrize("data", ["30", "3080", "308100", "30820001ff", "3003020100ff", "1f0100", "308500000000 01"])
def test_der_in_another_form_is_refused(data):
    with pytest.raises(NotDer):
        sm2_key(bytes.fromhex(data.replace(" ", "")))


def test_elements_are_read_to_the_very_end():
    assert [part.tag for part in parts(bytes.fromhex("0201010500"))] == [2, 5]
    with pytest.raises(NotDer):
        parts(bytes.fromhex("02010105"))
