"""Settings of logging in: what is named wrongly is said at the start, by its variable and without its value."""

import pytest

from domain.errors import Misconfigured
from domain.terms import Role
from runtime.login_settings import need_second_factor, roles_mapped
from runtime.settings import load_settings

WHOLE = {
    "OIDC_ISSUER": "https://id.example/realms/hall",
    "OIDC_CLIENT_ID": "kuayu",
    "OIDC_CLIENT_SECRET": "s3cret-value",
    "OIDC_ROLE_MAP": "窗口=clerk",
}


@pytest.fixture
def loaded(monkeypatch, tmp_path):
    def load(**said):
        monkeypatch.setenv("SANDBOX", "1")
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        for name, value in said.items():
            monkeypatch.setenv(name, value)
        return load_settings(None)

    return load


def test_nothing_is_on_where_nothing_is_said(loaded):
    settings = loaded()
    assert not settings.oidc.is_set and settings.certificate.ca is None
    assert need_second_factor(settings.second_factor_roles, played=settings.sandbox) == frozenset()


def test_a_whole_provider(loaded):
    said = loaded(**WHOLE, OIDC_ROLE_CLAIM="realm_access.roles", OIDC_SCOPE="openid profile").oidc
    assert said.is_set and roles_mapped(said.role_map) == {"窗口": Role.CLERK}
    assert "s3cret" not in repr(said)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"OIDC_CLIENT_ID": ""}, "OIDC_ISSUER needs"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_ISSUER needs"),
        ({"OIDC_ROLE_MAP": ""}, "OIDC_ISSUER needs"),
        ({"OIDC_ISSUER": "http://id.example"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://id.example/?a=b"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://u:p@id.example/"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "id.example"}, "OIDC_ISSUER"),
        ({"OIDC_ROLE_MAP": "窗口=clark"}, "OIDC_ROLE_MAP"),
        ({"OIDC_ROLE_MAP": "窗口"}, "OIDC_ROLE_MAP"),
        ({"OIDC_ROLE_MAP": "窗口=clerk,窗口=operator"}, "OIDC_ROLE_MAP"),
        ({"OIDC_ROLE_CLAIM": "a b"}, "OIDC_ROLE_CLAIM"),
        ({"OIDC_SCOPE": "profile"}, "OIDC_SCOPE"),
        ({"OIDC_CA": "/nowhere.pem"}, "OIDC_CA"),
        ({"CERTIFICATE_CA": "/nowhere.pem"}, "CERTIFICATE_CA"),
        ({"SECOND_FACTOR_ROLES": "clerks"}, "SECOND_FACTOR_ROLES"),
    ],
)
def test_what_is_wrong_is_named(loaded, wrong, said):
    with pytest.raises(Misconfigured) as fault:
        loaded(**{**WHOLE, **wrong})
    assert said in fault.value.sentence
    assert "s3cret" not in fault.value.sentence


def test_lists_of_revoked_certificates_need_authorities(loaded, tmp_path):
    (tmp_path / "crl.pem").write_text("")
    with pytest.raises(Misconfigured, match="CERTIFICATE_CRL needs"):
        loaded(CERTIFICATE_CRL=str(tmp_path / "crl.pem"))


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000/x"])
def test_a_provider_on_this_machine_may_speak_in_clear(loaded, issuer):
    assert loaded(**{**WHOLE, "OIDC_ISSUER": issuer}).oidc.is_set
