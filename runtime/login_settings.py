"""Settings of logging in: who needs a second factor, the unified login of the unit, certificates on USB keys."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from domain.terms import Role
from domain.units import UNIT_ID
from runtime.tls_settings import PemFile

WATCHED_ROLES: Final = frozenset({Role.OPERATOR, Role.AUDITOR, Role.SUPERVISOR, Role.SECURITY})
"""Who sees everything, keeps it running, or says who may."""

_NONE: Final = "off"
_HERE: Final = ("127.0.0.1", "localhost", "::1")
_CLAIM: Final = re.compile(r"[A-Za-z0-9_:/.~-]*")


def words(text: str) -> tuple[str, ...]:
    """The words of a comma list."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def roles_named(text: str) -> frozenset[Role] | None:
    """The roles that a setting names; None where it is left to the default.

    Raises:
        ValueError: a word that is no role.
    """
    named = words(text)
    if not named:
        return None
    if named == (_NONE,):
        return frozenset()
    return frozenset(_role(word) for word in named)


def need_second_factor(text: str, *, played: bool) -> frozenset[Role]:
    """The roles that do not come in with a password alone. `played`: the sandbox, where nobody has to."""
    told = roles_named(text)
    if told is not None:
        return told
    return frozenset() if played else WATCHED_ROLES


def roles_mapped(text: str) -> dict[str, Role]:
    """The provider's word → our role, of `统一窗口岗=clerk,hall-admin=operator`; the first that fits counts.

    Raises:
        ValueError: a pair that is none, a role that is none, a word twice.
    """
    mapped: dict[str, Role] = {}
    for pair in words(text):
        word, equals, role = (part.strip() for part in pair.rpartition("="))
        if not equals or not word or word in mapped:
            raise ValueError(f"each role is written once, as word=role; wrong: {pair}")
        mapped[word] = _role(role)
    return mapped


def units_mapped(text: str) -> dict[str, str]:
    """The provider's word → the id of our unit, of `渝中大厅=hall,区人社局=dept-hrss`.

    Raises:
        ValueError: a pair that is none, an id that is none, a word twice.
    """
    mapped: dict[str, str] = {}
    for pair in words(text):
        word, equals, unit = (part.strip() for part in pair.rpartition("="))
        if not equals or not word or word in mapped or re.fullmatch(UNIT_ID, unit) is None:
            raise ValueError(f"each unit is written once, as word=id; wrong: {pair}")
        mapped[word] = unit
    return mapped


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise ValueError(f"no role: {word}; known are {', '.join(Role)}") from None


def _roles_checked(text: str) -> str:
    roles_named(text)
    return text


def _map_checked(text: str) -> str:
    roles_mapped(text)
    return text


def _unit_map_checked(text: str) -> str:
    units_mapped(text)
    return text


def _claim_checked(text: str) -> str:
    if _CLAIM.fullmatch(text) is None:
        raise ValueError("no name of a claim; members of members are written with dots, realm_access.roles")
    return text


def _issuer_checked(text: str) -> str:
    parts = urlsplit(text)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    if text and (not secure or not parts.hostname or parts.query or parts.fragment or parts.username):
        raise ValueError("an https:// address without query; http:// for a provider on this machine only")
    return text


SecondFactorRoles = Annotated[str, AfterValidator(_roles_checked)]
"""The setting as it is written: roles with commas, `off`, or nothing."""

_Claim = Annotated[str, AfterValidator(_claim_checked)]


class OidcSettings(BaseModel):
    """Variables OIDC_… for the unit's unified login (统一认证) by OpenID Connect; without OIDC_ISSUER there is none."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    issuer: Annotated[str, AfterValidator(_issuer_checked)] = Field(
        "", description="the provider, as it names itself in `iss`; empty: no unified login, local accounts only"
    )
    client_id: str = Field("", description="as what the provider knows us")
    client_secret: SecretStr = Field(SecretStr(""), description="our secret with the provider")
    scope: str = Field(
        "openid", pattern=r"^openid( [!-~]+)*\z", description="what we ask for, with spaces; openid comes first"
    )
    role_claim: _Claim = Field(
        "roles", description="claim that names the person's roles, a text or a list; with dots for members of members"
    )
    role_map: Annotated[str, AfterValidator(_map_checked)] = Field(
        "",
        description="the provider's word=our role, with commas; the first that fits counts, none lets nobody in",
    )
    unit_claim: _Claim = Field(
        "",
        description="claim that names the person's unit, where he stands from then on; empty: accounts are placed here",
    )
    unit_map: Annotated[str, AfterValidator(_unit_map_checked)] = Field(
        "", description="the provider's word=id of our unit, with commas; a word that is not here is taken as an id"
    )
    acr: str = Field(
        "", description="values of `acr`, with commas, by which the provider's second factor counts as ours"
    )
    amr: str = Field("", description="values of `amr`, with commas, that count so too, e.g. mfa,otp,hwk")
    ca: PemFile = Field(None, description="authority of the provider's certificate, PEM; empty: the usual ones")

    @model_validator(mode="after")
    def _whole(self) -> "OidcSettings":
        if self.issuer and not (self.client_id and self.client_secret.get_secret_value() and self.role_map):
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_ROLE_MAP")
        return self

    @property
    def is_set(self) -> bool:
        """Whether there is a unified login."""
        return bool(self.issuer)


class CertificateSettings(BaseModel):
    """Variables CERTIFICATE_… for SM2 certificates on USB keys (UKey); without CERTIFICATE_CA none logs in."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    ca: PemFile = Field(None, description="SM2 certificates of the authorities whose people may log in, PEM")
    crl: PemFile = Field(
        None, description="their lists of revoked certificates, PEM; read again when the file changes; one that is "
        "over lets nobody in"
    )  # fmt: skip

    @model_validator(mode="after")
    def _whole(self) -> "CertificateSettings":
        if self.crl is not None and self.ca is None:
            raise ValueError("CERTIFICATE_CRL needs CERTIFICATE_CA")
        return self
