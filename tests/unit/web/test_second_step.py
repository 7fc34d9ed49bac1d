"""The second step of a login: a code once, recovery codes once, guesses bounded, and nothing else until then."""

import re

import pytest
from sqlalchemy import select

from storage.exchange.exchange_log import SecurityEventRow
from storage.people.one_time import RecoveryCodeRow, TotpRow
from storage.people.sessions import LoginRow
from tests.unit.web.hall import Hall
from tests.unit.web.logins import browser, code, let_in, log_in, with_token
from tests.unit.web.second import FACTORS, App, answered, at_second_step, begun, enrolled, later, must_have
from tests.web.test_roles import PUBLIC, RULES, concrete

ENROLS = {
    "POST /api/v1/account/factors",
    "POST /api/v1/account/factors/app/confirm",
    "POST /api/v1/account/factors/keys:ask",
    "POST /api/v1/account/factors/keys",
}
"""What a login may call that waits for a factor of which there is none yet."""


def test_who_has_an_app_is_asked_for_its_code_and_gets_another_token(hall):
    app, _ = enrolled(hall)
    waiting = at_second_step(hall)
    assert code(waiting.get("/api/v1/items")) == (401, "LOGIN_STEP")
    answer = answered(waiting, app.code())
    assert answer.status_code == 200 and answer.json()["stage"] == "OPEN"
    assert with_token(hall, answer.json()["token"]).get("/api/v1/items").status_code == 200
    assert code(waiting.get("/api/v1/items")) == (401, "LOGIN")
    assert code(answered(waiting, app.code(1))) == (401, "LOGIN")


def test_how_he_proved_himself_is_kept_with_the_session(hall):
    app, codes = enrolled(hall)
    answered(at_second_step(hall), app.code())
    answered(at_second_step(hall), codes[0])
    with hall.database.read() as session:
        said = set(session.scalars(select(LoginRow.amr).filter_by(stage="OPEN", username="clerk")))
    assert {"pwd otp", "pwd recovery"} <= said


def test_a_code_counts_once(hall):
    app, _ = enrolled(hall)
    typed = app.code()
    assert answered(at_second_step(hall), typed).status_code == 200
    assert code(answered(at_second_step(hall), typed)) == (401, "SECOND_FACTOR")
    later(hall)
    assert answered(at_second_step(hall), app.code()).status_code == 200


def test_the_code_that_bound_the_app_logs_nobody_in(hall):
    client = let_in(hall, "clerk")
    app = begun(hall, client)
    typed = app.code()
    assert client.post(f"{FACTORS}/app/confirm", json={"code": typed}).status_code == 200
    assert code(answered(at_second_step(hall), typed)) == (401, "SECOND_FACTOR")


def test_a_recovery_code_counts_once_however_it_is_typed(hall):
    _, codes = enrolled(hall)
    assert len(set(codes)) == 10
    typed = codes[3].lower().replace("-", " ")
    assert answered(at_second_step(hall), typed).status_code == 200
    assert code(answered(at_second_step(hall), codes[3])) == (401, "SECOND_FACTOR")
    assert answered(at_second_step(hall), codes[4]).status_code == 200


def test_of_recovery_codes_and_secrets_nothing_readable_is_kept(hall):
    app, codes = enrolled(hall)
    with hall.database.read() as session:
        kept = session.scalars(select(RecoveryCodeRow.digest)).all()
        sealed = session.get_one(TotpRow, "clerk").sealed
    assert len(kept) == 10
    assert not {one for one in codes for row in kept if one.replace("-", "") in row}
    assert app.secret not in sealed


def test_another_s_codes_are_worth_nothing(hall):
    mine, codes = enrolled(hall)
    enrolled(hall, "officer")
    for typed in (mine.code(), codes[0]):
        assert code(answered(at_second_step(hall, "officer"), typed)) == (401, "SECOND_FACTOR")


@pytest.mark.parametrize("typed", ["000000", "abcdef", "１２３４５６", "'; --", " "])
def test_what_is_no_code_is_refused(hall, typed):
    enrolled(hall)
    assert code(answered(at_second_step(hall), typed)) == (401, "SECOND_FACTOR")


def test_after_five_wrong_ones_none_is_looked_at_for_a_quarter_of_an_hour(hall):
    app, codes = enrolled(hall)
    waiting = at_second_step(hall)
    for _ in range(5):
        assert code(answered(waiting, "000000")) == (401, "SECOND_FACTOR")
    for typed in ("000000", app.code(), codes[0]):
        assert code(answered(at_second_step(hall), typed)) == (429, "FACTOR_LOCKED")
    with hall.database.read() as session:
        events = session.scalars(select(SecurityEventRow).filter_by(code="SECOND_FACTOR_GUESSING")).all()
    assert [event.detail for event in events] == ["clerk"]
    later(hall, 16 * 60)
    assert answered(at_second_step(hall), app.code()).status_code == 200


def test_over_a_day_thirty_wrong_ones_are_enough(hall):
    app, _ = enrolled(hall)
    for _ in range(6):
        waiting = at_second_step(hall)
        for _ in range(5):
            assert code(answered(waiting, "000000")) == (401, "SECOND_FACTOR")
        later(hall, 16 * 60)
    assert code(answered(at_second_step(hall), app.code())) == (429, "FACTOR_LOCKED")


