"""A hall of a test that believes a provider, and a browser that comes and goes."""

from dataclasses import replace

from pydantic import SecretStr
from sqlalchemy import select

from runtime.login_settings import OidcSettings
from storage.exchange.exchange_log import SecurityEventRow
from tests.unit.web.logins import browser
from web.security.unified import provider_of

EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def believes(hall, issuer, **more):
    """From now on this provider vouches for people."""
    said = {"client_id": "kuayu", "client_secret": SecretStr("only:for tests%"), "unit_claim": "unit"}
    said["role_map"] = "统一窗口岗=clerk,hall-admin=operator"
    oidc = OidcSettings(issuer=issuer, **said | more)
    settings = hall.context.settings.model_copy(update={"oidc": oidc, "public_url": "http://testserver"})
    provider = provider_of(settings, lambda: hall.now)
    hall.context = hall.app.state.context = replace(hall.context, settings=settings, provider=provider)


def set_out(hall, target="/cases"):
    """A browser that was sent to the provider, and where."""
    person = browser(hall)
    answer = person.get("/login/oidc", params={"next": target})
    assert answer.status_code == 303, answer.text
    return person, answer.headers["location"]


def come_back(person, **said):
    return person.get("/login/oidc/callback", params=said)


def is_in(person):
    return person.get("/api/v1/session").status_code == 200


def came(hall, liar, **other):
    """Out and back; `other`: what is said on the way back in place of what is right."""
    person, address = set_out(hall)
    asked = liar.begin(address)
    said = {"code": "c0de", "state": asked["state"], "iss": liar.issuer} | other
    return person, come_back(person, **{name: value for name, value in said.items() if value is not None})


def refused(hall, liar, **other):
    person, answer = came(hall, liar, **other)
    assert not is_in(person)
    assert answer.status_code in (401, 403), answer.text
    return answer


def reasons(hall):
    with hall.database.read() as session:
        return [row.code for row in session.scalars(select(SecurityEventRow).filter_by(source="oidc"))]


def told(liar, **other):
    said = {"iss": liar.issuer, "aud": "kuayu", "sub": "zhang", "iat": liar.now, "jti": "1", "events": EVENT}
    return liar.signed({name: value for name, value in (said | other).items() if value is not None})
