"""A session that is not open opens nothing: every route, and every step of a login, from the route table."""

import secrets
from datetime import UTC, datetime

import pytest

from domain.people import SessionStage
from storage.people.sessions import LoginRow, login_id, open_session
from storage.people.users import password_of
from storage.people.wrong_tries import WrongTryRow
from tests.web.test_roles import PUBLIC, RULES, TABLE, concrete

STEPS = [stage for stage in SessionStage if stage is not SessionStage.OPEN]
OF_THE_LOGIN = {"POST /api/v1/login/password", "POST /login/password", "GET /login/password", "GET /"}
OF_THE_SECOND_FACTOR = {
    "POST /api/v1/account/factors",
    "POST /api/v1/account/factors/app/confirm",
    "POST /api/v1/account/factors/keys:ask",
    "POST /api/v1/account/factors/keys",
    "GET /login/second",
    "POST /login/second",
    "POST /login/second/app",
}
"""By these the second factor is given, or the first one enrolled: tests/unit/web/test_second_step.py."""
GUARDED = [route for route in TABLE if RULES.get(route, PUBLIC) is not PUBLIC]
PUBLIC_ONES = [route for route in TABLE if route not in GUARDED and route not in OF_THE_LOGIN]


def at_each_step(routes):
    """(route, stage) of all but the routes that the stage itself is for."""
    pairs = [(route, stage) for route in routes for stage in STEPS]
    return [(r, at) for r, at in pairs if at is not SessionStage.SECOND_FACTOR or r not in OF_THE_SECOND_FACTOR]


@pytest.fixture(scope="module")
def unfinished(office):
    """Stage → token of the clerk's login, which has come so far."""
    with office.database.write() as session:
        stored = password_of(session, "clerk")
        now = datetime.now(UTC)
        return {stage: open_session(session, "clerk", stored, None, now, stage=stage).token for stage in STEPS}


@pytest.fixture(autouse=True)
def nobody_has_guessed(office):
    with office.database.write() as session:
        session.query(WrongTryRow).delete()


def ask(office, route, token):
    method, path = concrete(route)
    return office.call(method, path, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(("route", "stage"), at_each_step(GUARDED))
def test_it_gets_into_no_route(office, unfinished, route, stage):
    before = office.rows()
    answer = ask(office, route, unfinished[stage])
    if concrete(route)[1].startswith("/api/"):
        assert answer.status_code == 401
        assert answer.json()["code"] == "LOGIN_STEP"
        assert "差一步" in answer.json()["detail"]
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
    assert office.rows() == before


@pytest.mark.parametrize(("route", "stage"), at_each_step(PUBLIC_ONES))
def test_what_is_public_knows_it_no_better_than_a_stranger(office, unfinished, route, stage):
    if "logout" in route:
        return  # ends it, which anybody may who has its token
    theirs, mine = (ask(office, route, token) for token in (secrets.token_urlsafe(32), unfinished[stage]))
    assert mine.status_code == theirs.status_code
    assert mine.headers.get("location") == theirs.headers.get("location")


@pytest.mark.parametrize("stage", STEPS)
def test_leaving_ends_it(office, stage):
    with office.database.write() as session:
        stored = password_of(session, "clerk")
        token = open_session(session, "clerk", stored, None, datetime.now(UTC), stage=stage).token
    mine = {"Authorization": f"Bearer {token}"}
    assert office.call("POST", "/api/v1/logout", headers=mine).status_code == 204
    with office.database.read() as session:
        assert session.get(LoginRow, login_id(token)) is None


def test_each_step_has_a_page_to_which_one_is_led(office, unfinished):
    answer = ask(office, "GET /window", unfinished[SessionStage.PASSWORD_CHANGE])
    assert answer.headers["location"] == "/login/password?next=%2Fwindow"
    pages = {SessionStage.PASSWORD_CHANGE: "/login/password", SessionStage.SECOND_FACTOR: "/login/second"}
    for stage, page in pages.items():
        assert ask(office, "GET /", unfinished[stage]).headers["location"].partition("?")[0] == page


def test_only_the_first_password_is_chosen_by_the_step_of_the_first_password(office, unfinished):
    mine = {"Authorization": f"Bearer {unfinished[SessionStage.SECOND_FACTOR]}"}
    body = {"password": "nine blue kettles"}
    answer = office.call("POST", "/api/v1/login/password", body=body, headers=mine)
    assert (answer.status_code, answer.json()["code"]) == (401, "LOGIN_STEP")
