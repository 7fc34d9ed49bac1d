"""Logging in over HTTP: hashes outside transactions, few at a time; who waits in vain is told so."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from storage.people.passwords import hashed, verify
from storage.people.users import UserRow
from web.security import hashing

WEAKER = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("demo")


def log_in(hall, name, password):
    return TestClient(hall.app).post("/api/v1/login", json={"username": name, "password": password}).status_code


@pytest.mark.parametrize(
    ("name", "password", "status", "hashes"),
    [("clerk", "demo", 200, 2), ("clerk", "wrong", 401, 1), ("nobody", "demo", 401, 1)],
)
def test_no_transaction_is_open_while_a_password_is_hashed(hall, monkeypatch, name, password, status, hashes):
    """No connection is in use whenever a hash is computed: one to verify, one more to renew an old one."""
    database, seen = hall.database, []

    def alone(how):
        def watched(*args):
            seen.append((database.engine.pool.checkedout(), database._reading.pool.checkedout()))
            return how(*args)

        return watched

    with database.write() as session:
        session.get_one(UserRow, "clerk").password = WEAKER
    monkeypatch.setattr("web.security.session.verify", alone(verify))
    monkeypatch.setattr("web.security.session.hashed", alone(hashed))
    assert log_in(hall, name, password) == status
    assert seen == [(0, 0)] * hashes


class Held:
    """A hash that takes until the test lets it go on."""

    def __init__(self):
        self.at_once, self.most, self.go = 0, 0, threading.Event()
        self.begun = threading.Semaphore(0)
        self._lock = threading.Lock()

    def verify(self, stored, password):
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.begun.release()
        assert self.go.wait(60)
        with self._lock:
            self.at_once -= 1
        return verify(stored, password)


@pytest.fixture
def held(monkeypatch):
    holding = Held()
    monkeypatch.setattr("web.security.session.verify", holding.verify)
    monkeypatch.setattr("web.security.session._hashing", hashing.Hashing())
    yield holding
    holding.go.set()


def test_45_at_once_are_hashed_a_few_at_a_time_and_leave_the_threads_to_others(hall, held):
    """While all of them wait, a page that needs a thread is answered."""
    with TestClient(hall.app) as client, ThreadPoolExecutor(45) as callers:
        bodies = [{"username": f"nobody-{number}", "password": "wrong"} for number in range(45)]
        waiting = [callers.submit(client.post, "/api/v1/login", json=body) for body in bodies]
        for _ in range(hashing._AT_ONCE):
            assert held.begun.acquire(timeout=60)
        assert client.get("/readyz").status_code == 200
        assert client.get("/api/v1/cases").status_code == 401
        held.go.set()
        assert {each.result(60).status_code for each in waiting} == {401}
    assert held.most == hashing._AT_ONCE


def test_who_would_wait_too_long_is_told_at_once(hall, held, monkeypatch):
    monkeypatch.setattr(hashing, "_MAY_WAIT", 1)
    with TestClient(hall.app) as client, ThreadPoolExecutor(1) as callers:
        body = {"username": "clerk", "password": "demo"}
        first = callers.submit(client.post, "/api/v1/login", json=body)
        assert held.begun.acquire(timeout=60)
        answer = client.post("/api/v1/login", json=body)
        page = client.post("/login", data=body, headers={"Origin": "http://testserver"})
        held.go.set()
        assert first.result(60).status_code == 200
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "BUSY", "2")
    assert page.status_code == 429
    assert "登录的人较多" in page.text
