"""One event of `POST /scans:batch` as it is on the wire (interfaces.md), read alone: a bad one spoils no other."""

import hashlib
import json
import math
import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from domain.model import Frozen
from domain.terms import Datum, MaterialForm, SignerKind
from logistics.geo import Point
from logistics.scanned_code import number_of
from logistics.scans import GpsFix, PaperLine, ScanKind, Void
from partners.standards import CHINA, MAX_JSON_DEPTH

MAX_SEQUENCE = 2**53 - 1  # what a device that counts in JavaScript can say
MAX_MONO_MS = 10 * 366 * 86_400_000  # ten years without a boot
MAX_NUMBER = 64  # as our log has room for
MAX_SEAL = 32
_MAX_INTEGER = 10**32
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_ISO = re.compile(r"(19[7-9][0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}T[0-9:.,]{5,18}(Z|[+-][0-9]{2}:?[0-9]{2})?")


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("NUL")
    return text


def _iso(text: Any) -> Any:
    """An ISO 8601 time: a bare number would be read as one too. A dead battery may well say 1970."""
    if not isinstance(text, str) or not _ISO.fullmatch(text):
        raise ValueError("not an ISO 8601 time")
    return text


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


Moment = Annotated[datetime, BeforeValidator(_iso), AfterValidator(_aware)]
Whole = Annotated[int, Field(strict=True, ge=0, le=MAX_SEQUENCE)]
EventId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{8,64}\z")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(_no_nul)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_no_nul)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_no_nul)]


class GpsOnWire(Frozen):
    """A position: degrees, accuracy in metres, datum; `mocked`: the device says that it is made up."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    accuracyM: float = Field(ge=0, le=100_000)
    datum: Datum
    mocked: bool = False

    def fix(self) -> GpsFix:
        """The position in our words; the datum stays the device's."""
        point = Point(lat=self.lat, lon=self.lon, datum=self.datum)
        return GpsFix(point=point, accuracy_m=self.accuracyM, mocked=self.mocked)


class PaperOnWire(Frozen):
    """One line of a manifest (清单). `count`: pieces. `paperNo`: as the work list names it."""

    name: Name
    form: MaterialForm
    count: int = Field(ge=0, le=9999, strict=True)
    paperNo: Word | None = None

    def line(self) -> PaperLine:
        """The line in our words."""
        return PaperLine(name=self.name, form=self.form, count=self.count, paper_no=self.paperNo)


class NoCode(StrEnum):
    """Why no hand-over code was said (没有交接码的原因)."""

    ID_SEEN = "ID_SEEN"  # the applicant has shown his document instead
    AGENT = "AGENT"
    LOCKER = "LOCKER"
    NOT_TOLD = "NOT_TOLD"  # he would not, or could not, say it


class BagSide(StrEnum):
    """Whether the parcel was put in when its bag was closed, or found when it was opened."""

    CLOSED = "closed"
    OPENED = "opened"


class BagOnWire(Frozen):
    """The bag (袋) that a scan is about, said with each of its parcels.

    `origin`, `destination`: `hall` or the id of an outlet. `count`: parcels in it, as counted by who says this.
    `missing`: of an opening: numbers on the list that were not in it.
    """

    no: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{4,32}\z")]
    side: BagSide
    origin: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,32}\z")]
    destination: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,32}\z")]
    sealNo: Annotated[str, StringConstraints(min_length=1, max_length=MAX_SEAL), AfterValidator(_no_nul)]
    count: Annotated[int, Field(strict=True, ge=0, le=200)]
    missing: tuple[Word, ...] = Field(default=(), max_length=200)


