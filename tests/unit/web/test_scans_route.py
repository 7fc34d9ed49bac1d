"""`POST /scans:batch` over real HTTP: who may, what is refused as a whole, what the answer looks like."""

import json

import pytest
import requests

from tests.contract.couriers.kuayu_office import now, open_office
from tests.contract.serving import served
from web.api import scans

LEG = "50010320261123000001X-PICKUP-1"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("office"))
    opened.order(LEG, "1200000000001")
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def url(office):
    with served(office.app) as base:
        yield base


@pytest.fixture(scope="module")
def tokens(url):
    def login(role):
        body = {"username": role, "password": "demo"}
        return requests.post(f"{url}/api/v1/login", json=body, timeout=5).json()["token"]

    return {role: login(role) for role in ("courier", "officer", "clerk")}


def post(url, token, body):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{url}/api/v1/scans:batch", data=data, headers=headers, timeout=10)


def event(seq=1, **more):
    plain = {"eventId": f"event-{seq:04d}", "deviceSeq": seq, "occurredAt": now().isoformat(), "kind": "EN_ROUTE"}
    return {**plain, "code": "1200000000001", "epoch": 1, **more}


def test_the_answer_is_as_published(url, tokens, office):
    answer = post(url, tokens["courier"], {"deviceId": "c1", "events": [event(1), event(2, kind="FLOWN")]})
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"serverTime", "watermark", "results"}
    assert told["watermark"] == 2
    assert told["results"] == [
        {"eventId": "event-0001", "result": "accepted", "code": None, "retryable": False},
        {"eventId": "event-0002", "result": "rejected", "code": "FORM:kind", "retryable": False},
    ]
    assert office.kicks


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("officer", 403), ("clerk", 200)])
def test_who_may(url, tokens, role, status):
    assert post(url, tokens.get(role), {"deviceId": "d", "events": []}).status_code == status


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "JSON"),
        (b"", 400, "JSON"),
        (b'{"deviceId":"d","deviceId":"e","events":[]}', 400, "JSON"),
        (b'{"deviceId":"d","events":[],"events":[]}', 400, "JSON"),
        (b'\xef\xbb\xbf{"deviceId":"d","events":[]}', 400, "JSON"),
        (b"[" * 100_000, 400, "JSON"),
        (b"[]", 422, "INVALID"),
        (b'{"events":[]}', 422, "INVALID"),
        (b'{"deviceId":"a b","events":[]}', 422, "INVALID"),
        (b'{"deviceId":"' + b"d" * 65 + b'","events":[]}', 422, "INVALID"),
        (b'{"deviceId":"d","events":{}}', 422, "INVALID"),
        (b'{"deviceId":"d","events":[' + b",".join([b"1"] * 201) + b"]}", 422, "INVALID"),
        (b'"' + b"x" * (3 * 1024 * 1024) + b'"', 413, "BATCH_TOO_LARGE"),
    ],
    ids=lambda given: given[:40].decode("ascii", "replace") if isinstance(given, bytes) else str(given),
)
def test_refused_as_a_whole(url, tokens, body, status, code):
    answer = post(url, tokens["courier"], body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "line",
    [
        b"NaN",
        b'"\\u0000"',
        b'"\\ud800"',
        b'{"eventId":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":1,"a":1}',
        b'{"n":1e999}',
        b'{"n":' + b"9" * 5000 + b"}",
        b"[" * 50_000 + b"]" * 50_000,
        b'{"note":' * 40_000 + b"1" + b"}" * 40_000,
        b'{"note":"\xff\xfe"}',
        b'{"note":"\x00"}',
        b'{"deviceSeq":9007199254740992,"eventId":"event-9999"}',
    ],
    ids=lambda line: line[:20].decode("ascii", "replace"),
)
def test_one_junk_line_spoils_that_line_only(url, tokens, line):
    good = json.dumps(event(1)).encode()
    last = json.dumps(event(2)).encode()
    body = b'{"deviceId":"junk-%d","events":[%s,%s,%s]}' % (abs(hash(line)), good, line, last)
    answer = post(url, tokens["courier"], body)
    assert answer.status_code == 200
    assert [one["result"] for one in answer.json()["results"]] == ["accepted", "rejected", "accepted"]
    assert answer.json()["watermark"] == 2
    again = post(url, tokens["courier"], body).json()["results"]
    assert [one["result"] for one in again] == ["duplicate", "rejected", "duplicate"]


def test_too_many_at_once_are_sent_away_for_a_moment(url, tokens, monkeypatch):
    monkeypatch.setattr(scans, "_MAY_WAIT", 0)
    answer = post(url, tokens["courier"], {"deviceId": "d", "events": []})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 5


def test_the_work_list_shows_no_more_than_needed(url, tokens):
    headers = {"Authorization": f"Bearer {tokens['courier']}"}
    answer = requests.get(f"{url}/api/v1/outlets/shiyoulu/worklist", headers=headers, timeout=5)
    (job,) = answer.json()["jobs"]
    assert (job["legId"], job["trackingNo"], job["courierId"]) == (LEG, "1200000000001", "c1")
    assert job["contact"] == {"nameMasked": "李**", "phoneTail": "1234"}
    assert "13800001234" not in answer.text and "李小明" not in answer.text
