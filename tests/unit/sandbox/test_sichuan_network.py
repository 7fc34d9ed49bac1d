"""The played Sichuan network refuses what the contract refuses, so that our own mistakes show."""

import base64
import hashlib
import hmac
import json
import secrets
import time

import pytest
from fastapi.testclient import TestClient

from sandbox.main import SandboxSettings, build_app
from tests.borders import nowhere

CASE = "500103202611230000013"
OTHER = "500103202611230000021"
KEY = b"fedcba9876543210fedcba9876543210"
PDF = b"%PDF-1.4\n%%EOF\n"
PDF_SHA = hashlib.sha256(PDF).hexdigest()
MATERIAL = {"seq": 1, "name": "申请表", "form": "form", "sha256": None, "pages": 1}


def person(**other) -> dict:
    return {
        "type": "personal",
        "name": "张三",
        "idType": "居民身份证",
        "idNumber": "11010519491231002X",
        "phone": "13800000001",
    } | other


def submission(**other) -> dict:
    return {
        "caseNo": CASE,
        "itemCode": "YZ-MPS-001",
        "itemName": "居民身份证换领",
        "mode": "异地代收代办",
        "handlingRegion": "511602",
        "collectingOrg": {"regionCode": "500103", "window": "综窗"},
        "applicant": person(),
        "agent": None,
        "materials": [MATERIAL],
        "parcel": None,
        "submittedAt": "2026-11-23T15:30:00+08:00",
    } | other


