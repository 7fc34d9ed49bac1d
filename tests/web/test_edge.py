"""Attacks on the web process as it is served, over sockets: nobody holds it up, fills it or tells it who he is."""

import contextlib
import json
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from tests.web.alone import web_alone
from tests.web.edge_attacks import (
    FORM,
    connections,
    dribbled,
    head,
    memory_mb,
    opened,
    poured,
    rest,
    status_of,
)

HEAD_S, BODY_S, SEND_S = 1, 1, 1
MUCH = 100 * 1024 * 1024
MAY_STAY_MB = 64
PARTS = "Content-Type: multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """Impatient, so that nobody waits for half a minute; all else as it is by default."""
    times = {"EDGE_HEAD_S": str(HEAD_S), "EDGE_BODY_S": str(BODY_S), "EDGE_SEND_S": str(SEND_S)}
    with web_alone(tmp_path_factory.mktemp("edge"), EDGE_ADDRESS_PER_S="100", **times) as (base, process):
        yield base, process


@pytest.fixture(scope="module")
def base(web):
    return web[0]


def get(base, path, **headers):
    with requests.Session() as caller:
        caller.trust_env = False
        return caller.get(f"{base}{path}", headers=headers, timeout=20, allow_redirects=False)


def login(base, **headers):
    with requests.Session() as caller:
        caller.trust_env = False
        return caller.post(
            f"{base}/api/v1/login", json={"username": "clerk", "password": "demo"}, headers=headers, timeout=30
        )


@pytest.mark.parametrize(
    ("start", "within_s"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", HEAD_S),
        (b"G", HEAD_S),
        (b"", HEAD_S),
        (head("GET", "/healthz") + b"GET /healthz HTTP/1.1\r\nX-Slow: ", HEAD_S),
        (head("POST", "/login", FORM, "Content-Length: 1000"), BODY_S),
        (head("POST", "/track", PARTS, "Content-Length: 9999") + b"--x\r\nContent-Disposition: form-data; ", BODY_S),
        (head("POST", "/api/v1/login", "Content-Type: application/json", "Content-Length: 1000"), BODY_S),
        (head("POST", "/api/v1/login", "Transfer-Encoding: chunked") + b"3e8\r\n", BODY_S),
        (head("POST", "/callbacks/sichuan", "Content-Length: 1000"), BODY_S),
    ],
    ids=["head", "first byte", "head from the start", "next head", "form", "parts", "json", "chunk", "wire"],
)
def test_who_dribbles_is_given_up(base, start, within_s):
    took, said = dribbled(base, start)
    assert took < within_s + 3
    assert status_of(said[said.rfind(b"HTTP/1.1 ") :]) == 408


def test_a_silent_connection_is_given_up(base):
    with opened(base) as peer:
        began = time.monotonic()
        assert status_of(rest(peer)) == 408
        assert time.monotonic() - began < HEAD_S + 2


def test_a_slow_line_that_goes_on_is_served(base):
    """More than EDGE_BODY_BYTES_PER_S, for longer than EDGE_BODY_S."""
    body = b"x" * 32_768
    with opened(base) as peer:
        peer.sendall(head("POST", "/login", FORM, f"Content-Length: {len(body)}"))
        for at in range(0, len(body), 4096):
            peer.sendall(body[at : at + 4096])
            time.sleep(0.45)  # it is the slowness that is tested
        assert status_of(peer.recv(65536)) == 401


def test_who_takes_no_answer_is_given_up(base):
    """A file asked for twenty times over one line, more than the system itself takes, and nothing of it is read."""
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.settimeout(20)
        where = urlsplit(base)
        peer.connect((where.hostname, where.port))
        before, began = connections(base), time.monotonic()
        peer.sendall(head("GET", "/static/vendor/swagger-ui/swagger-ui-bundle.js") * 20)
        until(lambda: connections(base) < before)
        assert time.monotonic() - began < SEND_S + 3, "sooner than an idle connection ends"


def until(true, within_s=15):
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)


CHUNK = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
BODIES = {
    "form": ("/login", FORM, "TOO_LARGE"),
    "parts": ("/track", PARTS, "TOO_LARGE"),
    "no type": ("/api/v1/login", "X-Nothing: 1", "TOO_LARGE"),
    "json": ("/api/v1/login", "Content-Type: application/json", "TOO_LARGE"),
    "document": ("/api/v1/documents", "X-Nothing: 1", "DOCUMENT_TOO_LARGE"),
    "list": ("/api/v1/agreements", "X-Nothing: 1", "LIST_TOO_LARGE"),
    "wire": ("/callbacks/sichuan", "Content-Type: application/json", "CY4131"),
    "receipt": ("/callbacks/sms", "X-Nothing: 1", None),
    "nowhere": ("/nothing/here", "X-Nothing: 1", "TOO_LARGE"),
}


@pytest.mark.parametrize(("path", "kind", "code"), BODIES.values(), ids=BODIES)
def test_a_body_of_100_mb_is_refused_before_it_is_read(web, path, kind, code):
    base, process = web
    before = memory_mb(process)
    said = poured(
        base, head("PUT" if "agree" in path else "POST", path, kind, f"Content-Length: {MUCH}"), b"x" * 65536, 1
    )
    assert status_of(said) == 413
    if code is not None:
        assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == code
    assert memory_mb(process) - before < MAY_STAY_MB


@pytest.mark.parametrize("path", ["/login", "/track", "/api/v1/login", "/callbacks/sichuan", "/healthz", "/cases"])
def test_a_whole_body_of_100_mb_is_let_go_and_answered(web, path):
    """In chunks, so nothing says beforehand how much it will be; the sender learns what was wrong all the same."""
    base, process = web
    before = memory_mb(process)
    kind = "application/json" if path.startswith(("/api", "/callbacks")) else "application/x-www-form-urlencoded"
    start = head("POST", path, "Transfer-Encoding: chunked", f"Content-Type: {kind}")
    said = poured(base, start, CHUNK, 100)
    assert status_of(said) == (405 if path in ("/healthz", "/cases") else 413)
    assert memory_mb(process) - before < MAY_STAY_MB


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"FFFFFFFFFFFFFFFF\r\n", b"x" * 65536),
        (b"", b"1\r\nx\r\n" * 10_000),
        (b"1;" + b"e" * 65536, b"e" * 65536),
        (b"0\r\n", b"X-Trailer: y\r\n" * 5_000),
    ],
    ids=["one endless chunk", "chunks of a byte", "endless extension", "endless trailers"],
)
def test_chunks_that_are_bombs(web, start, piece):
    base, process = web
    before = memory_mb(process)
    said = poured(base, head("POST", "/login", FORM, "Transfer-Encoding: chunked") + start, piece, 100)
    assert status_of(said) in (400, 413)
    assert memory_mb(process) - before < MAY_STAY_MB


@pytest.mark.parametrize("path", ["/login", "/callbacks/sichuan"])
@pytest.mark.parametrize(
    "lines",
    [[f"X-{n}: y" for n in range(101)], [f"X-{n}: y" for n in range(50_000)], ["X-Huge: " + "y" * 1_000_000]],
    ids=["101 headers", "50000 headers", "one of a megabyte"],
)
def test_heads_that_are_too_much(web, path, lines):
    base, process = web
    before = memory_mb(process)
    began = time.monotonic()
    assert status_of(poured(base, b"", head("POST", path, *lines), 1)) in (400, 431)
    assert time.monotonic() - began < 2
    assert memory_mb(process) - before < MAY_STAY_MB


def test_others_are_served_beside_180_slow_callers_and_none_of_it_stays(web):
    base, process = web
    token = login(base).json()["token"]
    before, idle = memory_mb(process), took_ms(base, token)
    slow = [opened(base) for _ in range(180)]
    try:
        for number, peer in enumerate(slow):
            start = head("POST", "/track", FORM, "Content-Length: 60000") + b"x" * 50_000
            peer.sendall(start if number % 2 else b"GET / HTTP/1.1\r\nX-Slow: " + b"y" * 20_000)
        assert took_ms(base, token) < 4 * idle + 50
        until(lambda: connections(base) < 20)
    finally:
        for peer in slow:
            peer.close()
    assert memory_mb(process) - before < MAY_STAY_MB


def took_ms(base, token):
    took = []
    for _ in range(20):
        began = time.perf_counter()
        assert get(base, "/api/v1/session", Authorization=f"Bearer {token}").status_code == 200
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def test_one_address_has_its_share_of_the_connections(base):
    slow = []
    try:
        until(lambda: connections(base) < 20)
        slow = [opened(base) for _ in range(220)]
        refused = [peer for peer in slow[-10:] if sent_away(peer)]
        assert refused
        mine = socket.create_connection(slow[0].getpeername(), timeout=20, source_address=("127.0.0.2", 0))
        slow.append(mine)
        mine.sendall(head("GET", "/healthz"))
        assert status_of(mine.recv(65536)) == 200, "another address has its own"
    finally:
        for peer in slow:
            peer.close()
    until(lambda: get_or_none(base, "/healthz") == 200)


def sent_away(peer):
    peer.settimeout(1)
    with contextlib.suppress(TimeoutError, ConnectionError):
        return status_of(peer.recv(65536)) == 503
    return False


def get_or_none(base, path):
    with contextlib.suppress(requests.ConnectionError):
        return get(base, path).status_code
    return None


# Who says that he is somebody else


def test_a_forged_address_is_no_way_round_the_tries(base):
    """Each with another X-Forwarded-For: they are all the caller's own tries."""

    def attempt(number):
        forged = f"198.51.100.{number}"
        said = (f"X-Forwarded-For: {forged}", f"X-Real-IP: {forged}", f"X-Track-Code: {number:08d}")
        with opened(base) as peer:
            peer.sendall(head("GET", "/api/v1/track?caseNo=500103202611230000013", *said))
            return status_of(peer.recv(65536))

    assert [attempt(number) for number in range(12)][-1] == 429


