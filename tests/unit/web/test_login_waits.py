"""Wrong passwords cost waits, which make nobody wait who is where he always is; printed ones open nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from domain.terms import Role
from domain.units import FIRST_UNIT
from runtime.settings import load_settings
from storage.exchange.exchange_log import SecurityEventRow
from storage.people.login_tries import PATIENCE, WAITS, Login
from storage.people.passwords import hashed
from storage.people.users import UserRow, put_user
from tests.borders import nobodys_ports
from tests.unit.web.logins import DEMO, ELSEWHERE, HOME, NEW, code, let_in, log_in
from web.app import build_app
from web.foundation import login_tries


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(login_tries, "PAUSE_S", 0)


def events(hall):
    with hall.database.read() as session:
        return [(each.source, each.code, each.detail) for each in session.scalars(select(SecurityEventRow))]


def test_wrong_ones_wait_longer_and_the_right_one_waits_too(hall):
    for _ in range(PATIENCE[Login.PAIR].free):
        assert code(log_in(hall, "clerk", "wrong", ELSEWHERE)) == (401, "LOGIN")
    assert events(hall) == [("login", "GUESSING", "clerk")]
    for wait in WAITS:
        answer = log_in(hall, "clerk", "demo", ELSEWHERE)
        assert code(answer) == (429, "LOGIN_LOCKED")
        assert int(answer.headers["Retry-After"]) == wait.total_seconds()
        assert f"{wait // timedelta(minutes=1)}分钟后再试" in answer.json()["detail"]
        hall.now += wait
        assert log_in(hall, "clerk", "wrong", ELSEWHERE).status_code == 401
    hall.now += WAITS[-1]
    assert log_in(hall, "clerk", "demo", ELSEWHERE).status_code == 200
    assert log_in(hall, "clerk", "wrong", ELSEWHERE).status_code == 401
    assert events(hall) == [("login", "GUESSING", "clerk")]


def test_the_page_says_how_long(hall):
    page = TestClient(hall.app, client=ELSEWHERE, headers={"Origin": "http://testserver"})
    form = {"username": "clerk", "password": "wrong"}
    answers = [page.post("/login", data=form) for _ in range(PATIENCE[Login.PAIR].free + 1)]
    assert [answer.status_code for answer in answers[-2:]] == [401, 429]
    assert "请1分钟后再试" in answers[-1].text
    assert answers[-1].headers["Retry-After"] == "60"


def test_a_stranger_locks_nobody_out_who_is_where_he_always_is(hall):
    assert log_in(hall, "clerk").status_code == 200
    for number in range(60):
        log_in(hall, "clerk", "wrong", (f"203.0.113.{number}", 1))
    assert code(log_in(hall, "clerk", "demo", ELSEWHERE)) == (429, "LOGIN_LOCKED")
    assert log_in(hall, "clerk", "demo", HOME).status_code == 200
    hall.now += timedelta(days=31)
    for number in range(60):
        log_in(hall, "clerk", "wrong", (f"203.0.113.{number}", 1))
    assert code(log_in(hall, "clerk", "demo", HOME)) == (429, "LOGIN_LOCKED"), "not known for so long"


def test_a_name_that_nobody_has_waits_alike_and_is_no_event(hall):
    answers = [code(log_in(hall, "nobody", "wrong", ELSEWHERE)) for _ in range(PATIENCE[Login.PAIR].free + 1)]
    assert answers[-2:] == [(401, "LOGIN"), (429, "LOGIN_LOCKED")]
    assert events(hall) == []


def test_the_waits_hold_for_another_process_and_after_a_restart(hall, tmp_path):
    for _ in range(PATIENCE[Login.PAIR].free):
        log_in(hall, "clerk", "wrong", ELSEWHERE)
    other = build_app(load_settings(**nobodys_ports()))
    other.state.context = replace(other.state.context, now=lambda: hall.now)
    answer = TestClient(other, client=ELSEWHERE).post("/api/v1/login", json={"username": "clerk", "password": "demo"})
    assert code(answer) == (429, "LOGIN_LOCKED")
    other.state.context.database.close()


def test_a_disabled_account_is_told_like_a_wrong_password_and_waits_like_one(hall):
    with hall.database.write() as session:
        session.get_one(UserRow, "clerk").active = False
    answers = [code(log_in(hall, "clerk", DEMO, ELSEWHERE)) for _ in range(PATIENCE[Login.PAIR].free + 1)]
    assert answers[-2:] == [(401, "LOGIN"), (429, "LOGIN_LOCKED")]


@pytest.fixture
def outside(hall):
    """As a real hall on a database that was tried first."""
    context = hall.app.state.context
    hall.app.state.context = replace(
        context, settings=context.settings.model_copy(update={"sandbox": False, "second_factor_roles": "off"})
    )
    return hall


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("typed", ["demo", "ｄｅｍｏ"])
def test_a_password_that_we_have_printed_opens_nothing(outside, role, typed):
    assert code(log_in(outside, role.value, typed)) == (401, "LOGIN")


def test_whatever_the_account_is_called_and_another_password_opens(outside):
    with outside.database.write() as session:
        put_user(session, "renamed", Role.OPERATOR, hashed("demo"), FIRST_UNIT[Role.OPERATOR])
        put_user(session, "real", Role.SECURITY, hashed(NEW), FIRST_UNIT[Role.SECURITY])
    assert log_in(outside, "renamed").status_code == 401
    keeper = let_in(outside, "real", NEW)
    with outside.database.read() as session:
        assert session.get_one(UserRow, "real").vetted
    keeper.post("/api/v1/accounts/renamed/disable")
    assert code(keeper.post("/api/v1/accounts/renamed/enable")) == (409, "PASSWORD_PUBLIC")
    keeper.post("/api/v1/accounts/renamed/password")
    assert keeper.post("/api/v1/accounts/renamed/enable").status_code == 200
