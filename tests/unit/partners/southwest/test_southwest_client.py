"""Every way in which a call to the hub can end, told apart."""

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from domain.errors import AnswerLost, PartnerError, PartnerRefused, PartnerUnavailable, PartnerUntrusted
from domain.outbound import HandlingRef
from partners.attempt import ANSWER_BYTES, Answer
from partners.sm2 import PublicKey
from partners.southwest import PeerCertificate, SigningCertificate, SouthwestAdapter, SouthwestSettings
from partners.southwest.client import HubClient
from partners.standards import sm3_hex

NOW = datetime(2026, 11, 23, 8, 0, 0, 7000, tzinfo=UTC)
KEY = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PUBLIC = (
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
OK = "0" * 12
HANDLING = HandlingRef(handling_no="500103202611230000021", region="520102")
PDF = b"%PDF-1.4\n%%EOF\n"


class Line:
    """Instead of the network: keeps what was sent and gives one answer."""

    def __init__(self, status: int = 200, body: bytes = b"") -> None:
        self.answer = Answer(status, CaseInsensitiveDict(), body)
        self.sent: list[tuple[str, dict, bytes, dict]] = []

    def make(self, method, url, *, headers, body, **limits) -> Answer:
        self.sent.append((url, headers, body, limits))
        return self.answer

    def close(self) -> None:
        raise AssertionError("nobody closes it")


def settings() -> SouthwestSettings:
    return SouthwestSettings(
        hub_url="http://hub",
        app_id="cqyz-exch",
        tenancy="500103000000",
        own=(SigningCertificate(serial="5001030000000001", private_key_hex=KEY),),
        peers=(PeerCertificate(serial="5300000000000001", public_key_hex=PUBLIC),),
    )


def client(line: Line) -> HubClient:
    return HubClient(settings(), lambda: NOW, line)


def outer(inner, code: str = OK, status: str = "00") -> bytes:
    text = inner if isinstance(inner, str) else json.dumps(inner)
    return json.dumps(
        {"C-API-Status": status, "C-Response-Code": code, "C-Response-Desc": "", "C-Response-Body": text}
    ).encode()


def test_a_request_is_signed_over_its_operation_ids_time_and_body():
    line = Line(body=outer({"code": "00", "batches": [], "next": ""}))
    client(line).list_batches("c1", 50)
    url, headers, body, limits = line.sent[0]
    assert url == "http://hub/swx/api/exch0002"
    assert headers["C-Timestamp"] == "20261123160000007"
    assert headers["C-Business-Id"][:17] == headers["C-Timestamp"]
    assert len(headers["C-Business-Id"]) == 32
    text = "|".join(
        ("exch0002", "cqyz-exch", "500103000000", headers["C-Business-Id"], headers["C-Timestamp"], sm3_hex(body))
    )
    assert PublicKey(PUBLIC).verify(text.encode(), base64.b64decode(headers["C-Sign"]))
    assert json.loads(body)["txnBodyCom"] == {"cursor": "c1", "limit": 50}
    assert set(json.loads(body)["txnCommCom"]) == {"txnIttChnlId", "tStsTraceId", "tRecInPage", "tPageJump"}
    assert limits == {"total_s": 15.0, "max_bytes": ANSWER_BYTES}


def test_every_attempt_has_a_business_id_of_its_own():
    line = Line(body=outer({"code": "00", "batches": [], "next": ""}))
    hub = client(line)
    for _ in range(50):
        hub.list_batches("", 1)
    assert len({headers["C-Business-Id"] for _, headers, _, _ in line.sent}) == 50


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (500, b"", PartnerUnavailable, "HTTP_500"),
        (502, b"<html>", PartnerUnavailable, "HTTP_502"),
        (429, b"", PartnerUnavailable, "HTTP_429"),
        (408, b"", PartnerUnavailable, "HTTP_408"),
        (302, b"", PartnerRefused, "HTTP_302"),
        (404, b"", PartnerRefused, "HTTP_404"),
        (204, b"", PartnerRefused, "HTTP_204"),
        (200, b"", AnswerLost, "UNREADABLE"),
        (200, b"<html>login</html>", AnswerLost, "UNREADABLE"),
        (200, b"[]", AnswerLost, "UNREADABLE"),
        (200, b"{}", AnswerLost, "UNREADABLE"),
        (200, outer({"code": "00"}, code=0), AnswerLost, "UNREADABLE"),
        (200, outer("", status="00"), AnswerLost, "UNREADABLE"),
        (200, outer("not json"), AnswerLost, "UNREADABLE"),
        (200, outer('{"code":"00","code":"01"}'), AnswerLost, "UNREADABLE"),
        (200, outer({"batches": []}), AnswerLost, "UNREADABLE"),
        (200, outer({"code": 0}), AnswerLost, "UNREADABLE"),
        (200, outer({"code": "00", "batches": {}}), AnswerLost, "UNREADABLE"),
        (200, outer({"code": "00", "batches": [{"cd_batch": 1, "cursor": "1"}]}), AnswerLost, "UNREADABLE"),
        (200, outer({"code": "00", "batches": [{"cd_batch": "1"}]}), AnswerLost, "UNREADABLE"),
        (200, outer("", "SW900001", "01"), PartnerUnavailable, "SW900001"),
        (200, outer({"code": "SW900001"}), PartnerUnavailable, "SW900001"),
        (200, outer("", "SW100503", "01"), AnswerLost, "SW100503"),
        (200, outer("", "SW100501", "01"), PartnerRefused, "SW100501"),
        (200, outer("", "SW100502", "01"), PartnerRefused, "SW100502"),
        (200, outer("", "SW100504", "01"), PartnerRefused, "SW100504"),
        (200, outer("", "SW100201", "01"), PartnerRefused, "SW100201"),
        (200, outer("", "SW100202", "01"), PartnerRefused, "SW100202"),
        (200, outer("", "SW999999", "01"), PartnerRefused, "SW999999"),
        (200, outer({"code": "SW200101"}), PartnerRefused, "SW200101"),
        (200, outer({"code": "01"}), PartnerRefused, "01"),
    ],
)
def test_how_a_call_fails(status, body, error, code):
    with pytest.raises(PartnerError) as fault:
        client(Line(status, body)).list_batches("", 50)
    assert type(fault.value) is error
    assert fault.value.code == code


