"""Whom the unified login lets in: with the role of today, into an account of his own, until he leaves there."""

import pytest
from sqlalchemy import select

from domain.terms import Role
from storage.people.provided import ProvidedAccountRow
from storage.people.users import UserRow
from tests.unit.web.logins import browser, code, let_in, log_in
from tests.unit.web.second import must_have
from tests.unit.web.unified_hall import believes, came, is_in, reasons, refused, set_out, told


@pytest.mark.parametrize("roles", [["别的岗"], [], None, "clerk"])
def test_without_a_role_of_ours_nobody_comes_in(hall, liar, roles):
    liar.claims["roles"] = roles
    answer = refused(hall, liar)
    assert answer.status_code == 403 and "没有给您本系统的岗位" in answer.text
    with hall.database.read() as session:
        assert session.scalars(select(ProvidedAccountRow)).all() == []


def test_the_role_is_that_of_today_and_sessions_with_another_end(hall, liar):
    before, _ = came(hall, liar)
    liar.claims["roles"] = ["hall-admin"]
    now, _ = came(hall, liar)
    assert not is_in(before) and is_in(now)
    with hall.database.read() as session:
        assert session.get_one(UserRow, "oidc:zhang").role == Role.OPERATOR


def test_roles_and_unit_that_only_userinfo_says_are_asked_for_there(hall, liar):
    liar.claims = {}
    liar.userinfo = {"roles": ["统一窗口岗"], "unit": "渝中区大厅"}
    assert came(hall, liar)[1].status_code == 200
    with hall.database.read() as session:
        assert session.scalars(select(ProvidedAccountRow)).one().unit == "渝中区大厅"


def stands(hall):
    with hall.database.read() as session:
        return session.get_one(UserRow, "oidc:zhang").unit_id


@pytest.mark.parametrize(
    ("said", "unit"),
    [("渝中区大厅", "hall"), ("hall", "hall"), ("渝中区医保局", None), ("别的大厅", None), ("", None)],
)
def test_he_stands_where_the_provider_says_if_his_role_may_stand_there(hall, liar, said, unit):
    believes(hall, liar.issuer, unit_map="渝中区大厅=hall,渝中区医保局=dept-nhsa")
    liar.claims["unit"] = said
    person, _ = came(hall, liar)
    assert stands(hall) == unit
    assert person.get("/api/v1/cases").status_code == (200 if unit else 403)


def test_a_place_of_another_day_ends_sessions_and_without_the_claim_it_is_ours_to_give(hall, liar):
    believes(hall, liar.issuer, unit_map="渝中区大厅=hall")
    liar.claims["unit"] = "渝中区大厅"
    before, _ = came(hall, liar)
    liar.claims["unit"] = "别的大厅"
    now, _ = came(hall, liar)
    assert not is_in(before) and is_in(now) and stands(hall) is None
    believes(hall, liar.issuer, unit_claim="")
    assert hall.as_(Role.SECURITY).post("/api/v1/accounts/oidc:zhang/unit", json={"unit": "hall"}).status_code == 200
    came(hall, liar)
    assert stands(hall) == "hall"


def test_userinfo_of_another_person_is_refused(hall, liar):
    liar.claims = {}
    liar.userinfo = {"sub": "li", "roles": ["统一窗口岗"]}
    refused(hall, liar)
    assert reasons(hall) == ["SUBJECT"]


def test_what_userinfo_says_never_outweighs_what_is_signed(hall, liar):
    liar.userinfo = {"roles": ["hall-admin"], "unit": "x"}
    assert came(hall, liar)[1].status_code == 200
    with hall.database.read() as session:
        assert session.get_one(UserRow, "oidc:zhang").role == Role.CLERK


def test_who_was_closed_here_stays_out(hall, liar):
    came(hall, liar)
    with hall.database.write() as session:
        session.get_one(UserRow, "oidc:zhang").active = False
    answer = refused(hall, liar)
    assert "已停用" in answer.text


def test_no_password_opens_such_an_account(hall, liar):
    came(hall, liar)
    for password in ("", "!", "demo", "zhang"):
        assert code(log_in(hall, "oidc:zhang", password))[0] == 401


@pytest.mark.parametrize("subject", ["张三", "510104199001011234", "13800000001", "a b", "x" * 60, "A" * 41])
def test_a_subject_that_tells_of_a_person_is_no_name(hall, liar, subject):
    liar.claims["sub"] = liar.userinfo["sub"] = subject
    assert came(hall, liar)[1].status_code == 200
    with hall.database.read() as session:
        name = session.scalars(select(ProvidedAccountRow.username)).one()
    assert subject not in name and name.startswith("oidc:") and len(name) == 29
    assert came(hall, liar)[1].status_code == 200  # and is the same account again


def test_a_local_account_is_never_taken_over(hall, liar):
    with hall.database.write() as session:
        row = UserRow(username="oidc:zhang", role=Role.OPERATOR, password="!", active=True)
        session.add(row)
    assert came(hall, liar)[1].status_code == 200
    with hall.database.read() as session:
        assert session.scalars(select(ProvidedAccountRow.username)).one() != "oidc:zhang"
        assert session.get_one(UserRow, "oidc:zhang").role == Role.OPERATOR


def test_whose_role_must_have_a_second_factor_is_asked_for_ours(hall, liar):
    must_have(hall, "clerk")
    person, answer = came(hall, liar)
    assert "url=/login/second?next=" in answer.text
    assert not is_in(person)
    assert "绑定第二因素" in person.get("/login/second").text


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"acr": "urn:2fa"}])
def test_a_second_factor_of_the_provider_s_counts_where_we_have_agreed(hall, liar, said):
    must_have(hall, "clerk")
    liar.claims |= said
    person, _ = came(hall, liar)
    assert not is_in(person)
    believes(hall, liar.issuer, amr="mfa", acr="urn:2fa")
    person, _ = came(hall, liar)
    assert is_in(person)
    assert liar.begin(set_out(hall)[1])["acr_values"] == "urn:2fa"


def test_a_log_out_at_the_provider_ends_sessions_here(hall, liar):
    person, _ = came(hall, liar)
    answer = browser(hall).post("/login/oidc/ended", data={"logout_token": told(liar)})
    assert answer.status_code == 200
    assert not is_in(person)
    assert let_in(hall, "clerk")


@pytest.mark.parametrize(
    "other",
    [{"aud": "x"}, {"iss": "x"}, {"events": None}, {"events": {}}, {"nonce": "n"}, {"iat": 5}, {"sub": None}],
)
def test_what_is_no_word_of_a_log_out_ends_nothing(hall, liar, other):
    person, _ = came(hall, liar)
    answer = browser(hall).post("/login/oidc/ended", data={"logout_token": told(liar, **other)})
    assert answer.status_code == 400
    assert is_in(person)


def test_a_word_of_a_log_out_is_heard_once(hall, liar):
    word = told(liar)
    came(hall, liar)
    assert browser(hall).post("/login/oidc/ended", data={"logout_token": word}).status_code == 200
    person, _ = came(hall, liar)
    assert browser(hall).post("/login/oidc/ended", data={"logout_token": word}).status_code == 400
    assert is_in(person)
