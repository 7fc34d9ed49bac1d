"""Who was given a password sets his own before anything opens; and what one does with his own account."""

from datetime import timedelta
from itertools import pairwise

import pytest
from fastapi.testclient import TestClient

from storage.people.login_tries import PATIENCE, Login
from storage.people.users import INITIAL_VALID
from tests.unit.web.logins import ELSEWHERE, HOME, NEW, NEWER, added, browser, code, let_in, log_in, with_token
from web.foundation import login_tries


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(login_tries, "PAUSE_S", 0)


def test_who_was_given_a_password_sets_his_own_before_anything_opens(hall):
    initial = added(hall)
    first = log_in(hall, "wangmin", initial).json()
    assert (first["role"], first["stage"]) == ("clerk", "PASSWORD_CHANGE")
    client = with_token(hall, first["token"])
    assert code(client.get("/api/v1/cases")) == (401, "LOGIN_STEP")
    assert code(client.get("/api/v1/session")) == (401, "LOGIN")
    refused = client.post("/api/v1/login/password", json={"password": initial})
    assert (code(refused), "相同" in refused.json()["detail"]) == ((422, "PASSWORD"), True)
    assert code(client.post("/api/v1/login/password", json={"password": "1234567890"})) == (422, "PASSWORD")
    opened = client.post("/api/v1/login/password", json={"password": NEW}).json()
    assert opened["stage"] == "OPEN" and opened["token"] != first["token"]
    assert code(client.get("/api/v1/cases")) == (401, "LOGIN")
    assert with_token(hall, opened["token"]).get("/api/v1/cases").status_code == 200
    assert log_in(hall, "wangmin", initial).status_code == 401
    assert log_in(hall, "wangmin", NEW).json()["stage"] == "OPEN"


def test_a_second_login_on_the_way_ends_with_the_choice(hall):
    initial = added(hall)
    one, two = (with_token(hall, log_in(hall, "wangmin", initial).json()["token"]) for _ in range(2))
    assert one.post("/api/v1/login/password", json={"password": NEW}).status_code == 200
    assert code(two.post("/api/v1/login/password", json={"password": NEWER})) == (401, "LOGIN")


def test_an_initial_password_that_is_too_old_says_so_and_opens_nothing(hall):
    initial = added(hall)
    hall.now += INITIAL_VALID
    answer = log_in(hall, "wangmin", initial)
    assert code(answer) == (401, "LOGIN_EXPIRED")
    assert "重新" in answer.json()["detail"]
    assert code(log_in(hall, "wangmin", "wrong")) == (401, "LOGIN")


def test_an_open_session_is_no_step(hall):
    assert code(hall.as_().post("/api/v1/login/password", json={"password": NEW})) == (401, "LOGIN")


def test_on_the_page_it_works_without_scripts_and_leads_on(hall):
    initial = added(hall)
    page = browser(hall)
    form = {"username": "wangmin", "password": initial, "next": "/cases?view=mine"}
    to = page.post("/login", data=form)
    assert (to.status_code, to.headers["location"]) == (303, "/login/password?next=%2Fcases%3Fview%3Dmine")
    assert page.get("/window").headers["location"] == "/login/password?next=%2Fwindow"
    shown = page.get(to.headers["location"])
    assert "请设自己的密码" in shown.text and "/cases?view=mine" in shown.text
    for wrong, said in ((("short", "short"), "至少12个字符"), ((NEW, NEWER), "两次输入的不一样")):
        again = page.post("/login/password", data={"password": wrong[0], "again": wrong[1], "next": "/cases?view=mine"})
        assert again.status_code == 422
        assert said in again.text and wrong[0] not in again.text
    done = page.post("/login/password", data={"password": NEW, "again": NEW, "next": "/cases?view=mine"})
    assert (done.status_code, done.headers["location"]) == (303, "/cases?view=mine")
    assert page.get("/window").status_code == 200
    assert page.get("/login/password").headers["location"] == "/"


def test_nobody_is_led_to_another_site_by_it(hall):
    page = browser(hall)
    page.post("/login", data={"username": "wangmin", "password": added(hall)})
    done = page.post("/login/password", data={"password": NEW, "again": NEW, "next": "//evil.example"})
    assert done.headers["location"] == "/window"