class ScanOnWire(Frozen):
    """One event; field names are the wire's (docs/postal.md "Devices: `POST /api/v1/scans:batch`").

    Unknown members are ignored here and kept in the log.
    """

    eventId: EventId
    deviceSeq: Whole
    occurredAt: Moment
    monoMs: Annotated[int, Field(strict=True, ge=0, le=MAX_MONO_MS)] | None = None
    bootId: Word | None = None
    kind: ScanKind
    code: Word
    epoch: Annotated[int, Field(strict=True, ge=1, le=99)] | None = None
    gps: GpsOnWire | None = None
    sealNo: Word | None = None
    manifest: tuple[PaperOnWire, ...] | None = Field(default=None, max_length=200)
    proofs: tuple[Sha256, ...] | None = Field(default=None, max_length=10)
    voids: EventId | None = None
    signerKind: SignerKind | None = None
    note: Text | None = None
    handoverCode: Annotated[str, StringConstraints(min_length=1, max_length=16)] | None = None
    noCode: NoCode | None = None
    bag: BagOnWire | None = None

    @property
    def number(self) -> str:
        """The number that was scanned; our QR code carries it as its second part (courier.md §8)."""
        return number_of(self.code)


class Unreadable(Frozen):
    """An event out of form: the member at fault, and what could be read of its id and sequence (else None)."""

    member: str
    event_id: str | None
    device_seq: int | None


def read(raw: Any) -> ScanOnWire | Unreadable:
    """One event, or why it can't be read. Never raises."""
    if not keepable(raw):
        return _unreadable(raw, _flawed_member(raw))
    try:
        scan = ScanOnWire.model_validate(raw)
    except ValidationError as fault:
        place = [str(part) for part in fault.errors()[0]["loc"] if "[" not in str(part)]  # not the names of unions
        return _unreadable(raw, ".".join(place) or "event")
    if (scan.kind is Void.VOID) != (scan.voids is not None):
        return _unreadable(raw, "voids")
    if not 0 < len(scan.number) <= MAX_NUMBER:  # capitals may be longer: "ß"
        return _unreadable(raw, "code")
    if scan.sealNo is not None and len(scan.sealNo) > MAX_SEAL:
        return _unreadable(raw, "sealNo")
    return scan


def keepable(value: Any, depth: int = 1) -> bool:
    """Whether any database and any reader can keep it: no NUL, half a character, NaN, endless number or nesting."""
    match value:
        case str():
            return _NOT_TEXT.search(value) is None
        case float():
            return math.isfinite(value)
        case int():
            return -_MAX_INTEGER < value < _MAX_INTEGER
        case dict():
            inner = [*value.keys(), *value.values()]
        case list():
            inner = value
        case _:
            return True
    return depth <= MAX_JSON_DEPTH and all(keepable(one, depth + 1) for one in inner)


def _flawed_member(raw: Any) -> str:
    said = raw if isinstance(raw, dict) else {}
    return next((name for name in ScanOnWire.model_fields if not keepable(said.get(name))), "event")


def _unreadable(raw: Any, member: str) -> Unreadable:
    said = raw if isinstance(raw, dict) else {}
    event_id, sequence = said.get("eventId"), said.get("deviceSeq")
    counts = isinstance(sequence, int) and not isinstance(sequence, bool) and 0 <= sequence <= MAX_SEQUENCE
    return Unreadable(
        member=member,
        event_id=event_id if isinstance(event_id, str) and 0 < len(event_id) <= 64 and keepable(event_id) else None,
        device_seq=sequence if counts else None,
    )


def without_code(raw: Any) -> Any:
    """An event as it is kept: what was typed as a hand-over code is judged, never kept."""
    if not isinstance(raw, dict) or "handoverCode" not in raw:
        return raw
    return {name: value for name, value in raw.items() if name != "handoverCode"}


LABEL_WRONG = "labelWrong"
"""Member of an event as it is kept, ours and never a device's: its label is sealed with none of our keys."""


JUMPED = "jumped"
"""The same: no vehicle brings its device to where it says that it is (parcels/jumps.py)."""


def as_kept(raw: dict[str, Any], *, label_wrong: bool, jumped: bool = False) -> dict[str, Any]:
    """An event as its line in the log: without a hand-over code, with our word about its label and its place."""
    said = {name: value for name, value in without_code(raw).items() if name not in (LABEL_WRONG, JUMPED)}
    return said | {name: True for name, is_so in ((LABEL_WRONG, label_wrong), (JUMPED, jumped)) if is_so}


def content_hash(device_id: str, raw: Any) -> str:
    """Lower-case hex SHA-256 of an event's content and its device; the order of members does not count."""
    text = json.dumps([device_id, raw], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
