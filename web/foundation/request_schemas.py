"""Shapes of requests, as interfaces.md gives them: camelCase on the wire, unknown fields refused."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, JsonValue, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from catalog.intake import IntakeChannel
from domain.identifiers import check_id, check_name, normalise_line, normalise_phone, normalise_region
from domain.leg_changes import ChangeKind
from domain.model import Strict
from domain.terms import ApplicantType, AuthorisationKind, Datum, IdType, Mode, Provided

Sha256 = Field(pattern=r"^[0-9a-f]{64}$")


class RequestSchema(Strict):
    """The body of a request: camelCase on the wire, unknown members refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


RegionCode = Annotated[str, Field(max_length=40), AfterValidator(normalise_region)]
"""6 digits, or the 12-digit form that ends in zeros; kept as 6."""


class HandlingRequest(RequestSchema):
    """One authority that is to handle the case. `role`: only in a joint case (多地联办), one of the item's roles."""

    region: RegionCode
    role: str | None = Field(default=None, max_length=40)


class PersonRequest(RequestSchema):
    """A person or an enterprise; name, number and phone are checked and normalised.

    Check digits: contracts.md "Forms and windows". `household_region`: 户籍地, where an item asks for it.
    """

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


class AuthorisationRequest(RequestSchema):
    """On what an agent acts (帮代办授权): seen at the window, or scanned. `until`: last day."""

    kind: AuthorisationKind
    original_seen: bool = False
    document_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    until: date | None = None


class AgentRequest(PersonRequest):
    """帮代办人. `authorisation` is needed to act for another (民法典第一百六十五条); refused without it."""

    authorisation: AuthorisationRequest | None = None


class LicenceRequest(RequestSchema):
    """An electronic licence (电子证照). `type`: of the material's, else one of the 141. `issuer`: its authority.

    `holder`: a name where it is not the applicant's. `consent`: the holder agreed to its check for this matter.
    """

    type: str = Field(min_length=1, max_length=40)
    number: str = Field(min_length=2, max_length=60)
    issuer: str = Field(min_length=2, max_length=60)
    holder: str | None = Field(default=None, max_length=120)
    consent: bool = False

    @field_validator("number", "issuer")
    @classmethod
    def _seen(cls, value: str) -> str:
        return normalise_line(value)

    @field_validator("holder")
    @classmethod
    def _holder(cls, value: str | None) -> str | None:
        return check_name(value) if value else None


class MaterialRequest(RequestSchema):
    """One material. `seq`: its number in the item's list. `sha256`: of a scan that was uploaded before.

    `count`: pieces (份) that were brought, `pages` of one piece.

    `checked`: compared with the original at the window, which raises grade C to B; of a `licence`: the clerk has looked
    at it himself.
    """

    seq: int = Field(ge=1, le=99)
    provided: Provided
    checked: bool = False
    pages: int = Field(default=1, ge=0, le=999)
    count: int = Field(default=1, ge=1, le=99)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    licence: LicenceRequest | None = None


class ContactRequest(RequestSchema):
    """A door for pickup or delivery. `lat`, `lon`: in `datum`.

    Without them a person places it on the map first (courier.md §5).
    """

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


