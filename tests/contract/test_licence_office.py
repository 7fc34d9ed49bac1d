"""Our client against the played licence office, over real HTTP: signed both ways, once per key, away in every way."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
import requests
from fastapi import FastAPI, Response

from domain.errors import LicenceOfficeAway
from domain.licences import Licence, LicenceQuestion, OfficeWord
from domain.outbound import Person
from domain.terms import ApplicantType, IdType
from partners.licence_office.client import PATH, LicenceOffice, Timeouts
from runtime.partner_settings import sandbox_defaults
from sandbox.main import SandboxSettings, build_app
from tests.borders import nowhere
from tests.contract.serving import served

NUMBER = "11010519491231002X"
WHO = Person(type=ApplicantType.PERSONAL, name="王秀兰", id_type=IdType.RESIDENT, id_number=NUMBER, phone="13800000001")
AT = datetime(2026, 11, 23, 2, tzinfo=UTC)


def now():
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def office():
    with served(build_app(SandboxSettings())) as url:
        yield url


@pytest.fixture(autouse=True)
def fresh(request):
    if "office" in request.fixturenames:
        url = request.getfixturevalue("office")
        requests.post(f"{url}/control/reset", timeout=5).raise_for_status()


def client(url, **more):
    said = sandbox_defaults(8010, 8011)["licences"]
    given = {"app": said["app"], "key": said["key"], "now": now}
    return LicenceOffice(url, **given | more)


def question(key="500103202611230000013-L2-1", number=NUMBER, type_="居民身份证", holder=None):
    licence = Licence(type=type_, number=number, issuer="渝中区公安分局", holder=holder, consented_at=AT)
    return LicenceQuestion(key=key, seq=2, licence=licence, applicant=WHO, purpose="失业登记")


def refused(url, code, asked=None, **how):
    with pytest.raises(LicenceOfficeAway) as told:
        client(url, **how).check(asked or question(), 1)
    assert told.value.code == code
    assert NUMBER not in str(told.value)


def test_a_valid_licence_gives_evidence(office):
    evidence = client(office).check(question(), 3)
    assert (evidence.word, evidence.round) == (OfficeWord.VALID, 3)
    assert evidence.check_id.startswith("LC")
    assert abs((now() - evidence.checked_at).total_seconds()) < 60
    assert len(evidence.answer_sha256) == 64


def test_the_same_key_gets_the_first_answer(office):
    first = client(office).check(question(), 1)
    assert client(office).check(question(), 1) == first
    assert requests.get(f"{office}/control/licences", timeout=5).json() == {question().key: 2}
    refused(office, "409", question(number="11010519491231003X"))


@pytest.mark.parametrize("word", OfficeWord)
def test_every_word_of_the_office_is_understood(office, word):
    requests.put(f"{office}/control/licences/{NUMBER}", json={"word": word}, timeout=5).raise_for_status()
    assert client(office).check(question(), 1).word is word


def test_an_identity_card_of_somebody_else(office):
    other = "500199196202020014"
    assert client(office).check(question(number=other), 1).word is OfficeWord.HOLDER_DIFFERS
    asked = question("500103202611230000013-L3-1", number=other, holder="李四")
    assert client(office).check(asked, 1).word is OfficeWord.VALID


def test_what_the_office_refuses_confirms_nothing(office):
    refused(office, "401", key="another key")
    refused(office, "401", app="somebody")
    refused(office, "401", now=lambda: AT)


@pytest.mark.parametrize(
    ("kind", "code"), [("down", "502"), ("busy", "503"), ("lost_answer", "ConnectionError"), ("slow", "TIMEOUT")]
)
def test_an_office_that_is_not_itself(office, kind, code):
    fault = {"partner": "licences", "kind": kind, "times": 1, "delay_s": 3}
    requests.post(f"{office}/control/outage", json=fault, timeout=5).raise_for_status()
    limits = Timeouts(connect_s=1, read_s=1, total_s=1) if kind == "slow" else Timeouts()
    with pytest.raises(LicenceOfficeAway) as told:
        client(office, timeouts=limits).check(question(), 1)
    assert told.value.code in {code, "ProtocolError", "ReadTimeoutError", "ReadTimeout"}
    assert client(office).check(question(), 1).word is OfficeWord.VALID


def test_nobody_at_the_address():
    refused(f"http://127.0.0.1:{nowhere()}", "ConnectionError")


def impostor(body, signature="0" * 64, status=200):
    app = FastAPI()

    @app.post(PATH)
    def answer() -> Response:
        return Response(body, status, headers={"X-Licence-Signature": signature})

    return app


SAID = json.dumps({"checkId": "LC1", "result": "VALID", "checkedAt": AT.isoformat()}).encode()


@pytest.mark.parametrize(
    ("app", "code"),
    [
        (impostor(SAID), "UNSIGNED"),
        (impostor(SAID, signature=hashlib.sha256(SAID).hexdigest()), "UNSIGNED"),
        (impostor(b"{" * 70_000), "TOO_LARGE"),
        (impostor(b"", status=302), "302"),
    ],
)
def test_an_answer_that_the_office_has_not_signed_was_not_given(app, code):
    with served(app) as url:
        refused(url, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"checkId":"LC1","result":"FINE","checkedAt":"2026-11-23T10:00:00+08:00"}',
        b'{"checkId":"LC1","result":"VALID","checkedAt":"2026-11-23T10:00:00"}',
        b'{"checkId":"","result":"VALID","checkedAt":"2026-11-23T10:00:00+08:00"}',
        b'{"result":"VALID","checkedAt":"2026-11-23T10:00:00+08:00"}',
        b"[" * 5_000,
    ],
)
def test_an_answer_that_cannot_be_read_confirms_nothing(body, monkeypatch):
    monkeypatch.setattr("partners.licence_office.signing.sign_answer", lambda *_: "0" * 64)  # as if it were signed
    with served(impostor(body)) as url:
        refused(url, "UNREADABLE")
