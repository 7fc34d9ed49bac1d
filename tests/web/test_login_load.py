"""Wrong logins at once cost those nothing who write meanwhile (the real web process, over HTTP)."""

import hashlib
import itertools
import statistics
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from domain.terms import Role
from tests.web.alone import web_alone

LOGINS_AT_ONCE = 45
ROLES = list(Role)
WRITES = 60
ROUNDS = 5
"""This machine may be busy with other things, which come and go: the quietest round is the one that tells."""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with web_alone(tmp_path_factory.mktemp("web"), EDGE_TRUSTED_PROXIES="127.0.0.1") as (base, _):
        yield base


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
def wrong_logins(base, turn):
    """So many at once, each again as soon as it is refused; yields what they were answered.

    Each from an address of its own and with another name each time, the first with names that somebody has: so every
    one of them costs a hash and none has to wait its turn.
    """
    answers, over, begun = [], threading.Event(), threading.Barrier(LOGINS_AT_ONCE + 1)

    def knock(number):
        with caller() as session:
            session.headers["X-Forwarded-For"] = f"10.{turn}.0.{number}"
            begun.wait()
            for tried in itertools.count():
                if over.is_set():
                    return
                somebody = ROLES[tried] if number == 0 and tried < len(ROLES) else None
                body = {"username": somebody or f"nobody-{turn}-{number}-{tried}", "password": "wrong"}
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
    for turn in range(ROUNDS):
        idle = writes_p95_ms(web, token, made)
        with wrong_logins(web, turn) as answers:
            loaded = writes_p95_ms(web, token, made)
        assert set(answers) == {401}, "each is judged and refused, none is sent away or fails"
        rounds.append((loaded / idle, idle, loaded))
        if min(rounds)[0] < 2:
            break
    print(f"write p95 ratio, idle ms, beside logins ms: {rounds}")
    assert min(rounds)[0] < 2
