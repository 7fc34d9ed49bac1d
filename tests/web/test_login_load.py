"""Wrong logins at once cost those nothing who write meanwhile (the real web process, over HTTP)."""

import hashlib
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from cli.migration import run_migration
from runtime.settings import load_settings
from tests.borders import nobodys_ports, nowhere

LOGINS_AT_ONCE = 45
WRITES = 60
ROUNDS = 5
"""This machine may be busy with other things, which come and go: the quietest round is the one that tells."""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """The web process alone, on a database of its own; Temporal is away."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = kept | {
        "DATA_DIR": str(tmp_path_factory.mktemp("web")),
        "PORT": str(port),
        "SANDBOX": "1",
        "DEMO_USERS": "1",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{nowhere()}",
        **{name.upper(): str(port) for name, port in nobodys_ports().items()},
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        list(run_migration(load_settings(None)))
    program = [str(Path(sys.executable).with_name("kuayu")), "web"]
    process = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        until_ready(base, process)
        yield base
    finally:
        process.terminate()
        process.wait(20)


def until_ready(base, process):
    ends = time.monotonic() + 60
    while True:
        try:
            if requests.get(f"{base}/readyz", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            assert process.poll() is None and time.monotonic() < ends, "the web process does not start"
            time.sleep(0.1)


def caller():
    session = requests.Session()
    session.trust_env = False
    return session


def writes_p95_ms(base, token, made):
    """The 95th percentile of so many writes, one after another."""
    took = []
    with caller() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for _ in range(WRITES):
            made.append(None)
            data = b"%%PDF-1.7 %d" % len(made)
            began = time.perf_counter()
            answer = session.put(f"{base}/api/v1/documents/{hashlib.sha256(data).hexdigest()}", data=data, timeout=60)
            took.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 201, answer.text
    return statistics.quantiles(took, n=20)[-1]


@contextmanager
def wrong_logins(base):
    """So many at once, each again as soon as it is refused; yields what they were answered."""
    answers, over, begun = [], threading.Event(), threading.Barrier(LOGINS_AT_ONCE + 1)

    def knock(number):
        with caller() as session:
            begun.wait()
            while not over.is_set():
                name = "clerk" if number % 2 else f"nobody-{number}"
                body = {"username": name, "password": "wrong"}
                answers.append(session.post(f"{base}/api/v1/login", json=body, timeout=120).status_code)

    threads = [threading.Thread(target=knock, args=(number,), daemon=True) for number in range(LOGINS_AT_ONCE)]
    for thread in threads:
        thread.start()
    begun.wait()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join(120)


def test_writes_go_on_beside_45_wrong_logins_at_once(web):
    token = caller().post(f"{web}/api/v1/login", json={"username": "clerk", "password": "demo"}, timeout=60)
    token = token.json()["token"]
    made, rounds = [], []
    writes_p95_ms(web, token, made)  # warm
    for _ in range(ROUNDS):
        idle = writes_p95_ms(web, token, made)
        with wrong_logins(web) as answers:
            loaded = writes_p95_ms(web, token, made)
        assert set(answers) == {401}, "each is judged and refused, none is sent away or fails"
        rounds.append((loaded / idle, idle, loaded))
        if min(rounds)[0] < 2:
            break
    print(f"write p95 ratio, idle ms, beside logins ms: {rounds}")
    assert min(rounds)[0] < 2
