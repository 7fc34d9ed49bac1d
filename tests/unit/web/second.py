"""Second factors in a hall of a test: whoever has an app, and what he is answered at the second step."""

import base64
from dataclasses import replace
from datetime import timedelta

from domain.one_time import code_at, step_of
from domain.terms import Role
from tests.unit.web.logins import let_in, log_in, with_token

FACTORS, STEP = "/api/v1/account/factors", "/api/v1/login/second"


def must_have(hall, roles):
    """From now on these roles need a second factor (SECOND_FACTOR_ROLES)."""
    settings = hall.context.settings.model_copy(update={"second_factor_roles": roles})
    hall.context = hall.app.state.context = replace(hall.context, settings=settings)


def later(hall, seconds=30):
    hall.now += timedelta(seconds=seconds)


class App:
    """A telephone with the secret of an account."""

    def __init__(self, hall, secret):
        self.hall, self.secret = hall, base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code(self, by=0):
        return code_at(self.secret, step_of(self.hall.now) + by)


def begun(hall, client):
    answer = client.post(FACTORS, json={"kind": "app"})
    assert answer.status_code == 200, answer.text
    return App(hall, answer.json()["secret"])


def enrolled(hall, name=Role.CLERK.value):
    """An app of an account, bound in an open session: the app and the recovery codes."""
    client = let_in(hall, name)
    app = begun(hall, client)
    answer = client.post(f"{FACTORS}/app/confirm", json={"code": app.code()})
    assert answer.status_code == 200, answer.text
    later(hall)
    return app, answer.json()["recoveryCodes"]


def at_second_step(hall, name=Role.CLERK.value):
    """A client whose password was right and who is asked for more."""
    answer = log_in(hall, name)
    assert answer.json()["stage"] == "SECOND_FACTOR", answer.text
    return with_token(hall, answer.json()["token"])


def answered(client, typed):
    return client.post(STEP, json={"code": typed})
