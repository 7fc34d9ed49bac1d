"""Unified login against a provider that lies as told: nobody comes in but by the answer to his own request."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.terms import Role
from storage.people.sessions import LoginRow
from storage.people.users import UserRow
from tests.lying_provider import lying_provider
from tests.unit.web.logins import browser, log_in
from tests.unit.web.unified_hall import believes, came, come_back, is_in, reasons, refused, set_out, told


def test_whom_the_provider_vouches_for_is_in_with_the_role_that_it_says(hall, liar):
    person, answer = came(hall, liar)
    assert answer.status_code == 200 and 'content="0;url=/cases"' in answer.text
    assert is_in(person)
    with hall.database.read() as session:
        user = session.get_one(UserRow, "oidc:zhang")
        row = session.scalars(select(LoginRow).filter_by(username=user.username)).one()
    assert (user.role, row.amr, row.stage) == (Role.CLERK, "oidc", "OPEN")


def test_the_request_is_a_code_flow_with_a_challenge_of_its_own(hall, liar):
    _, first = set_out(hall)
    _, second = set_out(hall)
    one, other = liar.begin(first), liar.begin(second)
    assert one["response_type"] == "code" and one["code_challenge_method"] == "S256" and one["scope"] == "openid"
    assert one["redirect_uri"] == "http://testserver/login/oidc/callback"
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name]) == 43 and one[name] != other[name]


def test_the_code_is_exchanged_with_the_verifier_and_our_secret(hall, liar):
    came(hall, liar)
    form = liar.forms[-1]
    assert form["code"] == ["c0de"] and len(form["code_verifier"][0]) == 43
    assert "client_secret" not in form, "the secret goes by Authorization where the provider takes it"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"state": "x" * 43}, "STATE"),
        ({"state": None}, "STATE"),
        ({"iss": "https://another.example"}, "MIX_UP"),
    ],
)
def test_an_answer_to_nobody_s_request_is_refused(hall, liar, other, reason):
    refused(hall, liar, **other)
    assert reasons(hall) == [reason]
    assert "/token" not in liar.asked, "no code is spent on it"


def test_a_provider_that_says_its_name_may_not_be_silent(hall, liar):
    assert came(hall, liar, iss=None)[1].status_code == 200
    liar.metadata["authorization_response_iss_parameter_supported"] = True
    hall.now += timedelta(hours=2)
    liar.now += 7200
    refused(hall, liar, iss=None)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"nonce": "another"}, "NONCE"),
        ({"nonce": None}, "NONCE"),
        ({"iss": "https://another.example"}, "ISSUER"),
        ({"aud": "another"}, "AUDIENCE"),
        ({"aud": ["kuayu", "another"]}, "PARTY"),
        ({"exp": 1}, "EXPIRED"),
        ({"iat": 9_999_999_999}, "TIME"),
        ({"at_hash": "x"}, "ACCESS_TOKEN"),
        ({"sub": ""}, "SUBJECT"),
    ],
)
def test_a_token_that_was_not_made_for_this_login_is_refused(hall, liar, said, reason):
    liar.claims |= said
    refused(hall, liar)
    assert reasons(hall) == [reason]


def test_a_token_that_nobody_has_signed_is_refused(hall, liar):
    whole = liar.id_token
    liar.id_token = lambda: f"eyJhbGciOiJub25lIn0.{whole().split('.')[1]}."
    refused(hall, liar)
    assert reasons(hall) == ["ALGORITHM"]


def test_a_new_key_of_the_provider_s_is_fetched_once(hall, liar):
    assert came(hall, liar)[1].status_code == 200
    liar.rotate()
    before = liar.asked.count("/keys")
    assert came(hall, liar)[1].status_code == 200
    assert liar.asked.count("/keys") == before + 1


def test_an_unknown_key_is_looked_for_once_and_refused(hall, liar):
    assert came(hall, liar)[1].status_code == 200
    published = liar.published
    liar.rotate()
    liar.published = published
    before = liar.asked.count("/keys")
    refused(hall, liar)
    assert liar.asked.count("/keys") == before + 1
    assert reasons(hall) == ["KEY"]
    for _ in range(3):
        assert browser(hall).post("/login/oidc/ended", data={"logout_token": told(liar)}).status_code == 400
    assert liar.asked.count("/keys") == before + 1, "names of keys can be made up without end"
    hall.now += timedelta(seconds=11)
    liar.now += 11
    liar.published = [liar.key.as_dict(private=False)]
    assert came(hall, liar)[1].status_code == 200


def test_a_code_that_was_used_is_refused(hall, liar):
    liar.token_error = (400, {"error": "invalid_grant"})
    refused(hall, liar)
    assert reasons(hall) == ["CODE"]


def test_the_same_answer_comes_in_once(hall, liar):
    """Even where the provider would take the code again, and the browser has kept its cookie."""
    person, address = set_out(hall)
    asked = liar.begin(address)
    carried = person.cookies["kuayu_oidc"]
    said = {"code": "c0de", "state": asked["state"], "iss": liar.issuer}
    assert come_back(person, **said).status_code == 200
    thief = browser(hall)
    thief.cookies.set("kuayu_oidc", carried, domain="testserver.local", path="/login/oidc")
    assert come_back(thief, **said).status_code == 401
    assert not is_in(thief)


def test_another_browser_can_not_come_back_in_one_s_place(hall, liar):
    _, address = set_out(hall)
    asked = liar.begin(address)
    other = browser(hall)
    assert come_back(other, code="c0de", state=asked["state"]).status_code == 401
    other, _ = set_out(hall)
    assert come_back(other, code="c0de", state=asked["state"]).status_code == 401
    assert not is_in(other)


def test_who_stays_away_too_long_begins_anew(hall, liar):
    person, address = set_out(hall)
    asked = liar.begin(address)
    hall.now += timedelta(minutes=11)
    liar.now += 660
    assert come_back(person, code="c0de", state=asked["state"], iss=liar.issuer).status_code == 401


@pytest.mark.parametrize("carried", ["", "zz", "00", "ff" * 60])
def test_a_made_up_cookie_is_nothing(hall, liar, carried):
    person = browser(hall)
    person.cookies.set("kuayu_oidc", carried, domain="testserver.local", path="/login/oidc")
    assert come_back(person, code="c0de", state="x").status_code == 401


def test_what_the_provider_refuses_is_said_and_is_no_attack(hall, liar):
    answer = refused(hall, liar, code=None, error="access_denied")
    assert "统一认证没有完成登录" in answer.text
    assert reasons(hall) == []


def test_a_word_of_refusal_for_another_s_request_is_not_believed(hall, liar):
    refused(hall, liar, code=None, error="access_denied", state="y")
    assert reasons(hall) == ["STATE"]


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example", "/\\evil.example"])
def test_it_leads_nobody_to_another_site(hall, liar, target):
    person, address = set_out(hall, target)
    asked = liar.begin(address)
    answer = come_back(person, code="c0de", state=asked["state"], iss=liar.issuer)
    assert 'content="0;url=/window"' in answer.text


def test_a_provider_that_is_away_is_said_and_local_accounts_go_on(hall):
    with lying_provider() as gone:
        believes(hall, gone.issuer)
    answer = browser(hall).get("/login/oidc")
    assert answer.status_code == 503 and "统一认证暂时不能用" in answer.text
    assert log_in(hall, "clerk").status_code == 200
    assert browser(hall).get("/login/oidc/leave").headers["location"] == "/login"


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://10.0.0.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_is_not_the_one_of_the_settings_is_not_asked(hall, liar, lie):
    liar.metadata = lie
    assert browser(hall).get("/login/oidc").status_code == 503


def test_a_wrong_secret_of_ours_is_a_fault_of_ours(hall, liar):
    liar.token_error = (401, {"error": "invalid_client"})
    person, answer = came(hall, liar)
    assert answer.status_code == 503 and not is_in(person)


def test_the_login_page_offers_it_only_where_there_is_one(hall):
    assert "统一认证" not in browser(hall).get("/login").text
    with lying_provider() as provider:
        believes(hall, provider.issuer)
        assert 'href="/login/oidc?next=/cases"' in browser(hall).get("/login?next=/cases").text


@pytest.mark.parametrize("path", ["/login/oidc", "/login/oidc/leave"])
def test_where_there_is_none_it_leads_to_the_login(hall, path):
    answer = browser(hall).get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert come_back(browser(hall), code="x", state="y").status_code == 401
    assert browser(hall).post("/login/oidc/ended").status_code == 400
