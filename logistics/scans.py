"""One scan of a parcel (扫描事件) as the event log keeps it: never edited, voided by another event.

Sources: interfaces.md `POST /scans:batch`, courier.md §3 and §7.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import AwareDatetime, Field, model_validator

from domain.model import Frozen, is_unset
from domain.terms import Leg, MaterialForm, ParcelStage, ScanSource, SignerKind
from logistics.geo import Point


class Void(StrEnum):
    """The one kind of event that is no stage: it takes another event back (更正)."""

    VOID = "VOID"


class VoidReason(StrEnum):
    """Why an event is taken back, EPCIS 2.0 error declaration."""

    DID_NOT_OCCUR = "did_not_occur"
    INCORRECT_DATA = "incorrect_data"


class FailureReason(StrEnum):
    """Why an attempt at a door failed (未妥投原因): the `note` of a PICKUP_FAILED or DELIVERY_FAILED scan."""

    NOBODY_HOME = "NOBODY_HOME"
    WRONG_ADDRESS = "WRONG_ADDRESS"
    REFUSED = "REFUSED"
    ID_MISMATCH = "ID_MISMATCH"
    COURIER_UNAVAILABLE = "COURIER_UNAVAILABLE"
    OUTLET_CLOSED = "OUTLET_CLOSED"


ScanKind = ParcelStage | Void


class GpsFix(Frozen):
    """Where the device was: `accuracy_m` at 68 %, `mocked` when the device says the position is made up."""

    point: Point
    accuracy_m: float = Field(ge=0)
    mocked: bool = False


class PaperLine(Frozen):
    """One line of the list of papers (材料清单): name of the paper (no personal data), form and count.

    `paper_no`: of the paper that it is; None where whoever has counted goes by the name. `pages`: of one piece.
    """

    name: str
    form: MaterialForm
    count: int = Field(ge=0)
    paper_no: str | None = Field(default=None, exclude_if=is_unset)
    pages: int | None = Field(default=None, exclude_if=is_unset)


class ScanEvent(Frozen):
    """A fact about one parcel on one leg.

    source          who wrote the line: only a hand-over names two parties, only ours causes no Update
    occurred_at     device time after the server's clock correction, aware
    recorded_at     when the server stored it; for a duplicate the first time counts
    epoch           attempt, from 1; None: found from the other events
    actor           id of the courier or outlet that scanned (no personal data)
    login           user name of who has sent it; None: not a person, or from before logins were kept
    from_party, to_party   the two sides of a hand-over, where it was confirmed by both
    clock_suspect   the device's time could not be corrected (new boot without a sync)
    proofs_pending  a named proof has not been uploaded yet: nothing is verified until it is
    label_wrong     the label that was read is sealed with none of our keys: it proves nothing
    jumped          no vehicle brings the device to where it says that it is: it proves nothing
    voids           id of the event that a VOID takes back; `second_approval`: said by one who may agree to it
    natural_key     of a carrier's line (waybill, code, place, occurrence): the latest record of a key wins
    """

    event_id: str = Field(min_length=1, max_length=64)
    leg: Leg
    kind: ScanKind
    source: ScanSource = ScanSource.DEVICE
    device_id: str = Field(min_length=1, max_length=64)
    device_seq: int = Field(ge=0)
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    epoch: int | None = Field(default=None, ge=1)
    actor: str | None = None
    login: str | None = Field(default=None, exclude_if=is_unset)
    from_party: str | None = None
    to_party: str | None = None
    gps: GpsFix | None = None
    signer_kind: SignerKind | None = None
    seal_no: str | None = None
    manifest: tuple[PaperLine, ...] | None = None
    note: str | None = None
    clock_suspect: bool = False
    proofs_pending: bool = False
    label_wrong: bool = Field(default=False, exclude_if=is_unset)
    jumped: bool = Field(default=False, exclude_if=is_unset)
    voids: str | None = None
    void_reason: VoidReason | None = None
    second_approval: bool = False
    natural_key: str | None = None

    @model_validator(mode="after")
    def _void_has_a_target(self) -> Self:
        if (self.kind is Void.VOID) != (self.voids is not None):
            raise ValueError("a VOID names the event that it voids, and only a VOID does")
        return self

    @property
    def stage(self) -> ParcelStage | None:
        """The stage that it reports; None for a VOID."""
        return self.kind if isinstance(self.kind, ParcelStage) else None

    def canonical(self) -> str:
        """Its content as text, to compare two copies; the same for the same content."""
        content: dict[str, Any] = self.model_dump(mode="json")
        return json.dumps(content, sort_keys=True, ensure_ascii=False)


class LegPolicy(Frozen):
    """What a leg needs to count (寄递要求).

    door         where the applicant's door is; None: arrivals stay unverified
    geofence_m   how far from the door an arrival may be scanned, plus the accuracy of the fix (≤ 100 m)
    signers      who may sign at the end; a locker is not among them where a signature is needed
    hall_check   the leg ends only when the hall has checked the papers against the list
    papers       the list of papers that was agreed, to compare what was scanned with
    """

    leg: Leg
    door: Point | None = None
    geofence_m: float = Field(default=150, gt=0)
    signers: frozenset[SignerKind] = frozenset({SignerKind.SELF, SignerKind.AGENT, SignerKind.HALL})
    hall_check: bool = False
    papers: tuple[PaperLine, ...] | None = None

    @classmethod
    def of(cls, leg: Leg, door: Point | None = None, **others: Any) -> Self:
        """The usual policy: what ends in our hall (PICKUP, BACK) is checked there."""
        others.setdefault("hall_check", leg in (Leg.PICKUP, Leg.BACK))
        return cls(leg=leg, door=door, **others)


class ScanUse(StrEnum):
    """What became of an event (采信情况)."""

    EFFECTIVE = "effective"
    VOIDED = "voided"
    SUPERSEDED = "superseded"  # the carrier sent the line again with other content
    REPEAT = "repeat"  # the same scan twice within a minute
    OUT_OF_PLACE = "out_of_place"  # can't follow what was known: shown, without effect
    SAME_PERSON = "same_person"  # one login has given and taken: waits for the word of another
    SIGNER_SHORT = "signer_short"  # delivered, but not to one who may sign
    VOID = "void"  # takes another back
    VOID_PENDING = "void_pending"  # would un-deliver: waits for a second person


class JudgedScan(Frozen):
    """An event with the verdict on it. `at` is the time that counts, UTC; `at` is the server's when the
    device was more than 2 minutes ahead."""

    event: ScanEvent
    at: datetime
    epoch: int
    use: ScanUse
    verified: bool
    clock_suspect: bool
    by: str | None = None  # the event that voided, superseded or was repeated
