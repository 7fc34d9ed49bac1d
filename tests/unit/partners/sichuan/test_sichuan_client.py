"""What each answer means: who acts next, and that nothing unsigned is believed."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from domain.errors import AnswerLost, PartnerRefused, PartnerUnavailable, PartnerUntrusted
from domain.outbound import HandlingRef, Rendered
from domain.terms import CommandKind, Partner
from partners.sichuan import SichuanAdapter, SichuanSettings
from tests.borders import nowhere

CASE = "500103202611230000013"
HANDLING = HandlingRef(handling_no=CASE, region="511602")
RENDERED = Rendered(
    partner=Partner.SICHUAN,
    key=f"{CASE}-submit-1",
    kind=CommandKind.SUBMIT,
    handling_no=CASE,
    content=b'{"caseNo":"x"}',
    meta={"path": "/cy/v1/cases"},
)
TAKEN = b'{"partnerCaseNo":"SC1","receivedAt":"2026-11-23T15:30:00+08:00"}'


def signed(
    request: BaseHTTPRequestHandler, answered: int, body: bytes, key: str = "p" * 32, **other: str
) -> dict[str, str]:
    timestamp = other.get("timestamp", str(int(time.time())))
    nonce = other.get("nonce", request.headers["X-CY-Nonce"])
    fields = (other.get("status", str(answered)), request.headers["X-CY-Nonce"], timestamp)
    text = "\n".join([*fields, hashlib.sha256(body).hexdigest()])
    mac = base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()
    alg = other.get("alg", "HMAC-SHA256")
    return {
        "X-CY-Timestamp": timestamp,
        "X-CY-Nonce": nonce,
        "X-CY-Sign-Alg": alg,
        "X-CY-Signature": f"v1={mac}",
    }


Answering = Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]


class Gateway:
    """Answers as the test says, and keeps the headers that came."""

    def __init__(self) -> None:
        self.answering: Answering = lambda request: (201, signed(request, 201, TAKEN), TAKEN)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                gateway.requests.append((self.path, dict(self.headers), body))
                status, headers, content = gateway.answering(self)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def running():
    gateway = Gateway()
    yield gateway
    gateway.server.shutdown()
    gateway.server.server_close()


@pytest.fixture
def gateway(running: Gateway):
    running.requests.clear()
    running.answering = lambda request: (201, signed(request, 201, TAKEN), TAKEN)
    return running


def adapter(base_url: str) -> SichuanAdapter:
    settings = SichuanSettings(
        base_url=base_url,
        our_app="cq-yuzhong-01",
        partner_app="sc-adapter-01",
        our_keys=lambda _: ("o" * 32,),
        partner_keys=lambda _: ("old" * 8, "p" * 32),
    )
    return SichuanAdapter(settings, lambda: datetime.now(UTC))


def test_a_retry_changes_nonce_timestamp_and_signature_only(gateway):
    for _ in range(2):
        assert adapter(gateway.url + "/gate/").send(RENDERED).partner_no == "SC1"
    (path, first, body), (other_path, second, other_body) = gateway.requests
    assert (path, body) == (other_path, other_body)
    assert path == "/gate/cy/v1/cases"
    changed = {name for name in first if first[name] != second[name]}
    assert {"X-CY-Nonce", "X-CY-Signature"} <= changed <= {"X-CY-Nonce", "X-CY-Signature", "X-CY-Timestamp"}
    assert first["X-CY-Msg-Id"] == RENDERED.key
    fields = ["POST", path, "", *(first[f"X-CY-{n}"] for n in ("App-Id", "Timestamp", "Nonce", "Msg-Id"))]
    text = "\n".join([*fields, hashlib.sha256(body).hexdigest()])
    mac = base64.b64encode(hmac.digest(b"o" * 32, text.encode(), "sha256")).decode()
    assert first["X-CY-Signature"] == f"v1={mac}"
    assert "Content-Encoding" not in first


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, PartnerRefused),
        (401, PartnerRefused),
        (404, PartnerRefused),
        (408, PartnerUnavailable),
        (409, PartnerUnavailable),
        (413, PartnerRefused),
        (415, PartnerRefused),
        (422, PartnerRefused),
        (425, PartnerUnavailable),
        (429, PartnerUnavailable),
        (500, AnswerLost),
        (502, AnswerLost),
        (503, PartnerUnavailable),
        (504, AnswerLost),
        (301, PartnerRefused),
        (307, PartnerRefused),
    ],
)
def test_each_status_says_who_acts_next(gateway, status, kind):
    problem = json.dumps({"code": "CY4223"}).encode()
    gateway.answering = lambda _: (status, {"Retry-After": "7", "Location": "/elsewhere"}, problem)
    with pytest.raises(kind) as fault:
        adapter(gateway.url).send(RENDERED)
    assert type(fault.value) is kind
    assert fault.value.code == "CY4223"
    assert len(gateway.requests) == 1  # no redirect is followed, nothing is repeated here
    if kind is not PartnerRefused:
        assert fault.value.retry_after_s == 7


@pytest.mark.parametrize("body", [b"<html>", b'{"code":"<script>"}', b'{"code":1}', b"[]", b""])
def test_a_strange_problem_is_named_by_its_status(gateway, body):
    gateway.answering = lambda _: (422, {}, body)
    with pytest.raises(PartnerRefused) as refused:
        adapter(gateway.url).send(RENDERED)
    assert refused.value.code == "HTTP422"


UNTRUSTED = {
    "unsigned": lambda request: {},
    "another key": lambda request: signed(request, 201, TAKEN, key="x" * 32),
    "another nonce": lambda request: signed(request, 201, TAKEN, nonce="0" * 32),
    "another status": lambda request: signed(request, 201, TAKEN, status="200"),
    "another body": lambda request: signed(request, 201, TAKEN + b" "),
    "another algorithm": lambda request: signed(request, 201, TAKEN, alg="HMAC-SM3"),
    "old": lambda request: signed(request, 201, TAKEN, timestamp=str(int(time.time()) - 95)),
    "no time": lambda request: signed(request, 201, TAKEN, timestamp="now"),
}


@pytest.mark.parametrize("fault", list(UNTRUSTED))
def test_success_that_is_not_signed_as_agreed_counts_as_lost(gateway, fault):
    gateway.answering = lambda request: (201, UNTRUSTED[fault](request), TAKEN)
    with pytest.raises(PartnerUntrusted):
        adapter(gateway.url).send(RENDERED)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"receivedAt":"yesterday"}', b'{"receivedAt":1}'])
def test_signed_nonsense_is_not_believed_either(gateway, body):
    gateway.answering = lambda request: (201, signed(request, 201, body), body)
    with pytest.raises(PartnerUntrusted):
        adapter(gateway.url).send(RENDERED)


def test_nobody_there_means_later():
    with pytest.raises(PartnerUnavailable):
        adapter(f"http://127.0.0.1:{nowhere()}").send(RENDERED)


def test_a_file_with_another_content_is_not_taken(gateway):
    gateway.answering = lambda request: (200, signed(request, 200, b"%PDF-x"), b"%PDF-x")
    with pytest.raises(PartnerUntrusted):
        adapter(gateway.url).get_file(HANDLING, "ab" * 32)
    sha256 = hashlib.sha256(b"%PDF-x").hexdigest()
    assert adapter(gateway.url).get_file(HANDLING, sha256) == b"%PDF-x"


def test_a_file_of_more_than_20_mb_is_not_read_to_its_end(gateway):
    data = b"%PDF-" + bytes(20 * 1024 * 1024)
    gateway.answering = lambda request: (200, signed(request, 200, data), data)
    with pytest.raises(AnswerLost):
        adapter(gateway.url).get_file(HANDLING, hashlib.sha256(data).hexdigest())


LATEST = {
    "caseNo": CASE,
    "partnerCaseNo": "SC1",
    "event": "ACCEPTED",
    "seq": 2,
    "occurredAt": "2026-11-23T15:30:00+08:00",
    "payload": {},
}


@pytest.mark.parametrize(
    "answer",
    [
        LATEST | {"caseNo": "500103202611230000021"},
        LATEST | {"seq": 0},
        LATEST | {"occurredAt": None},
        {k: v for k, v in LATEST.items() if k != "event"},
        LATEST | {"event": "APPROVED"},
    ],
)
def test_a_query_answer_out_of_form_is_not_believed(gateway, answer):
    body = json.dumps(answer).encode()
    gateway.answering = lambda request: (200, signed(request, 200, body), body)
    with pytest.raises(PartnerUntrusted):
        adapter(gateway.url).query(HANDLING)


def test_a_query_before_any_event_and_of_an_unknown_case(gateway):
    body = json.dumps(LATEST | {"event": None, "seq": 0, "occurredAt": None}).encode()
    gateway.answering = lambda request: (200, signed(request, 200, body), body)
    assert adapter(gateway.url).query(HANDLING) is None
    gateway.answering = lambda _: (404, {}, b'{"code":"CY4041"}')
    assert adapter(gateway.url).query(HANDLING) is None


def test_the_body_of_a_redirect_is_bounded_too(gateway):
    gateway.answering = lambda _: (301, {"Location": "/elsewhere"}, bytes(3 * 1024 * 1024))
    with pytest.raises(AnswerLost) as lost:
        adapter(gateway.url).send(RENDERED)
    assert lost.value.code == "TOO_LARGE"
