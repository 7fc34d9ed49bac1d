"""The deadline over TLS, where a socket has state of its own, and for peers that take slowly instead of giving."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from urllib3.exceptions import HTTPError

from outbound.deadline import Deadline, bounded_session

TOTAL_S = 0.3
CUT = (requests.RequestException, HTTPError, OSError)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and its own certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer")])
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("peer") / "peer.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def serve(listener, how):
    def run():
        try:
            client, _ = listener.accept()
            with client:
                how(client)
        except OSError:
            return  # cut off, as it should be

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def dribble(client, before):
    client.sendall(before)
    while True:
        client.sendall(b"a")
        time.sleep(0.02)  # the peer's own slowness, not a wait of the test


def call(url, *, body=b"x", verify=True, read_s=5.0):
    """How long the call took, and whether its time was up. A head that was cut may look like a whole answer."""
    began = time.monotonic()
    with bounded_session() as session, Deadline(TOTAL_S, read_s) as deadline, suppress(CUT):
        session.post(url, data=body, verify=verify, timeout=(3, read_s), stream=True).raw.read()
    return time.monotonic() - began, deadline.expired


@pytest.mark.parametrize("before", [HEAD, b"HTTP/1.1 200 OK\r\nX-Long: "], ids=["body", "head"])
def test_over_tls_too(listener, certificate, before):
    def secure(client):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with context.wrap_socket(client, server_side=True) as wrapped:
            wrapped.recv(65536)
            dribble(wrapped, before)

    port = serve(listener, secure)
    took, expired = call(f"https://127.0.0.1:{port}/", verify=str(certificate))
    assert expired and took < 3


def test_a_peer_that_takes_slowly(listener):
    def slow(client):
        while client.recv(1000):
            time.sleep(0.02)

    port = serve(listener, slow)
    took, expired = call(f"http://127.0.0.1:{port}/", body=bytes(64_000_000))
    assert expired and took < 3


def test_a_peer_that_is_silent_has_the_read_timeout(listener):
    port = serve(listener, lambda client: [client.recv(65536), threading.Event().wait(5)])
    took, expired = call(f"http://127.0.0.1:{port}/", read_s=0.1)
    assert not expired and took < 3


def test_each_thread_has_its_own(listener):
    """A call whose time is up cuts its own connection and no other's."""
    done = threading.Event()

    def patient(client):
        client.recv(65536)
        done.wait(10)
        client.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    port = serve(listener, patient)
    with socket.create_server(("127.0.0.1", 0)) as other:
        cut = serve(other, lambda client: dribble(client, HEAD))

        def dribbled():
            call(f"http://127.0.0.1:{cut}/")
            done.set()

        threading.Thread(target=dribbled, daemon=True).start()
        with bounded_session() as session, Deadline(30, 20) as deadline:
            answer = session.post(f"http://127.0.0.1:{port}/", timeout=20)
    assert (answer.status_code, deadline.expired, done.is_set()) == (204, False, True)
