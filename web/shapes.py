"""Shapes of requests, as interfaces.md gives them: camelCase on the wire, unknown fields refused."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from catalog.intake import IntakeChannel
from domain.identifiers import check_id, check_name, normalise_phone, normalise_region
from domain.model import Strict
from domain.terms import ApplicantType, AuthorisationKind, Datum, IdType, Mode, Provided

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


class Shape(Strict):
    """Camel case outside, snake case inside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


RegionCode = Annotated[str, Field(max_length=40), AfterValidator(normalise_region)]
"""6 digits, or the 12-digit form that ends in zeros; kept as 6."""


class HandlingShape(Shape):
    region: RegionCode
    role: str | None = Field(default=None, max_length=40)


class PersonShape(Shape):
    type: ApplicantType
    name: str = Field(max_length=200)
    id_type: IdType
    id_number: str = Field(max_length=40)
    phone: str = Field(max_length=40)
    household_region: RegionCode | None = None

    @field_validator("name")
    @classmethod
    def _name(cls, value: str, info: ValidationInfo) -> str:
        return check_name(value, info.data.get("type", ApplicantType.PERSONAL))

    @field_validator("id_number")
    @classmethod
    def _id(cls, value: str, info: ValidationInfo) -> str:
        kind = info.data.get("id_type")
        return check_id(kind, value) if kind is not None else value

    @field_validator("phone")
    @classmethod
    def _phone(cls, value: str) -> str:
        return normalise_phone(value)


class AuthorisationShape(Shape):
    """On what an agent acts (帮代办授权): seen at the window, or scanned. `until`: last day."""

    kind: AuthorisationKind
    original_seen: bool = False
    document_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    until: date | None = None


class AgentShape(PersonShape):
    """帮代办人; without an authorisation nobody acts for another."""

    authorisation: AuthorisationShape | None = None


class MaterialShape(Shape):
    """`checked`: compared with the original at the window, which raises grade C to B."""

    seq: int = Field(ge=1, le=99)
    provided: Provided
    checked: bool = False
    pages: int = Field(default=1, ge=0, le=999)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class ContactShape(Shape):
    address: str = Field(min_length=4, max_length=200)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    datum: Datum = Datum.WGS84
    contact_name: str = Field(max_length=200)
    contact_phone: str = Field(max_length=40)

    @field_validator("contact_name")
    @classmethod
    def _name(cls, value: str) -> str:
        return check_name(value)

    @field_validator("contact_phone")
    @classmethod
    def _phone(cls, value: str) -> str:
        return normalise_phone(value)


class ConsentShape(Shape):
    version: str = Field(max_length=32)
    accepted: bool


class CaseShape(Shape):
    """`POST /cases`."""

    item_code: str = Field(max_length=32)
    handlings: list[HandlingShape] = Field(min_length=1, max_length=6)
    mode: Mode | None = None
    applicant: PersonShape
    agent: AgentShape | None = None
    materials: list[MaterialShape] = Field(default_factory=list, max_length=60)
    pickup: ContactShape | None = None
    delivery: ContactShape | None = None
    consent: ConsentShape
    channel: IntakeChannel = IntakeChannel.WINDOW
    discredited: bool = Field(default=False, description="失信且未修复信用: neither deferral nor commitment")


BySelf = Field(default=False, description="the applicant came in person, not the agent of the case")


class SupplementShape(Shape):
    """`POST /cases/{caseNo}/supplements`."""

    by_self: bool = BySelf
    handling_no: str | None = Field(default=None, max_length=21)
    round: int = Field(ge=1, le=99)
    materials: list[MaterialShape] = Field(min_length=1, max_length=60)


class DeferredShape(Shape):
    """`POST /cases/{caseNo}/deferred`: materials that were owed have come."""

    by_self: bool = BySelf
    materials: list[MaterialShape] = Field(min_length=1, max_length=60)


class WithdrawShape(Shape):
    """`POST /cases/{caseNo}/withdraw`."""

    by_self: bool = BySelf
    reason: str = Field(min_length=1, max_length=200)


class RatingShape(Shape):
    """`POST /cases/{caseNo}/rating`."""

    score: int = Field(ge=1, le=5)
    side: str = Field(pattern=r"^(window|authority|post)$")
    comment: str = Field(default="", max_length=500)


class PointShape(Shape):
    """A place on the map, with its datum."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    datum: Datum = Datum.WGS84


class ResolveShape(Shape):
    """`POST /tasks/{id}/resolve`; `point` for an address that is placed."""

    outcome: str = Field(max_length=24)
    reason: str = Field(min_length=1, max_length=300)
    point: PointShape | None = None


class DecisionShape(Shape):
    """`POST /handlings/{no}/decisions`: an event of contracts.md with its payload."""

    event: str = Field(max_length=32)
    payload: dict[str, object] = Field(default_factory=dict)


class ReconcileShape(Shape):
    """`POST /partners/{partner}/reconciliations`; `day` of Asia/Shanghai."""

    day: date | None = None
