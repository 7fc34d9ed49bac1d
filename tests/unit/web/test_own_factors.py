"""One's own second factors: bound, replaced, removed, soon after a login, and never the last of who must have one."""

import pytest

from domain.terms import Role
from runtime.login_settings import need_second_factor
from tests.unit.web.logins import browser, code, let_in, log_in
from tests.unit.web.second import FACTORS, answered, at_second_step, begun, enrolled, later, must_have


def test_an_account_without_any_is_told_so(hall):
    held = let_in(hall, "clerk").get(FACTORS).json()
    assert held == {"app": False, "keys": [], "recoveryCodesLeft": 0, "required": False, "keysHere": False}


def test_a_second_app_is_refused_and_one_that_was_never_confirmed_is_replaced(hall):
    client = let_in(hall, "clerk")
    old, new = begun(hall, client), begun(hall, client)
    assert code(client.post(f"{FACTORS}/app/confirm", json={"code": old.code()})) == (401, "SECOND_FACTOR")
    assert client.post(f"{FACTORS}/app/confirm", json={"code": new.code()}).status_code == 200
    assert code(client.post(FACTORS, json={"kind": "app"})) == (409, "APP_THERE")


def test_an_app_that_was_never_confirmed_is_asked_of_nobody(hall):
    begun(hall, let_in(hall, "clerk"))
    assert log_in(hall, "clerk").json()["stage"] == "OPEN"


def test_it_is_changed_only_soon_after_the_login(hall):
    client = let_in(hall, "clerk")
    later(hall, 16 * 60)
    assert code(client.post(FACTORS, json={"kind": "app"})) == (409, "LOGIN_AGAIN")
    assert begun(hall, let_in(hall, "clerk"))


def test_removing_the_app_takes_the_recovery_codes_along(hall):
    client = let_in(hall, "clerk")
    enrolled(hall)
    assert client.delete(f"{FACTORS}/app").status_code == 204
    assert client.get(FACTORS).json()["recoveryCodesLeft"] == 0
    assert log_in(hall, "clerk").json()["stage"] == "OPEN"
    assert client.delete(f"{FACTORS}/app").status_code == 404


def test_the_last_factor_of_who_must_have_one_stays(hall):
    client = let_in(hall, "clerk")
    enrolled(hall)
    must_have(hall, "clerk")
    assert code(client.delete(f"{FACTORS}/app")) == (409, "LAST_FACTOR")
    assert client.get(FACTORS).json()["app"] is True


def test_new_recovery_codes_end_the_old_ones(hall):
    client = let_in(hall, "clerk")
    assert code(client.post(f"{FACTORS}/codes", json={"kind": "recovery"})) == (409, "NO_FACTOR")
    _, old = enrolled(hall)
    new = client.post(f"{FACTORS}/codes", json={"kind": "recovery"}).json()["recoveryCodes"]
    assert code(answered(at_second_step(hall), old[0])) == (401, "SECOND_FACTOR")
    assert answered(at_second_step(hall), new[0]).status_code == 200


def test_the_page_of_one_s_own_factors(hall):
    page = browser(hall)
    page.post("/login", data={"username": "clerk", "password": "demo"})
    assert "开始绑定" in page.get("/account/factors").text
    begun(hall, let_in(hall, "clerk"))
    assert "<svg" in page.get("/account/factors").text


def test_sessions_that_were_open_before_stay(hall):
    before = let_in(hall, "clerk")
    enrolled(hall)
    assert before.get("/api/v1/items").status_code == 200


def test_a_role_by_default_in_production():
    assert need_second_factor("", played=True) == frozenset()
    assert need_second_factor("", played=False) == {Role.SECURITY, Role.OPERATOR, Role.AUDITOR, Role.SUPERVISOR}
    assert need_second_factor("off", played=False) == frozenset()
    assert need_second_factor("clerk, courier", played=True) == {Role.CLERK, Role.COURIER}
    with pytest.raises(ValueError, match="no role"):
        need_second_factor("clerks", played=True)