def test_the_same_batch_again_is_the_same_body_under_new_ids():
    line = Line(body=outer({"code": "00"}))
    hub = client(line)
    for _ in range(2):
        hub.send_batch({"manifest": {"cd_batch": "50010352000020261123000001"}, "rowsGzB64": ""})
    (_, first, body, _), (_, second, again, _) = line.sent
    assert body == again
    assert first["C-Business-Id"] != second["C-Business-Id"]


def test_twelve_zeros_are_not_enough_the_inner_code_counts():
    assert client(Line(body=outer({"code": "SW100301"}))).send_batch({"manifest": {"cd_batch": "1"}}) == "SW100301"
    with pytest.raises(PartnerRefused):
        client(Line(body=outer({"code": "SW100202"}))).send_receipt({})


def adapter(line: Line) -> SouthwestAdapter:
    return SouthwestAdapter(settings(), None, lambda: NOW, client(line))


def test_a_file_is_checked_against_its_hash():
    sha256 = hashlib.sha256(PDF).hexdigest()
    good = outer({"code": "00", "dataB64": base64.b64encode(PDF).decode()})
    assert adapter(Line(body=good)).get_file(HANDLING, sha256) == PDF
    with pytest.raises(PartnerUntrusted):
        adapter(Line(body=good)).get_file(HANDLING, "0" * 64)
    with pytest.raises(PartnerUntrusted):
        adapter(Line(body=outer({"code": "00", "dataB64": "§"}))).get_file(HANDLING, sha256)
    with pytest.raises(AnswerLost):
        adapter(Line(body=outer({"code": "00"}))).get_file(HANDLING, sha256)
    with pytest.raises(PartnerRefused) as none:
        adapter(Line(body=outer({"code": "SW200201"}))).get_file(HANDLING, sha256)
    assert none.value.code == "SW200201"


def test_a_file_has_a_minute_and_28_megabytes():
    line = Line(body=outer({"code": "00", "dataB64": base64.b64encode(PDF).decode()}))
    adapter(line).put_file(HANDLING, "0" * 64, PDF)
    adapter(line).get_file(HANDLING, hashlib.sha256(PDF).hexdigest())
    assert [limits["total_s"] for *_, limits in line.sent] == [60.0, 60.0]
    assert line.sent[1][3]["max_bytes"] == 28 * 1024 * 1024
    with pytest.raises(PartnerRefused):
        adapter(line).put_file(HANDLING, "0" * 64, bytes(20 * 1024 * 1024 + 1))


def test_there_is_no_query():
    with pytest.raises(PartnerRefused) as fault:
        adapter(Line()).query(HANDLING)
    assert fault.value.code == "NO_QUERY"


def test_a_key_that_is_none_is_refused_when_the_settings_are_read():
    with pytest.raises(ValueError, match="private key"):
        SigningCertificate(serial="1", private_key_hex="0" * 64)
    with pytest.raises(ValueError, match="public key"):
        PeerCertificate(serial="1", public_key_hex="04" + "1" * 128)


def test_no_secret_is_printed():
    assert KEY not in repr(settings()) + str(settings())