class LegChangeRequest(RequestSchema):
    """`POST /cases/{caseNo}/legs/{legId}/changes`: one change of a visit, with the members of its kind.

    `version`: as it was seen; where another change has come since, nothing is done. ADDRESS: `address`, with its point
    where that is known. WINDOW: `windowFrom`, when the half hour begins. CONTACT: `contactName`, `contactPhone`.
    """

    kind: ChangeKind
    version: int = Field(ge=0)
    address: str | None = Field(default=None, min_length=4, max_length=200)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    datum: Datum = Datum.WGS84
    window_from: AwareDatetime | None = None
    contact_name: str | None = Field(default=None, max_length=200)
    contact_phone: str | None = Field(default=None, max_length=40)

    @field_validator("address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else normalise_line(value)

    @field_validator("contact_name")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        return None if value is None else check_name(value)

    @field_validator("contact_phone")
    @classmethod
    def _phone(cls, value: str | None) -> str | None:
        return None if value is None else normalise_phone(value)


class ConsentRequest(RequestSchema):
    """The applicant's informed consent (知情同意). `version`: of the text that was shown; `accepted` must be true.

    `messages`: whether the applicant wants to be told by short messages (办件提醒).
    """

    version: str = Field(max_length=32)
    accepted: bool
    messages: bool = False


class FormRequest(RequestSchema):
    """What the item asks for beside its papers, by the schema of `GET /items/{code}/form`."""

    answers: dict[str, JsonValue]


class CaseRequest(RequestSchema):
    """`POST /cases`.

    `form`: the item's own, needed where the law asks for it (marriage, first identity card). `mode`: None takes the
    item's own. `pickup`, `delivery`: a courier comes to this door; without, the window does.
    """

    item_code: str = Field(max_length=32)
    handlings: list[HandlingRequest] = Field(min_length=1, max_length=6)
    mode: Mode | None = None
    applicant: PersonRequest
    agent: AgentRequest | None = None
    form: FormRequest | None = None
    materials: list[MaterialRequest] = Field(default_factory=list, max_length=60)
    pickup: ContactRequest | None = None
    delivery: ContactRequest | None = None
    consent: ConsentRequest
    channel: IntakeChannel = IntakeChannel.WINDOW
    discredited: bool = Field(default=False, description="失信且未修复信用: neither deferral nor commitment")
    duplicate_reason: str | None = Field(
        default=None, min_length=2, max_length=200, description="why one more, beside others about the same matter"
    )


BySelf = Field(default=False, description="the applicant came in person, not the agent of the case")


class SupplementRequest(RequestSchema):
    """`POST /cases/{caseNo}/supplements`. `handling_no`: needed where several handlings wait for this round."""

    by_self: bool = BySelf
    handling_no: str | None = Field(default=None, max_length=21)
    round: int = Field(ge=1, le=99)
    materials: list[MaterialRequest] = Field(min_length=1, max_length=60)


class DeferredRequest(RequestSchema):
    """`POST /cases/{caseNo}/deferred`: deferred materials that have come, by their numbers in the item's list."""

    by_self: bool = BySelf
    materials: list[MaterialRequest] = Field(min_length=1, max_length=60)


class WithdrawRequest(RequestSchema):
    """`POST /cases/{caseNo}/withdraw`. `reason`: the applicant's words, kept in the sealed dossier."""

    by_self: bool = BySelf
    reason: str = Field(min_length=1, max_length=200)


class RatingGiven(RequestSchema):
    """好差评, 5 is best; `side`: who is rated."""

    score: int = Field(ge=1, le=5)
    side: str = Field(pattern=r"^(window|authority|post)$")
    comment: str = Field(default="", max_length=500)


class RatingRequest(RatingGiven):
    """`POST /cases/{caseNo}/rating`. `code`: on the applicant's receipt, or sent to him."""

    code: str = Field(max_length=32)


class PointRequest(RequestSchema):
    """A place on the map, with its datum."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    datum: Datum = Datum.WGS84


class ResolveRequest(RequestSchema):
    """`POST /tasks/{id}/resolve`; `point` for an address that is placed.

    `lines`: how many lines of the task were on the page; where more have come since, they must be read first.
    """

    outcome: str = Field(max_length=24)
    reason: str = Field(min_length=1, max_length=300)
    point: PointRequest | None = None
    lines: int | None = Field(default=None, ge=0)


class DecisionRequest(RequestSchema):
    """`POST /handlings/{no}/decisions`: an event of contracts.md with its payload.

    `seen`: how many events about it the page had shown (`eventCount`); where more have come since, they are read first.
    """

    event: str = Field(max_length=32)
    payload: dict[str, object] = Field(default_factory=dict)
    seen: int | None = Field(default=None, ge=0)


class ReconcileRequest(RequestSchema):
    """`POST /partners/{partner}/reconciliations`; `day` of Asia/Shanghai."""

    day: date | None = None
