"""Unified login against a real provider, through its own pages: panva's oidc-provider."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from domain.terms import Role
from storage.people.provided import ProvidedAccountRow
from storage.people.users import UserRow
from tests.oidc_server import CLIENT_ID, CLIENT_SECRET, ROLE_MAP, oidc_provider, walked
from tests.unit.web.logins import log_in
from tests.unit.web.unified_hall import believes, come_back, is_in, set_out


@pytest.fixture(scope="module", params=[False, True], ids=["by userinfo", "in the ID token"])
def provider(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("provider")
    with oidc_provider(folder, "http://testserver", in_id_token=request.param) as running:
        yield running


@pytest.fixture
def hall(hall, provider):
    hall.now = datetime.now(UTC)
    believes(hall, provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, role_map=ROLE_MAP)
    return hall


def returned(hall, login):
    """A browser that was out and logged in there, and with what it was sent back."""
    person, address = set_out(hall)
    back = urlsplit(walked(address, login))
    assert back.path == "/login/oidc/callback"
    return person, {name: values[0] for name, values in parse_qs(back.query).items()}


def test_a_person_logs_in_there_and_is_in_here(hall):
    person, said = returned(hall, "wang-clerk")
    assert set(said) == {"code", "state", "iss"}
    answer = come_back(person, **said)
    assert answer.status_code == 200, answer.text
    assert is_in(person)
    with hall.database.read() as session:
        assert session.get_one(UserRow, "oidc:wang-clerk").role == Role.CLERK
        assert session.scalars(select(ProvidedAccountRow)).one().unit == "渝中区政务服务中心"


def test_an_operator_by_another_word(hall):
    person, said = returned(hall, "li-operator")
    assert 'content="0;url=/cases"' in come_back(person, **said).text
    assert person.get("/").headers["location"] == "/status"


def test_a_stranger_is_known_there_and_nobody_here(hall):
    person, said = returned(hall, "zhao-stranger")
    answer = come_back(person, **said)
    assert answer.status_code == 403 and "没有给您本系统的岗位" in answer.text
    assert not is_in(person)


def test_a_code_counts_once_there_too(hall):
    """Another browser that has stolen the code but not the cookie, and the same browser once more."""
    person, said = returned(hall, "wang-clerk")
    thief, _ = set_out(hall)
    assert come_back(thief, **said).status_code == 401
    assert come_back(person, **said).status_code == 200
    again, address = set_out(hall)
    mine = parse_qs(urlsplit(address).query)["state"][0]
    assert come_back(again, **said | {"state": mine}).status_code == 401
    assert not is_in(again) and not is_in(thief)


def test_a_code_that_was_made_for_another_challenge_is_refused_there(hall):
    """What PKCE is for: a stolen code, put into a login that a thief has begun with his own state."""
    _, stolen = returned(hall, "wang-clerk")
    thief, address = set_out(hall)
    own = parse_qs(urlsplit(address).query)["state"][0]
    assert come_back(thief, **stolen | {"state": own}).status_code == 401
    assert not is_in(thief)


@pytest.mark.parametrize("wrong", [{"state": "x"}, {"iss": "https://another.example"}, {"code": "x"}])
def test_an_answer_that_was_changed_on_the_way_is_refused(hall, wrong):
    person, said = returned(hall, "wang-clerk")
    assert come_back(person, **said | wrong).status_code == 401
    assert not is_in(person)


def test_a_silent_one_is_refused_since_this_provider_says_its_name(hall):
    person, said = returned(hall, "wang-clerk")
    del said["iss"]
    assert come_back(person, **said).status_code == 401


def test_with_a_wrong_secret_nobody_comes_in(hall, provider):
    believes(hall, provider.issuer, client_id=CLIENT_ID, client_secret="another", role_map=ROLE_MAP)
    person, said = returned(hall, "wang-clerk")
    assert come_back(person, **said).status_code == 503
    assert not is_in(person)


def test_out_there_too(hall):
    person, _ = set_out(hall)
    address = person.get("/login/oidc/leave").headers["location"]
    asked = parse_qs(urlsplit(address).query)
    assert asked["client_id"] == [CLIENT_ID] and asked["post_logout_redirect_uri"] == ["http://testserver/login"]


def test_when_it_goes_away_local_accounts_go_on(hall, tmp_path):
    with oidc_provider(tmp_path, "http://testserver") as short:
        believes(hall, short.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, role_map=ROLE_MAP)
        person, said = returned(hall, "wang-clerk")
        short.process.terminate()
        short.process.wait(10)
        answer = come_back(person, **said)
    assert answer.status_code == 503 and "统一认证暂时不能用" in answer.text
    assert log_in(hall, "clerk").status_code == 200
