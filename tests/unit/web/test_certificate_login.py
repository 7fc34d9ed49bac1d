"""Logging in by a certificate on a USB key: what was asked, by whose key it is bound, once, within five minutes."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from partners.certificates.sm2_login import Sm2Certificates
from storage.exchange.exchange_log import SecurityEventRow
from storage.people.certificates import bind
from storage.people.sessions import LoginRow
from storage.people.users import UserRow
from tests.sm2_authority import Authority
from tests.unit.web.logins import code, with_token
from tests.unit.web.second import enrolled, later, must_have

ASK, ANSWER = "/api/v1/login/certificate:ask", "/api/v1/login/certificate"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("sm2"), "ours")


@pytest.fixture(scope="module")
def clerk(authority):
    return authority.issue("clerk")


@pytest.fixture
def hall(hall, authority, clerk):
    hall.now = datetime.now(UTC)
    judge = Sm2Certificates(authority.file, None)
    hall.context = hall.app.state.context = replace(hall.context, certificates=judge, now=lambda: hall.now)
    with hall.database.write() as session:
        assert bind(session, "clerk", *judge.presented(clerk.der), hall.now)
    return hall


def asked(hall, name="clerk"):
    answer = hall.nobody().post(ASK, json={"username": name})
    assert answer.status_code == 200, answer.text
    return answer.json()


def answered(hall, question, holder, *, pem=True, signature=None):
    signed = holder.sign(question["message"].encode()) if signature is None else signature
    certificate = holder.pem if pem else base64.b64encode(holder.der).decode()
    said = {"challenge": question["challenge"], "certificate": certificate}
    return hall.nobody().post(ANSWER, json=said | {"signature": base64.b64encode(signed).decode()})


def refused(answer):
    assert code(answer) == (401, "CERTIFICATE")


@pytest.mark.parametrize("pem", [True, False])
def test_who_signs_with_a_bound_key_is_in(hall, clerk, pem):
    answer = answered(hall, asked(hall), clerk, pem=pem)
    assert answer.status_code == 200 and answer.json() | {"token": ""} == {
        "token": "",
        "role": "clerk",
        "stage": "OPEN",
    }
    assert with_token(hall, answer.json()["token"]).get("/api/v1/items").status_code == 200
    with hall.database.read() as session:
        assert session.scalars(select(LoginRow.amr)).all() == ["sc"]


def test_what_is_signed_names_this_site_this_account_and_a_number_used_once(hall):
    first, second = asked(hall), asked(hall)
    lines = first["message"].split("\n")
    assert lines[0] == "kuayu-login-v1" and lines[1] == hall.context.settings.public_address and lines[2] == "clerk"
    assert first["message"] != second["message"]


def test_an_answer_counts_once(hall, clerk):
    question = asked(hall)
    signature = clerk.sign(question["message"].encode())
    assert answered(hall, question, clerk, signature=signature).status_code == 200
    refused(answered(hall, question, clerk, signature=signature))


def test_a_question_is_good_for_five_minutes(hall, clerk):
    question = asked(hall)
    later(hall, 301)
    refused(answered(hall, question, clerk))


def test_a_certificate_that_nobody_has_bound_is_refused(hall, authority):
    refused(answered(hall, asked(hall), authority.issue("stranger")))


def test_a_key_answers_for_its_own_account_only(hall, clerk):
    refused(answered(hall, asked(hall, "operator"), clerk))


def test_what_was_signed_for_another_question_is_refused(hall, clerk):
    other = clerk.sign(asked(hall)["message"].encode())
    refused(answered(hall, asked(hall), clerk, signature=other))
    with hall.database.read() as session:
        assert "SIGNATURE" in session.scalars(select(SecurityEventRow.code)).all()


@pytest.mark.parametrize("challenge", ["", "zz", "00", "ab" * 80])
def test_a_made_up_question_is_refused(hall, clerk, challenge):
    refused(answered(hall, {"challenge": challenge, "message": "x"}, clerk))


def test_a_question_for_a_name_that_nobody_has_looks_alike(hall):
    assert set(asked(hall, "nobody")) == set(asked(hall))


def test_a_closed_account_stays_out(hall, clerk):
    with hall.database.write() as session:
        session.get_one(UserRow, "clerk").active = False
    refused(answered(hall, asked(hall), clerk))


def test_key_and_pin_are_two_factors(hall, clerk):
    must_have(hall, "clerk")
    assert answered(hall, asked(hall), clerk).json()["stage"] == "OPEN"


def test_who_has_an_app_is_not_asked_for_it_besides(hall, clerk):
    enrolled(hall)
    assert answered(hall, asked(hall), clerk).json()["stage"] == "OPEN"


def test_where_no_certificates_are_taken_it_is_said(hall, clerk):
    question = asked(hall)
    hall.app.state.context = replace(hall.context, certificates=None)
    assert code(hall.nobody().post(ASK, json={"username": "clerk"})) == (409, "NO_CERTIFICATES")
    assert code(answered(hall, question, clerk)) == (409, "NO_CERTIFICATES")