def test_right_ones_are_not_counted(hall):
    app, _ = enrolled(hall)
    for _ in range(7):
        assert answered(at_second_step(hall), app.code()).status_code == 200
        later(hall)


def test_the_step_waits_for_ten_minutes(hall):
    app, _ = enrolled(hall)
    waiting = at_second_step(hall)
    later(hall, 11 * 60)
    assert code(answered(waiting, app.code())) == (401, "LOGIN")


def test_a_role_that_must_have_one_enrols_it_before_anything_else(hall):
    must_have(hall, "clerk")
    waiting = at_second_step(hall)
    app = begun(hall, waiting)
    assert code(waiting.get("/api/v1/items")) == (401, "LOGIN_STEP")
    answer = waiting.post(f"{FACTORS}/app/confirm", json={"code": app.code()}).json()
    assert answer["stage"] == "OPEN" and len(answer["recoveryCodes"]) == 10
    assert with_token(hall, answer["token"]).get("/api/v1/items").status_code == 200
    assert log_in(hall, "officer").json()["stage"] == "OPEN"


def test_a_password_that_became_known_enrols_nothing_where_there_is_a_factor(hall):
    must_have(hall, "clerk")
    owner = at_second_step(hall)
    app = begun(hall, owner)
    assert owner.post(f"{FACTORS}/app/confirm", json={"code": app.code()}).status_code == 200
    thief = at_second_step(hall)
    for route in sorted(ENROLS):
        method, path = concrete(route)
        body = {"kind": "app"} if path == FACTORS else {"code": "000000"}
        assert code(thief.request(method, path, json=body)) == (401, "LOGIN_STEP"), route


GUARDED = sorted(route for route, rule in RULES.items() if rule is not PUBLIC)


@pytest.fixture(scope="module")
def waiting_hall(hall_template, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        hall = Hall(tmp_path_factory.mktemp("waiting"), hall_template, patch)
        enrolled(hall, "clerk")
        must_have(hall, "operator")
        yield hall, at_second_step(hall, "clerk"), at_second_step(hall, "operator")
        hall.database.close()


@pytest.mark.parametrize("route", GUARDED)
def test_a_login_at_its_second_step_can_call_nothing_else(waiting_hall, route):
    _, has_one, has_none = waiting_hall
    method, path = concrete(route)
    for client in (has_one, has_none):
        answer = client.request(method, path)
        if path.startswith("/api/") and client is has_none and route in ENROLS:
            assert answer.status_code == 422, "what enrols is reached, and misses its body"
        elif path.startswith("/api/"):
            assert code(answer) == (401, "LOGIN_STEP")
        else:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login/second?next=")


def test_it_is_nobody_to_what_needs_no_login(waiting_hall):
    _, has_one, _ = waiting_hall
    assert has_one.get("/api/v1/session").status_code == 401
    assert has_one.post("/api/v1/session").status_code == 401


# The page, without scripts.


def typed_in(hall, name="clerk"):
    page = browser(hall)
    answer = page.post("/login", data={"username": name, "password": "demo", "next": "/cases"})
    assert answer.headers["location"] == "/login/second?next=%2Fcases"
    return page


def test_the_page_takes_a_code_and_goes_on_to_where_he_was_going(hall):
    app, _ = enrolled(hall)
    page = typed_in(hall)
    assert "第二步验证" in page.get("/login/second?next=/cases").text
    wrong = page.post("/login/second", data={"code": "000000", "next": "/cases"})
    assert wrong.status_code == 401 and "验证码不对" in wrong.text
    answer = page.post("/login/second", data={"code": app.code(), "next": "/cases"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert page.get("/cases").status_code == 200


def test_the_page_leads_nobody_to_another_site(hall):
    app, _ = enrolled(hall)
    page = typed_in(hall)
    answer = page.post("/login/second", data={"code": app.code(), "next": "//evil.example"})
    assert answer.headers["location"] == "/window"


def test_the_page_enrols_without_scripts(hall):
    must_have(hall, "clerk")
    page = typed_in(hall)
    assert "绑定第二因素" in page.get("/login/second").text
    assert page.post("/login/second/app", data={"next": "/cases"}).status_code == 303
    shown = page.get("/login/second?next=/cases").text
    assert "<svg" in shown
    app = App(hall, re.search(r'<b class="number">([A-Z2-7]+)</b>', shown)[1])
    assert page.post("/login/second", data={"code": "000000"}).status_code == 401
    codes = page.post("/login/second", data={"code": app.code(), "next": "/cases"})
    assert codes.status_code == 200 and len(re.findall(r"<li>[0-9A-Z]{4}-", codes.text)) == 10
    assert 'href="/cases"' in codes.text
    assert page.get("/cases").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_login_at_this_step_the_page_leads_to_the_login(hall, method):
    answer = browser(hall).request(method, "/login/second")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_the_front_door_leads_on_to_the_step(hall):
    enrolled(hall)
    page = typed_in(hall)
    assert page.get("/").headers["location"].startswith("/login/second")
