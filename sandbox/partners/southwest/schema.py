"""What the provinces accept as a row (contracts.md B "Row"): shapes only, the check digits come after them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sandbox.forms import OptionalForm
from sandbox.partners.southwest.crypto import instant


def _instant(text: str) -> str:
    instant(text)
    return text


def _written(text: str) -> str:
    if "." not in text or instant(text).utcoffset() is None or text[-1] not in "Z0123456789":
        raise ValueError("cd_time")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Instant = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T"), AfterValidator(_instant)]
Written = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}(Z|[+-][0-9]{2}:[0-9]{2})\z"),
    AfterValidator(_written),
]
Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}\z")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
Hash = Sha256
Form = Literal["original", "copy", "electronic", "form"]
Count = Annotated[int, Field(ge=0, le=100_000)]
IdType = Literal["居民身份证", "港澳台居民居住证", "外国人永久居留身份证", "护照", "统一社会信用代码"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Manifest(_Part):
    ver: Literal[1]
    cd_batch: Annotated[str, StringConstraints(pattern=r"^[0-9]{26}\z")]
    sender: Region = Field(alias="from")
    to: Region
    seq: Annotated[int, Field(ge=1, le=999_999)]
    prevSm3: Hash
    rows: Annotated[int, Field(ge=0)]
    bytes: Annotated[int, Field(ge=0)]
    rowsSm3: Hash
    createdAt: Instant
    certSerial: Text
    sign: Text

    def text(self) -> str:
        head = f"{self.ver}|{self.cd_batch}|{self.sender}|{self.to}|{self.seq}|{self.prevSm3}"
        return f"{head}|{self.rows}|{self.bytes}|{self.rowsSm3}|{self.createdAt}"


class Row(_Part):
    row_guid: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    cd_operation: Literal["I", "U", "D"]
    cd_time: Written
    type: Text
    state: Text
    project_no: Annotated[str, StringConstraints(pattern=r"^[0-9]{20}[0-9X]\z")]
    partner_no: str
    task_code: str
    data: dict[str, Any]


class Person(_Part):
    type: Literal["personal", "enterprise"]
    name: Text
    idType: IdType
    idNumber: Text
    phone: Text


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


class Apply(_Part):
    itemName: Text
    mode: Literal["全程网办", "异地代收代办", "多地联办"]
    handlingRegion: Region
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


class Withdraw(_Part):
    reason: str


class PapersSent(_Part):
    occurredAt: Instant
    trackingNo: Text
    sealNo: str | None
    papers: list[Paper]


class Delivered(_Part):
    occurredAt: Instant
    at: Instant
    signerKind: Literal["self", "agent", "hall"]
    proofSha256: Sha256 | None


class Discrepancy(_Part):
    occurredAt: Instant
    reason: Text
    papers: list[Paper]


DATA: dict[tuple[str, str], tuple[str, type[_Part]]] = {
    ("apply", "1"): ("submit", Apply),
    ("supplement", "2"): ("supplement", Supplement),
    ("withdraw", "1"): ("withdraw", Withdraw),
    ("notice", "1"): ("PAPERS_SENT", PapersSent),
    ("notice", "2"): ("DELIVERED", Delivered),
    ("notice", "3"): ("DISCREPANCY", Discrepancy),
}
"""type/state → what it is, and the shape of its data."""
