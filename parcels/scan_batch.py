"""The events of one device in one transaction: judged one by one, written all at once."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.terms import Datum, ParcelStage, Role, ScanSource
from logistics.device_clock import Boot, correct
from logistics.geo import Point
from logistics.label_code import is_forged
from parcels.jumps import Track, ask_about_jumps
from parcels.rejected_lines import set_aside
from parcels.scan_parsing import BagOnWire, ScanOnWire, Unreadable, as_kept, content_hash, keepable, read, without_code
from parcels.scan_verdicts import Code, EventResult, Result
from parcels.void_targets import Targets
from storage.parcels import scans as log
from storage.parcels.legs import CourierRow, LegRow, legs_by_number

_KEPT_BOOTS = 8
_EVIDENCE_CHARACTERS = 4000


class Scanner(Frozen):
    """The user who is logged in on the device, by name and role.

    `courier_id`: which courier he is, None: none in particular. `serves_hall`: he may check papers in at the hall.
    `enrolled`: the device has proved itself; then its name says nothing of who scans, the login alone does.
    """

    username: str
    role: Role
    courier_id: str | None = None
    serves_hall: bool = False
    enrolled: bool = False


class Reading(Frozen):
    """One event as read. `raw`: as it came. `sha256`: of its content and its device, to know it again."""

    raw: Any
    sha256: str
    scan: ScanOnWire | Unreadable

    @property
    def evidence(self) -> dict[str, Any]:
        """As the quarantine keeps it: as it came where any database can, else its beginning as plain text."""
        said = without_code(self.raw)
        if isinstance(said, dict) and keepable(said):
            return said
        return {"raw": json.dumps(said)[:_EVIDENCE_CHARACTERS]}


def readings(device_id: str, events: Iterable[Any]) -> list[Reading]:
    """Each event read for itself, in the order given; one out of form is `Unreadable` and spoils no other."""
    return [Reading(raw=raw, sha256=content_hash(device_id, raw), scan=read(raw)) for raw in events]


class Bagged(Frozen):
    """A scan that names its bag. `at`: the time that counts. `by`: courier or user; `login`: whose session sent it."""

    event_id: str
    number: str
    by: str
    login: str
    at: datetime
    bag: BagOnWire


class Batch:
    """The events of one device and request, each judged by the log and by those before it. One use: `take`.

    `remarks`: id in the log → what the person who scans should read. `typed`: id in the log → (number, hand-over code).
    `bagged`: (id in the log, number, who, when, its bag), for those that name one. `label_keys`: our labels are
    sealed with one of them; () where none is judged.
    """

    def __init__(
        self,
        session: Session,
        device: log.ScanDeviceRow,
        scanner: Scanner,
        now: datetime,
        given: Sequence[Reading],
        label_keys: Sequence[bytes] = (),
    ) -> None:
        self.remarks: dict[str, Code] = {}  # id in the log → remark
        self.typed: dict[str, tuple[str, str]] = {}
        self.bagged: list[Bagged] = []
        self._session = session
        self._device = device
        self._scanner = scanner
        self._now = now
        self._given = given
        self._label_keys = label_keys
        self._courier = _courier(session, device.device_id, scanner)
        self._actor = _actor(session, self._courier, scanner)
        self._jumps = 0
        self._rows: list[dict[str, Any]] = []
        self._proofs: list[dict[str, Any]] = []
        self._quarantined: list[dict[str, Any]] = []
        self._fixes: list[tuple[datetime, Point]] = []
        scans = [reading.scan for reading in given if isinstance(reading.scan, ScanOnWire)]
        said_ids = [scan.eventId for scan in scans]
        self._hashes = log.stored_hashes(session, ScanSource.DEVICE, device.device_id, said_ids)
        self._sequences = log.stored_sequences(session, device.device_id, [scan.deviceSeq for scan in scans])
        self._legs = legs_by_number(session, {scan.number for scan in scans})
        placed = [scan.deviceSeq for scan in scans if scan.gps is not None]
        self._track = Track(session, device.device_id, placed, self._courier)
        own_only = scanner.role is Role.COURIER
        self._targets = Targets(session, device.device_id, [scan.voids for scan in scans if scan.voids], own_only)

    def take(self) -> list[EventResult]:
        """Judge everything, write what is new; the results in the order of the events."""
        results = [self._judge(reading) for reading in self._given]
        log.append(self._session, self._rows, self._proofs)
        set_aside(self._session, self._device.device_id, self._quarantined, self._now)
        ask_about_jumps(self._session, self._device.device_id, self._jumps, self._now)
        self._note_position()
        return results

    def give_up(self, reading: Reading) -> EventResult:
        """One event alone from which nothing can follow: evidence and a task; the device keeps it and comes again."""
        scan = reading.scan
        if isinstance(scan, Unreadable):
            raise TypeError("an event out of form is refused by `take`")
        self._set_aside(reading, scan.eventId, None, Code.FAULT)  # without its sequence: it is not stored
        set_aside(self._session, self._device.device_id, self._quarantined, self._now)
        return EventResult(eventId=scan.eventId, result=Result.REJECTED, code=Code.FAULT, retryable=True)

    def leg_by_number(self, number: str) -> LegRow | None:
        """The leg of a number that was scanned, as it stood before this batch."""
        return self._legs.get(number)

    @property
    def touched(self) -> list[str]:
        """Legs with a new event, in the order in which they are to be locked."""
        return sorted({row["leg_id"] for row in self._rows if row["leg_id"] is not None})

    def _judge(self, reading: Reading) -> EventResult:
        scan = reading.scan
        if isinstance(scan, Unreadable):
            self._set_aside(reading, scan.event_id, scan.device_seq, Code.FORM)
            return EventResult(eventId=scan.event_id, result=Result.REJECTED, code=f"{Code.FORM}:{scan.member}")
        known = self._hashes.get(scan.eventId)
        if known == reading.sha256:
            return EventResult(eventId=scan.eventId, result=Result.DUPLICATE)
        if known is not None:
            return self._refuse(reading, scan, Result.CONFLICT, Code.CHANGED)
        if scan.deviceSeq in self._sequences:
            return self._refuse(reading, scan, Result.CONFLICT, Code.SEQUENCE_USED)
        if not self._may(scan):
            return self._refuse(reading, scan, Result.REJECTED, Code.ROLE)
        self._accept(reading, scan)
        return EventResult(eventId=scan.eventId, result=Result.ACCEPTED)

    def _accept(self, reading: Reading, scan: ScanOnWire) -> None:
        at, suspect = self._corrected(scan)
        device_id, leg_id, voids = self._device.device_id, *self._leg_and_target(scan)
        event_id = log.log_id(ScanSource.DEVICE, device_id, scan.eventId)
        forged = bool(self._label_keys) and is_forged(scan.code, self._label_keys)
        jumped = self._has_jumped(scan, at, suspect)
        if forged:
            self.remarks[event_id] = Code.LABEL_WRONG
        elif jumped:
            self.remarks[event_id] = Code.JUMPED
        elif leg_id is None:
            self.remarks[event_id] = Code.UNKNOWN_PARCEL
        elif suspect:
            self.remarks[event_id] = Code.CLOCK_SUSPECT
        self._hashes[scan.eventId] = reading.sha256
        self._sequences.add(scan.deviceSeq)
        self._targets.add(scan.eventId, event_id, leg_id)
        if scan.gps is not None and not jumped:
            self._fixes.append((at, scan.gps.fix().point))
        if scan.handoverCode is not None:
            self.typed[event_id] = scan.number, scan.handoverCode
        if scan.bag is not None:
            said_by = {"by": self._actor, "login": self._scanner.username}
            self.bagged.append(Bagged(event_id=event_id, number=scan.number, at=at, bag=scan.bag, **said_by))
        self._rows.append(
            {
                "event_id": event_id,
                "source": ScanSource.DEVICE,
                "device_id": device_id,
                "device_seq": scan.deviceSeq,
                "said_id": scan.eventId,
                "leg_id": leg_id,
                "code": scan.number,
                "kind": scan.kind.value,
                "actor": self._actor,
                "login": self._scanner.username,
                "occurred_at": scan.occurredAt,
                "corrected_at": at,
                "recorded_at": self._now,
                "clock_suspect": suspect,
                "second_approval": self._scanner.role is Role.SUPERVISOR,
                "natural_key": None,
                "voids_id": voids,
                "payload": as_kept(reading.raw, label_wrong=forged, jumped=jumped),
                "payload_sha256": reading.sha256,
            }
        )
        self._proofs += [
            {"event_id": event_id, "sha256": sha256, "leg_id": leg_id, "named_at": self._now, "uploaded_at": None}
            for sha256 in dict.fromkeys(scan.proofs or ())
        ]

    def _has_jumped(self, scan: ScanOnWire, at: datetime, suspect: bool) -> bool:
        """Whether no vehicle brings this device to where it says that it is; not judged where its time is suspect."""
        leg = self._legs.get(scan.number)
        if scan.gps is None or suspect or leg is None:
            return False
        jumped = self._track.jumps(scan.deviceSeq, at, scan.gps.fix(), leg.time_scale)
        self._jumps += jumped
        return jumped

    def _leg_and_target(self, scan: ScanOnWire) -> tuple[str | None, str | None]:
        """A correction belongs to the leg of what it corrects, everything else to the number scanned."""
        leg = self._legs.get(scan.number)
        leg_id = leg.leg_id if leg else None
        if scan.voids is None:
            return leg_id, None
        target = self._targets.of(scan.voids, leg_id)
        if target is None:
            return leg_id, None
        return target.leg_id or leg_id, target.event_id

    def _may(self, scan: ScanOnWire) -> bool:
        """The hall's check is the hall's; a courier takes back only what the same device said, or will say."""
        if scan.kind is ParcelStage.HALL_CHECKED:
            return self._scanner.serves_hall
        return scan.voids is None or self._targets.may(scan.voids)

    def _corrected(self, scan: ScanOnWire) -> tuple[datetime, bool]:
        boots = dict(self._device.boots)
        known = boots.get(scan.bootId or "")
        boot = Boot(zero_at=datetime.fromisoformat(known)) if known else None
        mono_ms = scan.monoMs if scan.bootId else None
        time, boot = correct(scan.occurredAt, mono_ms, boot, self._now)
        if boot is not None and scan.bootId:
            boots[scan.bootId] = boot.zero_at.astimezone(UTC).isoformat()
            self._device.boots = dict(list(boots.items())[-_KEPT_BOOTS:])
        return time.at, time.suspect

    def _refuse(self, reading: Reading, scan: ScanOnWire, result: Result, code: Code) -> EventResult:
        self._set_aside(reading, scan.eventId, scan.deviceSeq, code)
        return EventResult(eventId=scan.eventId, result=result, code=code)

    def _set_aside(self, reading: Reading, event_id: str | None, device_seq: int | None, code: Code) -> None:
        """Evidence, and so that the device may go on: what is kept here counts for the watermark."""
        self._quarantined.append(
            {
                "device_id": self._device.device_id,
                "device_seq": device_seq,
                "event_id": event_id,
                "reason": code.value,
                "payload": reading.evidence,
                "payload_sha256": reading.sha256,
                "received_at": self._now,
            }
        )

    def _note_position(self) -> None:
        """The courier is at work, and stands where the latest scan was made; the dispatcher starts from there."""
        if self._courier is None or not self._rows:
            return
        self._courier.on_duty = True
        if not self._fixes:
            return
        at, point = max(self._fixes, key=lambda fix: fix[0])
        if self._courier.seen_at is None or at > self._courier.seen_at:
            here = point.to(Datum.WGS84)
            self._courier.lat, self._courier.lon, self._courier.seen_at = here.lat, here.lon, at


def _courier(session: Session, device_id: str, scanner: Scanner) -> CourierRow | None:
    """Who scans: the courier whose login it is.

    One who is none in particular (the sandbox's) is whose device it is, where nobody has enrolled that.
    """
    named = scanner.courier_id or (None if scanner.enrolled else device_id)
    return session.get(CourierRow, named) if scanner.role is Role.COURIER and named is not None else None


def _actor(session: Session, courier: CourierRow | None, scanner: Scanner) -> str:
    """The courier's id, else the login's name; a login that is called like a courier is none by that."""
    if courier is not None:
        return courier.courier_id
    called_so = session.get(CourierRow, scanner.username) is not None
    return f"@{scanner.username}"[:64] if called_so else scanner.username
