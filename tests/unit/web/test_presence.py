"""A session goes on while somebody is there, and half an hour later it is over."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from tests.unit.web.logins import code, let_in
from web.foundation import presence


def asked_after(hall, client, minutes, path="/api/v1/tasks"):
    hall.now += timedelta(minutes=minutes)
    return client.get(path).status_code


def test_half_an_hour_without_anybody_is_the_end_and_each_request_moves_it(hall):
    clerk = let_in(hall, "clerk")
    assert [asked_after(hall, clerk, 29) for _ in range(3)] == [200] * 3
    assert asked_after(hall, clerk, 30) == 401


@pytest.mark.parametrize("path", ["/api/v1/session", "/window/live", "/cases/live"])
def test_what_a_page_does_by_itself_is_nobody(hall, path):
    clerk = let_in(hall, "clerk")
    assert [asked_after(hall, clerk, 10, path) for _ in range(2)] == [200, 200]
    assert asked_after(hall, clerk, 10, path) != 200


def test_a_press_says_that_somebody_is_there(hall):
    clerk = let_in(hall, "clerk")
    before = clerk.get("/api/v1/session").json()
    assert before["expiresAt"] < before["latestAt"]
    hall.now += timedelta(minutes=29)
    after = clerk.post("/api/v1/session").json()
    assert after["expiresAt"] == (hall.now + timedelta(minutes=30)).isoformat()
    assert after["latestAt"] == before["latestAt"]
    assert code(TestClient(hall.app).post("/api/v1/session")) == (401, "LOGIN")


def test_outlets_and_couriers_may_be_without_a_network_for_a_shift(hall):
    courier = let_in(hall, "courier")
    assert asked_after(hall, courier, 9 * 60) == 200


def test_many_requests_of_a_minute_are_one_write(hall, monkeypatch):
    noted = []
    original = presence.note_seen
    monkeypatch.setattr(presence, "note_seen", lambda *given: noted.append(given[1]) or original(*given))
    clerk = let_in(hall, "clerk")
    for _ in range(5):
        assert asked_after(hall, clerk, 0.5) == 200
    for _ in range(5):
        assert asked_after(hall, clerk, 0) == 200
    assert len(noted) == 2


def test_a_database_that_takes_nothing_is_no_reason_not_to_answer(hall, monkeypatch):
    def full(*_given):
        raise OperationalError("", {}, Exception())

    clerk = let_in(hall, "clerk")
    monkeypatch.setattr(presence, "note_seen", full)
    assert asked_after(hall, clerk, 5) == 200
