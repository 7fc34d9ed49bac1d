"""The callback route over real HTTP: raw headers and bodies as only a socket can send them."""

import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests
from fastapi import FastAPI

from domain.terms import Partner
from partners.callbacks import RawCallback
from tests.contract.serving import served
from tests.unit.exchange.sichuan_callbacks import (
    HANDLING,
    NOW,
    SichuanOffice,
    callback,
    content,
    headers,
    open_sichuan_office,
)
from tests.unit.exchange.sichuan_refusals import REFUSED_BODIES, REFUSED_HEADERS
from tests.unit.exchange.standing import standing
from web.api import callbacks


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_sichuan_office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def kicks():
    return []


@pytest.fixture(scope="module")
def url(office: SichuanOffice, kicks):
    app = FastAPI()
    app.include_router(callbacks.router(Partner.SICHUAN, office.intake, lambda: kicks.append(1)))
    with served(app) as base:
        yield base


def test_acknowledged_and_the_relay_woken(url, kicks):
    raw = callback(content())
    answer = requests.post(f"{url}/callbacks/sichuan", data=raw.body, headers=dict(raw.headers), timeout=5)
    assert answer.status_code == 200
    assert answer.json()["code"] == "0000"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-CY-Signature"].startswith("v1=")
    assert kicks


def test_refusals_are_problems(url):
    answer = requests.post(f"{url}/callbacks/sichuan", data=b"{}", timeout=5)
    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "CY4151"


def test_only_post(url):
    assert requests.get(f"{url}/callbacks/sichuan", timeout=5).status_code == 405


def raw_request(url: str, lines: list[str], body: bytes) -> tuple[int, dict]:
    target = urlsplit(url)
    with socket.create_connection((target.hostname, target.port), timeout=5) as peer:
        peer.sendall("\r\n".join(["POST /callbacks/sichuan HTTP/1.1", "Host: x", *lines, "", ""]).encode("latin-1"))
        peer.sendall(body)
        answer = http.client.HTTPResponse(peer)
        answer.begin()
        return answer.status, json.loads(answer.read() or b"{}")


def lines(body: bytes, **other) -> list[str]:
    return [f"{name}: {value}" for name, value in headers(body, "evt_00000002", **other)]


def test_a_header_twice(url):
    body = json.dumps(content(event_id="evt_00000002")).encode()
    twice = [*lines(body), "x-cy-nonce: " + "ab" * 16, f"Content-Length: {len(body)}"]
    assert raw_request(url, twice, body)[1]["code"] == "CY4002"


def test_too_large_is_told_without_reading_on(url):
    announced = [*lines(b""), "Content-Length: 10737418240"]
    assert raw_request(url, announced, b"x" * 10)[1]["code"] == "CY4131"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    status, body = raw_request(url, [*lines(b""), "Transfer-Encoding: chunked"], chunk * 5)
    assert (status, body["code"]) == (413, "CY4131")


def test_length_and_chunks_together(url):
    body = json.dumps(content(event_id="evt_00000002")).encode()
    both = [*lines(body), f"Content-Length: {len(body)}", "Transfer-Encoding: chunked"]
    status, _ = raw_request(url, both, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert status == 400


def test_a_sender_that_hangs_up_leaves_nothing(url, office: SichuanOffice):
    before = office.inbox_rows(), len(office.security_events())
    target = urlsplit(url)
    with socket.create_connection((target.hostname, target.port), timeout=5) as peer:
        peer.sendall(b"POST /callbacks/sichuan HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    deadline = time.monotonic() + 5
    while requests.get(f"{url}/callbacks/sichuan", timeout=5).status_code != 405:
        assert time.monotonic() < deadline
    assert (office.inbox_rows(), len(office.security_events())) == before


def test_a_refusal_is_quick_however_deep(url):
    deep = b"[" * 130_000 + b"]" * 130_000
    began = time.monotonic()
    answer = requests.post(
        f"{url}/callbacks/sichuan", data=deep, headers=dict(headers(deep, "evt_00000003")), timeout=5
    )
    assert answer.json()["code"] == "CY4001"
    assert time.monotonic() - began < 1


def as_sent(raw: RawCallback) -> tuple[list[str], bytes]:
    """The lines and the body of a request, as a socket sends them."""
    body = raw.body or b""
    told = [f"{name}: {value}" for name, value in raw.headers]
    lengths = {name.lower() for name, _ in raw.headers} & {"content-length", "transfer-encoding"}
    return told if lengths else [*told, f"Content-Length: {len(body)}"], body


def sendable(case: tuple[str, RawCallback, int, str]) -> bool:
    """What HTTP itself carries: no line end inside a value, only latin-1, no blank that is cut off."""
    values = [value for _, value in case[1].headers]
    return all(value.isprintable() and value == value.strip() and value.isascii() for value in values)


SENT = [case for case in REFUSED_HEADERS + REFUSED_BODIES if sendable(case) and case[0] != "two lengths"]


@pytest.mark.parametrize(("raw", "status", "code"), [pytest.param(*case[1:], id=case[0]) for case in SENT])
def test_the_whole_catalogue_over_the_wire(url, office: SichuanOffice, raw, status, code):
    """reliability.md §5, 1-40: no 5xx, under a second, one security event, nothing changed."""
    office.clock[0] = NOW
    before, events = standing(office.database, HANDLING), len(office.security_events())
    began = time.monotonic()
    answered, body = raw_request(url, *as_sent(raw))
    assert time.monotonic() - began < 1
    assert (answered, body["code"]) == (status, code)
    assert standing(office.database, HANDLING) == before
    assert office.security_events()[events:] == [code]


@pytest.mark.parametrize("first", ["content-length", "transfer-encoding"])
def test_two_statements_of_a_length_smuggle_nothing(url, office: SichuanOffice, first):
    """Answered once, and the connection is closed: what follows is not taken for a second request."""
    before, target = standing(office.database, HANDLING), urlsplit(url)
    body = b"0\r\n\r\nPOST /callbacks/sichuan HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    both = [f"content-length: {len(body)}", "transfer-encoding: chunked"]
    told = both if first == "content-length" else both[::-1]
    with socket.create_connection((target.hostname, target.port), timeout=5) as peer_:
        head = "\r\n".join(["POST /callbacks/sichuan HTTP/1.1", "Host: x", *lines(b"{}"), *told, "", ""])
        peer_.sendall(head.encode("latin-1") + body)
        answered = b""
        while piece := peer_.recv(65536):
            answered += piece
    assert answered.count(b"HTTP/1.1 ") == 1
    assert answered.startswith(b"HTTP/1.1 400")
    assert standing(office.database, HANDLING) == before


def test_a_body_that_never_ends_is_given_up(url, office: SichuanOffice, monkeypatch):
    monkeypatch.setattr(callbacks, "BODY_S", 0.2)
    announced = [*lines(b"{}"), "Content-Length: 1000"]
    rows = office.inbox_rows()
    assert raw_request(url, announced, b"{")[0] == 408
    assert office.inbox_rows() == rows