def test_a_change_ends_all_other_sessions_and_this_one_goes_on_under_another_token(hall):
    mine, other = let_in(hall, "clerk"), let_in(hall, "clerk")
    changed = mine.post("/api/v1/account/password", json={"current": "demo", "password": NEW})
    assert changed.status_code == 200
    assert [client.get("/api/v1/tasks").status_code for client in (mine, other)] == [401, 401]
    assert with_token(hall, changed.json()["token"]).get("/api/v1/tasks").status_code == 200
    assert (log_in(hall, "clerk").status_code, log_in(hall, "clerk", NEW).status_code) == (401, 200)


def test_a_change_needs_the_password_of_now_and_guesses_at_it_wait_like_a_login(hall):
    mine = let_in(hall, "clerk")
    for _ in range(PATIENCE[Login.PAIR].free):
        wrong = mine.post("/api/v1/account/password", json={"current": "guess", "password": NEW})
        assert code(wrong) == (422, "CURRENT")
    waits = mine.post("/api/v1/account/password", json={"current": "demo", "password": NEW})
    assert code(waits) == (429, "LOGIN_LOCKED")
    assert mine.get("/api/v1/tasks").status_code == 200


def test_the_last_passwords_are_not_taken_again(hall):
    client = let_in(hall, "clerk")
    given = ["demo", NEW, NEWER, "seven grey herons", "four green bicycles", "two slow turtles"]
    for before, after in pairwise(given):
        changed = client.post("/api/v1/account/password", json={"current": before, "password": after})
        assert changed.status_code == 200, changed.text
        client = with_token(hall, changed.json()["token"])
    for known in given[1:]:
        answer = client.post("/api/v1/account/password", json={"current": given[-1], "password": known})
        assert code(answer) == (422, "PASSWORD"), known


def test_ones_sessions_are_listed_and_ended(hall):
    phone = TestClient(hall.app, client=ELSEWHERE)
    agent = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
    hall.now -= timedelta(minutes=1)
    phone.post("/api/v1/login", json={"username": "clerk", "password": "demo"}, headers={"User-Agent": agent})
    hall.now += timedelta(minutes=1)
    mine = let_in(hall, "clerk")
    here, there = mine.get("/api/v1/account/sessions").json()["sessions"]
    assert (here["current"], here["cameFrom"], here["amr"]) == (True, HOME[0], "pwd")
    assert (there["current"], there["cameFrom"], there["agent"]) == (False, ELSEWHERE[0], "Chrome 140 · Android")
    assert mine.delete(f"/api/v1/account/sessions/{there['sessionId']}").status_code == 204
    assert code(mine.delete(f"/api/v1/account/sessions/{there['sessionId']}")) == (404, "SESSION_UNKNOWN")
    officers = let_in(hall, "officer").get("/api/v1/account/sessions").json()["sessions"][0]["sessionId"]
    assert code(mine.delete(f"/api/v1/account/sessions/{officers}")) == (404, "SESSION_UNKNOWN")
    let_in(hall, "clerk")
    assert mine.delete("/api/v1/account/sessions").json() == {"ended": 1}
    assert mine.get("/api/v1/tasks").status_code == 200


def test_the_page_says_and_does_the_same(hall):
    page = browser(hall)
    page.post("/login", data={"username": "clerk", "password": "demo"})
    other = let_in(hall, "clerk")
    shown = page.get("/account").text
    assert "我的登录" in shown and "正在用的这个" in shown
    assert page.post("/account/sessions", data={"session": "others"}).headers["location"] == "/account?done=ended"
    assert other.get("/api/v1/tasks").status_code == 401
    wrong = {"current": "demo", "password": "password2026", "again": "password2026"}
    refused = page.post("/account/password", data=wrong)
    assert refused.status_code == 422 and "容易被猜到" in refused.text and "password2026" not in refused.text
    done = page.post("/account/password", data={"current": "demo", "password": NEW, "again": NEW})
    assert done.headers["location"] == "/account?done=password"
    assert "密码已经改好" in page.get("/account?done=password").text
