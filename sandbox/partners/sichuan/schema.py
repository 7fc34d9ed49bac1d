"""What Sichuan's side accepts as a command: shapes, ids with their check digits, strict JSON (contracts.md A)."""

import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sandbox.forms import OptionalForm

MAX_DEPTH = 32


class NotJson(ValueError):
    """Not strict JSON."""


def strict_json(raw: bytes) -> Any:
    """UTF-8 without BOM, no duplicate key, NaN, lone surrogate or NUL, depth ≤ 32. Raises NotJson."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError) as fault:
        raise NotJson(str(type(fault).__name__)) from None
    _walk(value, 1)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise NotJson("duplicate key")
    return dict(pairs)


def _never(constant: str) -> Any:
    raise NotJson(constant)


def _walk(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\0" in value or re.search("[\ud800-\udfff]", value):
            raise NotJson("NUL or surrogate")
        return
    if isinstance(value, (dict, list)):
        if depth > MAX_DEPTH:
            raise NotJson("depth")
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        for one in inner:
            _walk(one, depth + 1)


def mod_11_2(body: str) -> str:
    """ISO 7064 MOD 11-2 by weights, as GB 11643 prints them."""
    total = sum(int(char) * pow(2, len(body) - place, 11) for place, char in enumerate(body))
    return "10X98765432"[total % 11]


def case_number(text: str) -> str:
    if not re.fullmatch(r"[0-9]{20}[0-9X]", text) or mod_11_2(text[:20]) != text[20]:
        raise ValueError("not a case number")
    return text


def _instant(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(Z|[+-][0-9]{2}:[0-9]{2})?", text):
        raise ValueError("not an ISO 8601 time")
    datetime.fromisoformat(text)
    return text


def _resident(number: str) -> bool:
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number) or mod_11_2(number[:17]) != number[17]:
        return False
    try:
        datetime.strptime(number[6:14], "%Y%m%d")  # noqa: DTZ007 – a day, not a moment
    except ValueError:
        return False
    return True


def _credit_code(code: str) -> bool:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if not re.fullmatch(f"[{alphabet}]{{18}}", code):
        return False
    return sum(alphabet.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17])) % 31 == (
        (31 - alphabet.index(code[17])) % 31
    )


CaseNo = Annotated[str, AfterValidator(case_number)]
Instant = Annotated[str, AfterValidator(_instant)]
Text = Annotated[str, StringConstraints(min_length=1)]
Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}\z")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
Form = Literal["original", "copy", "electronic", "form"]
Count = Annotated[int, Field(ge=0, le=100_000)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Person(_Part):
    type: Literal["personal", "enterprise"]
    name: Text
    idType: Literal["居民身份证", "港澳台居民居住证", "外国人永久居留身份证", "护照", "统一社会信用代码"]
    idNumber: Text
    phone: Text

    @model_validator(mode="after")
    def _check_digit(self) -> "Person":
        if self.idType in ("居民身份证", "港澳台居民居住证") and not _resident(self.idNumber):
            raise ValueError("id number")
        if self.idType == "统一社会信用代码" and not _credit_code(self.idNumber):
            raise ValueError("credit code")
        return self


class Material(_Part):
    seq: Annotated[int, Field(ge=1)]
    name: Text
    form: Form
    sha256: Sha256 | None
    pages: Count


class Parcel(_Part):
    trackingNo: Text
    sealNo: str | None


class Paper(_Part):
    name: Text
    form: Form
    count: Count


class Office(_Part):
    regionCode: Region
    window: Text


class Submission(_Part):
    caseNo: CaseNo
    itemCode: Text
    itemName: Text
    mode: Literal["全程网办", "异地代收代办", "多地联办"]
    handlingRegion: Annotated[str, StringConstraints(pattern=r"^51[0-9]{4}\z")]
    collectingOrg: Office
    applicant: Person
    agent: Person | None
    materials: list[Material]
    parcel: Parcel | None
    submittedAt: Instant
    form: OptionalForm = None


class Supplement(_Part):
    round: Annotated[int, Field(ge=1)]
    materials: list[Material]
    parcel: Parcel | None


class Withdrawal(_Part):
    reason: str


class PapersSent(_Part):
    trackingNo: Text
    sealNo: str | None
    papers: list[Paper]


class Delivered(_Part):
    at: Instant
    signerKind: Literal["self", "agent", "hall"]
    proofSha256: Sha256 | None


class Discrepancy(_Part):
    reason: Text
    papers: list[Paper]


_NOTICES: dict[str, type[_Part]] = {
    "PAPERS_SENT": PapersSent,
    "DELIVERED": Delivered,
    "DISCREPANCY": Discrepancy,
}


class Notice(_Part):
    notice: Literal["PAPERS_SENT", "DELIVERED", "DISCREPANCY"]
    occurredAt: Instant
    payload: dict[str, Any]

    @model_validator(mode="after")
    def _payload_of_its_kind(self) -> "Notice":
        _NOTICES[self.notice].model_validate(self.payload)
        return self
