"""People who log in to the hall of a test from some address, and what they are answered."""

from fastapi.testclient import TestClient

from domain.terms import Role
from domain.units import FIRST_UNIT
from tests.answering import Described

DEMO, NEW, NEWER = "demo", "nine blue kettles", "five red lanterns"
HOME, ELSEWHERE = ("198.51.100.7", 1), ("203.0.113.9", 1)


def log_in(hall, name, password=DEMO, at=HOME):
    client = TestClient(hall.app, client=at)
    return client.post("/api/v1/login", json={"username": name, "password": password})


def with_token(hall, token):
    client = Described(hall.app, follow_redirects=False)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def let_in(hall, name, password=DEMO, at=HOME):
    answer = log_in(hall, name, password, at)
    assert answer.status_code == 200, answer.text
    return with_token(hall, answer.json()["token"])


def browser(hall):
    """It follows no redirection, so that each is seen."""
    return TestClient(hall.app, follow_redirects=False, headers={"Origin": "http://testserver"})


def added(hall, name="wangmin", role="clerk"):
    """An account of somebody new, where the first of his role stand: its initial password."""
    body = {"username": name, "role": role, "unit": FIRST_UNIT[Role(role)]}
    answer = hall.as_(Role.SECURITY).post("/api/v1/accounts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["initialPassword"]


def code(answer):
    return answer.status_code, answer.json()["code"]
