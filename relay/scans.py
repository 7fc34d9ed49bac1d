"""Taking scans: each event judged alone, all that is new written in one transaction with what follows from it.

interfaces.md `POST /scans:batch`, courier.md §7. A replay is answered from the log without touching it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.tasks import TaskKind
from logistics.parcels import ParcelState
from logistics.scans import ScanUse
from relay.parcels import project
from relay.scan_batch import Batch, Code, EventResult, Reading, Result, Scanner, legs_by_number, readings
from relay.scan_reading import ScanOnWire
from storage import scans as log
from storage.base import Database
from storage.legs import lock_leg
from storage.tasks import open_task

MAX_EVENTS = 200
_AT_ONCE = 500
_PROOF_PATIENCE = timedelta(hours=24)


class BatchAnswer(Frozen):
    """The answer to a batch. `watermark`: the device may forget up to this sequence, and no further."""

    serverTime: datetime
    watermark: int
    results: tuple[EventResult, ...]


class ScanIntake:
    """One per process; safe for several threads and processes. `kick` wakes the relay after a commit."""

    def __init__(self, database: Database, now: Callable[[], datetime], kick: Callable[[], None]) -> None:
        self._database = database
        self._now = now
        self._kick = kick

    def take(self, device_id: str, events: Sequence[Any], scanner: Scanner) -> BatchAnswer:
        """Judge and store up to 200 events of one device."""
        given = readings(device_id, events)
        answer = self._replayed(device_id, given)
        if answer is not None:
            return answer
        try:
            answer = self._stored(device_id, given, scanner)
        except IntegrityError:
            # Another device was quicker with the same event id: now it is in the log and can be seen.
            answer = self._stored(device_id, given, scanner)
        self._kick()
        return answer

    def attach_loose(self) -> int:
        """Give events that came before their leg to it; how many found one."""
        with self._database.write() as session:
            rows = log.loose_events(session, _AT_ONCE)
            legs = legs_by_number(session, {row.code for row in rows})
            found = [row for row in rows if row.code in legs]
            for row in found:
                row.leg_id = legs[row.code].leg_id
            log.attach_proofs(session, found)
            self._projected(session, (row.leg_id for row in found))
        return self._woken(len(found))

    def note_proofs(self) -> int:
        """Proofs that have been uploaded since: their scans count as proved now; how many."""
        with self._database.write() as session:
            proofs = log.arrived_proofs(session, _AT_ONCE)
            for proof in proofs:
                proof.uploaded_at = self._now()
            self._projected(session, (proof.leg_id for proof in proofs))
        return self._woken(len(proofs))

    def miss_proofs(self) -> int:
        """Open a task for each proof that has not come within 24 hours."""
        with self._database.write() as session:
            missing = log.missing_proofs(session, self._now() - _PROOF_PATIENCE)
            for proof in missing:
                key = f"proof/{proof.event_id}/{proof.sha256[:16]}"
                open_task(session, key=key, kind=TaskKind.FILE_MISSING, now=self._now(), leg_id=proof.leg_id)
        return len(missing)

    def _replayed(self, device_id: str, given: Sequence[Reading]) -> BatchAnswer | None:
        """The answer to a plain replay, without a write; None when something in it is new."""
        ids = [reading.scan.eventId for reading in given if isinstance(reading.scan, ScanOnWire)]
        if not ids or len(ids) < len(given):
            return None
        with self._database.read() as session:
            hashes = log.stored_hashes(session, ids)
            if any(hashes.get(id_) != reading.sha256 for id_, reading in zip(ids, given, strict=True)):
                return None
            device = session.get(log.ScanDeviceRow, device_id)
            watermark = device.watermark if device else 0
        results = tuple(EventResult(eventId=id_, result=Result.DUPLICATE) for id_ in ids)
        return BatchAnswer(serverTime=self._now(), watermark=watermark, results=results)

    def _stored(self, device_id: str, given: Sequence[Reading], scanner: Scanner) -> BatchAnswer:
        with self._database.write() as session:
            now = self._now()
            device = log.lock_device(session, device_id, now)
            batch = Batch(session, device, scanner, now, given)
            results = batch.take()
            remarks = batch.remarks | _remarks(self._projected(session, batch.touched))
            watermark = log.raise_watermark(session, device)
        told = tuple(
            result.model_copy(update={"code": remarks.get(result.eventId or "")})
            if result.result is Result.ACCEPTED
            else result
            for result in results
        )
        return BatchAnswer(serverTime=now, watermark=watermark, results=told)

    def _projected(self, session: Session, leg_ids: Iterable[str | None]) -> list[ParcelState]:
        """Legs brought up to their log, locked in one order so that two batches can't block each other."""
        session.flush()
        states = []
        for leg_id in sorted({leg_id for leg_id in leg_ids if leg_id is not None}):
            leg = lock_leg(session, leg_id)
            if leg is not None:
                states.append(project(session, leg, self._now()))
        return states

    def _woken(self, count: int) -> int:
        if count:
            self._kick()
        return count


_REMARKS = {
    ScanUse.REPEAT: Code.REPEAT,
    ScanUse.OUT_OF_PLACE: Code.OUT_OF_PLACE,
    ScanUse.SIGNER_SHORT: Code.SIGNER_SHORT,
    ScanUse.VOID_PENDING: Code.VOID_PENDING,
}


def _remarks(states: Iterable[ParcelState]) -> dict[str, Code]:
    """event id → what the person who scans should hear about it."""
    return {scan.event.event_id: _REMARKS[scan.use] for state in states for scan in state.scans if scan.use in _REMARKS}