class Caller:
    """Signs as we would; `headers` are laid over what is right, None leaves one out."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def call(self, method: str, path: str, body=b"", message_id: str = "key-00000001", headers=None):
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        said = {
            "Content-Type": "application/json",
            "X-CY-App-Id": "cq-yuzhong-01",
            "X-CY-Timestamp": str(int(time.time())),
            "X-CY-Nonce": secrets.token_hex(16),
            "X-CY-Msg-Id": message_id,
            "X-CY-Sign-Alg": "HMAC-SHA256",
        } | (headers or {})
        names = ("X-CY-App-Id", "X-CY-Timestamp", "X-CY-Nonce", "X-CY-Msg-Id")
        fields = [method, path, "", *(said[name] or "" for name in names), hashlib.sha256(raw).hexdigest()]
        mac = base64.b64encode(hmac.digest(KEY, "\n".join(fields).encode(), "sha256")).decode()
        said = {"X-CY-Signature": f"v1={mac}"} | said
        return self.client.request(
            method, path, content=raw, headers={name: value for name, value in said.items() if value is not None}
        )

    def submit(self, message_id: str = "key-00000001", **other):
        return self.call("POST", "/cy/v1/cases", submission(**other), message_id)

    def effects(self) -> dict:
        return self.client.get("/control/effects").json().get("sichuan", {})


@pytest.fixture
def caller():
    app = build_app(SandboxSettings(kuayu_url=f"http://127.0.0.1:{nowhere()}", pace_s=60), ("sichuan",))
    with TestClient(app) as client:
        yield Caller(client)


def code(answer) -> str:
    return answer.json()["code"]


def test_first_again_and_other_content(caller):
    first = caller.submit()
    assert first.status_code == 201
    again = caller.submit()
    assert (again.status_code, again.json()) == (200, {**first.json(), "duplicate": True})
    assert code(caller.submit(itemName="别的")) == "CY4223"
    assert code(caller.submit("key-00000002")) == "CY4222"
    assert caller.effects()["key-00000001"] == {"count": 1, "kind": "submit", "handlingNo": CASE, "attempts": 3}
    assert caller.effects()["key-00000002"]["count"] == 0


def test_answers_are_signed(caller):
    answer = caller.submit()
    said = answer.headers
    fields = [str(answer.status_code), said["X-CY-Nonce"], said["X-CY-Timestamp"]]
    text = "\n".join([*fields, hashlib.sha256(answer.content).hexdigest()])
    mac = base64.b64encode(hmac.digest(b"0123456789abcdef" * 2, text.encode(), "sha256")).decode()
    assert said["X-CY-Signature"] == f"v1={mac}"


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Content-Type": "text/plain"}, "CY4151"),
        ({"Content-Encoding": "gzip"}, "CY4151"),
        ({"X-CY-Nonce": None}, "CY4002"),
        ({"X-CY-Nonce": "x"}, "CY4002"),
        ({"X-CY-Timestamp": "1"}, "CY4002"),
        ({"X-CY-Msg-Id": "short"}, "CY4002"),
        ({"X-CY-App-Id": "undefined"}, "CY4012"),
        ({"X-CY-Sign-Alg": "HMAC-SM3"}, "CY4012"),
        ({"X-CY-Signature": "v1=AAAA"}, "CY4012"),
        ({"X-CY-Timestamp": "1000000000"}, "CY4013"),
    ],
)
def test_headers(caller, headers, refused):
    answer = caller.call("POST", "/cy/v1/cases", submission(), headers=headers)
    assert code(answer) == refused
    assert caller.effects() == {}
    assert ("serverTime" in answer.json()) == (refused == "CY4013")


def test_a_nonce_counts_once_and_a_bad_signature_uses_none(caller):
    nonce = {"X-CY-Nonce": "ab" * 16}
    path = "/cy/v1/cases"
    assert code(caller.call("POST", path, submission(), headers=nonce | {"X-CY-Signature": "v1=A"})) == "CY4012"
    assert caller.call("POST", path, submission(), headers=nonce).status_code == 201
    assert code(caller.call("POST", path, submission(), headers=nonce)) == "CY4091"


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b"{", "CY4001"),
        (b'{"caseNo":1,"caseNo":2}', "CY4001"),
        (b"\xef\xbb\xbf{}", "CY4001"),
        (b'{"a":"\\ud800"}', "CY4001"),
        (b'{"a":NaN}', "CY4001"),
        (b"[" * 40 + b"]" * 40, "CY4001"),
        (b"{}", "CY4221"),
        (b"[]", "CY4221"),
        (submission(caseNo="500103202611230000010"), "CY4221"),
        (submission(applicant=person(idNumber="110105194912310020")), "CY4221"),
        (submission(applicant=person(idType="统一社会信用代码", idNumber="91350100M000100Y44")), "CY4221"),
        (submission(agent=person(idNumber="500101190002300016")), "CY4221"),
        (submission(mode="在线"), "CY4221"),
        (submission(handlingRegion="520102"), "CY4221"),
        (submission(materials=[MATERIAL | {"sha256": "ab" * 32}]), "CY4221"),
        (submission(materials=[MATERIAL | {"form": "stone"}]), "CY4221"),
        (submission(submittedAt="yesterday"), "CY4221"),
        (submission(itemName="x" * 262_144), "CY4131"),
    ],
)
def test_bodies(caller, body, refused):
    assert code(caller.call("POST", "/cy/v1/cases", body)) == refused
    assert caller.effects() == {}


def test_right_numbers_of_every_kind_pass(caller):
    kinds = {"居民身份证": "50010119900101123X", "统一社会信用代码": "91350100M000100Y43", "护照": "E12345678"}
    for place, (id_type, number) in enumerate(kinds.items()):
        case = ["500103202611230000013", "500103202611230000021", "50010320261123000003X"][place]
        applicant = person(idType=id_type, idNumber=number)
        assert caller.submit(f"key-0000000{place}", caseNo=case, applicant=applicant).status_code == 201


def test_state_rules(caller):
    path = f"/cy/v1/cases/{CASE}"
    assert code(caller.call("POST", f"{path}/withdraw", {"reason": "x"})) == "CY4041"
    assert code(caller.call("GET", path)) == "CY4041"
    caller.submit()
    before = caller.call("GET", path, message_id="query-0001").json()
    assert (before["event"], before["seq"], before["payload"]) == (None, 0, {})
    supplement = {"round": 1, "materials": [], "parcel": None}
    assert code(caller.call("POST", f"{path}/supplements", supplement, "key-00000002")) == "CY4222"
    assert caller.call("POST", f"{path}/withdraw", {"reason": "x"}, "key-00000003").status_code == 202
    assert code(caller.call("POST", f"{path}/withdraw", {"reason": "x"}, "key-00000004")) == "CY4222"
    assert caller.call("POST", f"{path}/withdraw", {"reason": "x"}, "key-00000003").json()["duplicate"]


def test_files(caller):
    path = f"/cy/v1/files/{PDF_SHA}"
    assert code(caller.call("GET", path)) == "CY4041"
    assert code(caller.call("PUT", f"/cy/v1/files/{'ab' * 32}", PDF)) == "CY4221"
    exe = b"MZ\x90"
    assert code(caller.call("PUT", f"/cy/v1/files/{hashlib.sha256(exe).hexdigest()}", exe)) == "CY4221"
    big = b"%PDF-" + bytes(20 * 1024 * 1024)
    assert code(caller.call("PUT", f"/cy/v1/files/{hashlib.sha256(big).hexdigest()}", big)) == "CY4131"
    assert caller.call("PUT", path, PDF).status_code == 201
    assert caller.call("PUT", path, PDF).json()["duplicate"]
    assert code(caller.call("GET", path)) == "CY4041"  # ours, not theirs to offer
    assert code(caller.submit(materials=[MATERIAL | {"sha256": PDF_SHA}])) == "CY4223"  # the id is the file's
    png = b"\x89PNG\r\n\x1a\n"
    other = f"/cy/v1/files/{hashlib.sha256(png).hexdigest()}"
    assert code(caller.call("PUT", other, png)) == "CY4223"
    assert caller.call("PUT", other, png, "file-00000002").status_code == 201
    assert caller.submit("key-00000002", materials=[MATERIAL | {"sha256": PDF_SHA}]).status_code == 201


def test_notices_are_kept_once(caller):
    path = f"/cy/v1/cases/{CASE}/notices"
    said = {
        "notice": "DISCREPANCY",
        "occurredAt": "2026-11-23T15:40:00+08:00",
        "payload": {"reason": "x", "papers": []},
    }
    assert code(caller.call("POST", path, said)) == "CY4041"
    caller.submit()
    for status in (202, 200):
        assert caller.call("POST", path, said, "key-00000002").status_code == status
    delivered = {"at": "2026-11-23T15:40:00+08:00", "signerKind": "locker", "proofSha256": None}
    assert code(caller.call("POST", path, said | {"notice": "DELIVERED", "payload": delivered})) == "CY4221"
    kept = caller.client.get(f"/control/cases/{CASE}").json()["notices"]
    assert [notice["notice"] for notice in kept] == ["DISCREPANCY"]


def test_busy_in_its_own_words(caller):
    caller.client.post("/control/outage", json={"partner": "sichuan", "kind": "busy", "times": 1})
    answer = caller.submit()
    assert (answer.status_code, code(answer), answer.headers["Retry-After"]) == (503, "CY5031", "1")
    assert caller.submit().status_code == 201


def test_reset_forgets_everything(caller):
    caller.submit()
    caller.client.post("/control/reset")
    assert caller.effects() == {}
    assert caller.submit().status_code == 201