def test_a_forged_scheme_makes_no_secure_connection(base):
    answer = login(base, **{"X-Forwarded-Proto": "https", "Forwarded": "proto=https"})
    assert answer.status_code == 200
    assert "secure" not in answer.headers["Set-Cookie"].lower()
    assert "Strict-Transport-Security" not in answer.headers


def test_a_forged_host_opens_no_door_to_another_sites_page(base):
    theirs = {"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}
    answer = login(base, **theirs)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN")


def test_whoever_may_be_a_proxy_of_somebody_reads_nothing_of_the_operators(base):
    for path in ("/metrics", "/readyz", "/openapi.json"):
        assert get(base, path).status_code == 200
        assert get(base, path, **{"X-Forwarded-For": "127.0.0.1"}).status_code == 401
    there = get(base, "/docs", **{"X-Forwarded-For": "127.0.0.1"})
    assert (there.status_code, there.headers["Location"]) == (303, "/login?next=%2Fdocs")
    token = login(base).json()["token"]
    clerk = {"X-Forwarded-For": "127.0.0.1", "Authorization": f"Bearer {token}"}
    assert get(base, "/metrics", **clerk).status_code == 403
    assert get(base, "/openapi.json", **clerk).status_code == 200


@pytest.mark.parametrize(
    "lines", [["Host: evil.example"], ["Host: 127.0.0.1.evil.example"], ["Host: 127.0.0.1@evil.example"], ["Host:"]]
)
def test_another_name_than_ours_is_not_answered(base, lines):
    said = poured(base, b"", "\r\n".join(["GET /login HTTP/1.1", *lines, "", ""]).encode(), 1)
    assert status_of(said) == 400


@pytest.mark.parametrize("path", ["/login", "/api/v1/session", "/static/css/base.css", "/nothing", "/healthz", "/t/x"])
def test_an_answer_tells_nothing_of_what_runs_here(base, path):
    """Neither program nor version; a type that is not guessed at, and no leave for pages of other sites to read it."""
    answer = get(base, path, Origin="https://evil.example")
    assert not {"server", "x-powered-by", "via"} & {name.lower() for name in answer.headers}
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    kind = answer.headers.get("Content-Type", "")
    assert "charset=utf-8" in kind or not kind.startswith("text/")
    assert kind or not answer.content


@pytest.mark.parametrize("host", ["127.0.0.1", "LOCALHOST", "localhost:1", "[::1]:80"])
def test_this_machines_own_names_are(base, host):
    with opened(base) as peer:
        peer.sendall(head("GET", "/login", host=host))
        assert status_of(peer.recv(65536)) == 200


def test_a_wire_is_answered_in_its_own_words_whatever_the_name(base):
    start = head("POST", "/callbacks/sichuan", "Content-Length: 2", "Connection: close", host="evil.example")
    said = poured(base, start, b"{}", 1)
    assert (status_of(said), json.loads(said.partition(b"\r\n\r\n")[2])["code"]) == (415, "CY4151")


# Who asks too often: last, because it leaves this address without a token


def test_wrong_passwords_for_one_name_wait_after_some(base):
    """Sixty at once from an address that nobody has logged in from with this name: five are looked at."""

    def wrong(number):
        with requests.Session() as caller:
            caller.trust_env = False
            body = {"username": "auditor", "password": f"wrong-{number}"}
            return caller.post(f"{base}/api/v1/login", json=body, timeout=60)

    with ThreadPoolExecutor(30) as callers:
        answers = list(callers.map(wrong, range(60)))
    told = [answer.status_code for answer in answers]
    assert (told.count(401), told.count(429)) == (5, 55)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "LOGIN_LOCKED"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "分钟后再试" in refused.json()["detail"]
    assert login(base).status_code == 200, "another name is not touched"


def test_one_address_has_its_rate(base):
    """Ten seconds' worth at once, and then no more; static files and probes are not counted."""
    answers, over = [], threading.Event()

    def ask():
        with requests.Session() as caller:
            caller.trust_env = False
            while not over.is_set():
                answer = caller.get(f"{base}/api/v1/session", timeout=20)
                answers.append(answer.status_code)
                if answer.status_code == 429:
                    assert answer.json()["code"] == "RATE"
                    assert int(answer.headers["Retry-After"]) == 1
                    over.set()

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(answers) == {401, 429}
    assert len(answers) > 500
    assert get(base, "/healthz").status_code == 200
    assert get(base, "/static/css/base.css").status_code == 200
