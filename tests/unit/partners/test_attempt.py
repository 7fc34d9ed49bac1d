"""The limits of one attempt against peers that misbehave on a real socket."""

import gzip
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from domain.errors import AnswerLost, PartnerUnavailable
from partners.attempt import Attempts
from tests.unit.exchange.resident import ALLOWED, MB, added, packed

OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def peer(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads one request head and then does as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(65536)
                    try:
                        answer(client)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def plain(body: bytes, *headers: bytes) -> Callable[[socket.socket], None]:
    head = OK + b"".join(h + b"\r\n" for h in headers) + b"Content-Length: %d\r\n\r\n" % len(body)
    return lambda client: client.sendall(head + body)


def make(url: str, **limits):
    attempts = Attempts()
    try:
        return attempts.make("POST", url, headers={}, body=b"x", **limits)
    finally:
        attempts.close()


def test_an_answer_comes_back_whole():
    with peer(plain(b"hello")) as url:
        answer = make(url)
    assert (answer.status, answer.body) == (200, b"hello")


def dribble(before: bytes, again: bytes = b"a") -> Callable[[socket.socket], None]:
    def send(client: socket.socket) -> None:
        client.sendall(before)
        while True:
            client.sendall(again)
            time.sleep(0.02)  # the peer's own slowness, not a wait of the test

    return send


@pytest.mark.parametrize(
    "misbehaving",
    [
        dribble(OK + b"Content-Length: 100000\r\n\r\n"),
        dribble(OK + b"Connection: close\r\n\r\n"),
        dribble(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        dribble(OK + b"Transfer-Encoding: chunked\r\n\r\n1;"),
        dribble(OK + b"X-Long: "),
        dribble(OK, b"X-More: a\r\n"),
        dribble(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dribble(b""),
    ],
    ids=["body", "body without length", "chunks", "chunk size", "header", "headers", "interim", "nothing first"],
)
def test_a_dribbling_peer_is_cut_off_at_the_total_deadline(misbehaving):
    began = time.monotonic()
    with peer(misbehaving) as url, pytest.raises(AnswerLost) as lost:
        make(url, total_s=0.3)
    assert time.monotonic() - began < 3
    assert lost.value.code in ("TIMEOUT", "ANSWER_LOST")  # either way the effect is unknown: asked again, same key


def test_a_connection_that_was_kept_has_the_deadline_of_each_call():
    """The second call over the same connection is the one that dribbles."""
    calls = []

    def first_well_then_ill(client: socket.socket) -> None:
        plain(b"hello")(client)
        calls.append(client.recv(65536))
        dribble(OK + b"X-Long: ")(client)

    with peer(first_well_then_ill) as url:
        attempts = Attempts()
        assert attempts.make("POST", url, headers={}, total_s=0.3).body == b"hello"
        began = time.monotonic()
        with pytest.raises(AnswerLost):
            attempts.make("POST", url, headers={}, total_s=0.3)
        attempts.close()
    assert time.monotonic() - began < 3
    assert len(calls) == 1


def test_too_much_is_lost_whether_plain_or_unpacked():
    packed = gzip.compress(bytes(10_000_000))
    with peer(plain(bytes(3000))) as url, pytest.raises(AnswerLost) as plain_fault:
        make(url, max_bytes=2999)
    with peer(plain(packed, b"Content-Encoding: gzip")) as url, pytest.raises(AnswerLost) as packed_fault:
        make(url, max_bytes=100_000)
    assert plain_fault.value.code == packed_fault.value.code == "TOO_LARGE"


def test_gzip_is_unpacked_and_other_encodings_are_not():
    with peer(plain(gzip.compress(b"hello"), b"Content-Encoding: gzip")) as url:
        assert make(url).body == b"hello"
    for body, encoding in ((b"hello", b"br"), (b"not gzip", b"gzip"), (gzip.compress(b"hello")[:-3], b"gzip")):
        with peer(plain(body, b"Content-Encoding: " + encoding)) as url, pytest.raises(AnswerLost) as fault:
            make(url)
        assert fault.value.code == "ENCODING"


def test_a_redirect_is_an_answer_and_not_followed():
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with peer(lambda client: client.sendall(moved)) as url:
        assert make(url).status == 302


def test_a_proxy_in_the_environment_is_ignored(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with peer(plain(b"direct")) as url:
        assert make(url).body == b"direct"


@pytest.mark.parametrize("cut", [b"", OK + b"Content-Length: 10\r\n\r\n12345"])
def test_a_connection_that_breaks_loses_the_answer(cut):
    with peer(lambda client: client.sendall(cut)) as url, pytest.raises(AnswerLost):
        make(url)


def test_where_nobody_listens_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PartnerUnavailable) as fault:
        make(f"http://127.0.0.1:{port}/")
    assert not isinstance(fault.value, AnswerLost)


def test_a_large_file_reaches_a_peer_that_reads_slowly(monkeypatch: pytest.MonkeyPatch):
    """One sendall of 8 MB within the connect timeout would fail where the peer needs longer in all."""
    monkeypatch.setattr("partners.attempt.CONNECT_S", 0.3)
    got = bytearray()

    def slow(client: socket.socket) -> None:
        while not got.endswith(b"END"):
            got.extend(client.recv(1_000_000))
            time.sleep(0.08)
        plain(b"ok")(client)

    with peer(slow) as url:
        attempts = Attempts()
        answer = attempts.make("POST", url, headers={}, body=b"f" * 8_000_000 + b"END")
        attempts.close()
    assert answer.body == b"ok"


def test_the_measure_sees_what_is_really_there():
    assert added(lambda: bytearray(secrets.token_bytes(MB)) * 64) > 60 * MB


def test_an_answer_that_unfolds_too_far():
    bomb = packed(256 * MB, bytes(MB))
    with peer(plain(bomb, b"Content-Encoding: gzip")) as url:

        def work() -> None:
            with pytest.raises(AnswerLost) as lost:
                make(url)
            assert lost.value.code == "TOO_LARGE"

        assert added(work) < ALLOWED
