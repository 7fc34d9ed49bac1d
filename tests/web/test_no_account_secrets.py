"""What opens an account, or signs and seals for us, is shown by no route to anybody (账号与密钥)."""

import base64

import pytest
from sqlalchemy import select

from domain.terms import Role
from domain.units import FIRST_UNIT
from runtime.settings import secrets
from storage.people.one_time import begin, keep_recovery_codes
from storage.people.passwords import hashed
from storage.people.sessions import login_id
from storage.people.users import UserRow, put_user
from tests.web.test_no_credentials import read
from tests.web.test_roles import FILL, TABLE

SOMEBODY = "wangmin"


@pytest.fixture(scope="module")
def somebody(office):
    """An account with everything that opens one; yields its texts by what they are."""
    context = office.app.state.context
    with office.database.write() as session:
        put_user(session, SOMEBODY, Role.CLERK, hashed("nine blue kettles"), FIRST_UNIT[Role.CLERK])
        secret = begin(session, context.sealer, SOMEBODY)
        keep_recovery_codes(session, SOMEBODY, ["ab" * 32])
    body = {"username": SOMEBODY, "password": "nine blue kettles"}
    token = office.call("POST", "/api/v1/login", body=body).json()["token"]
    with office.database.read() as session:
        stored = session.get_one(UserRow, SOMEBODY).password
    return {
        "hash of the password": (stored,),
        "token": (token, *office.tokens.values()),
        "its hash": (login_id(token), *(login_id(each) for each in office.tokens.values())),
        "secret of the app": (secret.hex(), base64.b32encode(secret).decode().rstrip("=")),
        "recovery codes": ("ab" * 32,),
    }


@pytest.fixture(scope="module")
def ours(office):
    """Every secret of the settings, as it is written and as bytes might be shown."""
    settings = office.app.state.context.settings
    found = {}
    for name, path in secrets().items():
        value = settings
        for part in path:
            value = getattr(value, part)
        for one in value if isinstance(value, tuple) else (value,):
            said = getattr(one, "text", one)
            if hasattr(said, "get_secret_value") and len(said.get_secret_value()) > 8:
                found[name] = (said.get_secret_value(),)
        if hasattr(value, "keys"):
            found[name] = tuple(text for key in value.keys for text in written(key.secret.get_secret_value()))
    return found


def written(key):
    return base64.b64encode(key).decode(), key.hex()


def asked():
    """GET routes about this account and others; streams never end."""
    fill = FILL | {"{username}": SOMEBODY}
    for route in TABLE:
        method, _, path = route.partition(" ")
        if method == "GET" and "stream" not in path and not path.endswith(("/live", "/changes")):
            for name, value in fill.items():
                path = path.replace(name, value)
            yield path


@pytest.mark.parametrize("role", Role)
def test_no_route_shows_anybody_what_opens_an_account(office, somebody, ours, role):
    seen = 0
    for path in asked():
        answer = office.call("GET", path, role.value)
        seen += answer.status_code == 200
        said = read(answer)
        leaks = [what for what, texts in (somebody | ours).items() if any(text in said for text in texts)]
        assert leaks == [], path
    assert seen > 15


def test_who_keeps_accounts_sees_of_a_session_only_the_beginning_of_its_name(office, somebody):
    """16 digits of a hash: enough to end it, and nothing that opens it."""
    (shown,) = office.call("GET", f"/api/v1/accounts/{SOMEBODY}/sessions", "security").json()["sessions"]
    assert len(shown["sessionId"]) == 16
    for token in (shown["sessionId"], shown["sessionId"] * 2):
        answer = office.call("GET", "/api/v1/cases", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


def test_every_secret_is_looked_for(office, ours):
    """So the test above looks for the right things: all keys of the sandbox that are longer than a word."""
    assert {"SEAL_KEYS", "CODEC_KEYS", "SICHUAN_OUR_KEYS", "SOUTHWEST_OUR_CERTS", "COURIER_KEY"} <= set(ours)
    with office.database.read() as session:
        assert session.scalar(select(UserRow.username).filter_by(username=SOMEBODY)) == SOMEBODY
