"""Our client of the carrier against the played carrier, over a real socket."""

import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from domain.errors import CarrierRefused, CarrierUnavailable
from domain.terms import Leg
from logistics.carrier import CHINA, CarrierClient, CarrierTimeouts
from sandbox.couriers import Options, build
from tests.borders import nowhere

KEY = "courier-sandbox-key"
ORDER = "50010320261123000001X-FORWARD-1"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def url(serve):
    return serve(build(Options(port=0, key=KEY, pace_s=0)))


@pytest.fixture
def client(url):
    return CarrierClient(url, KEY, now, CarrierTimeouts(read_s=1, total_s=2))


def effects(url):
    return requests.get(f"{url}/control/effects", timeout=5).json()["waybills"]


def book(client, key=ORDER, leg=Leg.FORWARD):
    return client.book(key, leg, "500103", "510100")


def test_booking_again_gives_the_same_number_and_one_effect(client, url):
    assert book(client) == book(client)
    assert {k: (e["count"], e["attempts"]) for k, e in effects(url).items()} == {ORDER: (1, 2)}


def test_interregional_numbers_are_s10_and_city_numbers_have_13_digits(client):
    assert book(client).endswith("CN") and len(book(client)) == 13
    city = book(client, "50010320261123000001X-PICKUP-1", Leg.PICKUP)
    assert city.isdigit() and len(city) == 13


def test_the_same_order_key_for_another_leg_is_refused(client):
    book(client)
    with pytest.raises(CarrierRefused) as refusal:
        book(client, leg=Leg.BACK)
    assert refusal.value.code == "OTHER_CONTENT"


def test_an_interregional_parcel_moves_by_itself_to_the_end(client):
    ops = client.trace(book(client))
    assert [op.op_code for op in ops] == ["203", "305", "954", "989", "306", "702", "704"]
    assert all(op.tz_assumed and op.at.utcoffset() == timedelta(hours=8) for op in ops)
    assert abs(ops[-1].at - now()) < timedelta(seconds=5)


def test_a_repeated_line_keeps_both_times_under_its_own_occurrence(client, url):
    requests.put(f"{url}/control/scripts/{ORDER}", json={"resent_ops": True, "unknown_code": "977"}, timeout=5)
    ops = client.trace(book(client))
    assert [(op.op_code, op.occurrence) for op in ops][2:5] == [("954", 1), ("954", 2), ("977", 1)]
    assert ops[3].at == ops[2].at - timedelta(hours=1)


def test_what_a_script_leaves_open_is_as_in_the_default(client, url):
    requests.put(f"{url}/control/default", json={"pace_s": 3600}, timeout=5)
    requests.put(f"{url}/control/scripts/{ORDER}", json={"unknown_code": "977"}, timeout=5)
    assert client.trace(book(client)) == ()


def test_cancel_before_custody_and_never_after(client, url):
    requests.put(f"{url}/control/scripts/{ORDER}", json={"pace_s": 3600}, timeout=5)
    number = book(client)
    client.cancel(ORDER)
    client.cancel(ORDER)
    assert effects(url)[ORDER]["cancelled"]
    assert client.trace(number) == ()
    client.cancel("50010320261123000009X-FORWARD-1")  # never booked: nothing to cancel
    moving = "50010320261123000002X-FORWARD-1"
    book(client, moving)
    with pytest.raises(CarrierRefused) as refusal:
        client.cancel(moving)
    assert refusal.value.code == "IN_CUSTODY"


def test_an_unknown_number_and_a_wrong_key_are_refused(client, url):
    with pytest.raises(CarrierRefused) as refusal:
        client.trace("EA000000000CN")
    assert refusal.value.code == "NOT_FOUND"
    with pytest.raises(CarrierRefused) as refusal:
        book(CarrierClient(url, "other", now))
    assert refusal.value.code == "KEY"


@pytest.mark.parametrize("kind", ["down", "busy", "lost_answer"])
def test_an_outage_is_worth_another_try_and_makes_no_second_waybill(client, url, kind):
    requests.post(f"{url}/control/outage", json={"kind": kind}, timeout=5)
    with pytest.raises(CarrierUnavailable):
        book(client)
    requests.post(f"{url}/control/outage", json={"on": False}, timeout=5)
    book(client)
    assert effects(url)[ORDER]["count"] == 1
    assert effects(url)[ORDER]["attempts"] == (2 if kind == "lost_answer" else 1)


def test_a_slow_carrier_is_given_up(client, url):
    requests.post(f"{url}/control/outage", json={"kind": "slow"}, timeout=5)
    with pytest.raises(CarrierUnavailable):
        book(client)
    requests.post(f"{url}/control/outage", json={"on": False}, timeout=5)


def test_nobody_listening_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(CarrierUnavailable):
        book(CarrierClient(f"http://127.0.0.1:{port}", KEY, now))


@pytest.fixture
def raw():
    """`raw(answer)` → URL of a peer that answers every request with what `answer(socket)` sends."""
    servers = []

    def start(answer):
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(65536)
                    try:
                        answer(peer)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def said(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "answer",
    [
        said("200 OK", b"not json"),
        said("200 OK", b"[" * 100_000),
        said("200 OK", b"{}"),
        said("200 OK", b'{"trackingNo":"../../etc"}'),
        said("200 OK", b'{"trackingNo":7}'),
        said("200 OK", b'{"trackingNo":"' + b"9" * (3 * 1024 * 1024) + b'"}'),
        said("500 Oops", b""),
        said("429 Slow down", b""),
        b"no http at all\r\n\r\n",
    ],
)
def test_unreadable_answers_are_tried_again(raw, answer):
    url = raw(lambda peer: peer.sendall(answer))
    with pytest.raises(CarrierUnavailable):
        book(CarrierClient(url, KEY, now))


def test_a_redirect_is_not_followed(raw, url):
    redirecting = raw(lambda peer: peer.sendall(said("302 Found", b"", f"Location: {url}/carrier/v1/waybills")))
    with pytest.raises(CarrierRefused):
        book(CarrierClient(redirecting, KEY, now))
    assert effects(url) == {}


@pytest.mark.parametrize(
    ("before", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: a\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "chunks", "one header", "headers", "interim answers"],
)
def test_a_dribble_ends_with_the_total_time(raw, before, again):
    def dribble(peer):
        peer.sendall(before)
        while True:
            peer.sendall(again)
            time.sleep(0.02)

    client = CarrierClient(raw(dribble), KEY, now, CarrierTimeouts(read_s=1, total_s=0.3))
    began = time.monotonic()
    with pytest.raises(CarrierUnavailable) as fault:
        book(client)
    assert fault.value.code == "TIMEOUT"
    assert time.monotonic() - began < 3


def test_the_machines_proxy_is_not_asked(client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{nowhere()}")
    assert book(client)


def test_a_line_from_the_future_is_kept_and_marked(raw):
    late = (now() + timedelta(hours=2)).astimezone(CHINA)
    body = f'{{"ops":[{{"opCode":"704","opTime":"{late.isoformat()}","opOrg":"x","opDesc":"妥投"}}]}}'.encode()
    ops = CarrierClient(raw(lambda peer: peer.sendall(said("200 OK", body))), KEY, now).trace("EA000000000CN")
    assert ops[0].clock_suspect and not ops[0].tz_assumed and ops[0].at == late
