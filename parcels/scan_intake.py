"""Intake of scans: each event judged alone, all that is new written in one transaction with what follows from it.

interfaces.md `POST /scans:batch`, courier.md §7. A replay is answered from the log without touching it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy.orm import Session

from domain.model import Frozen
from domain.terms import ScanSource
from logistics.parcels import ParcelState
from logistics.scans import ScanUse
from parcels.bags import note_bags, one_handed, raise_gaps
from parcels.handover_codes import judge_late, judge_typed, raise_doubts
from parcels.missing_proofs import open_missed, settle_missed
from parcels.projection import project
from parcels.scan_batch import Batch, Reading, Scanner, readings
from parcels.scan_parsing import ScanOnWire
from parcels.scan_verdicts import Code, EventResult, Result
from storage.base import AWAY, Database
from storage.parcels import loose_scans as waits
from storage.parcels import scans as log
from storage.parcels.code_checks import HandoverKeys
from storage.parcels.legs import legs_by_number, lock_leg

MAX_EVENTS = 200
_AT_ONCE = 500
_MISSED_AT_ONCE = 100
_PROOF_PATIENCE = timedelta(hours=24)
_TRIES = 2

_logger = structlog.get_logger(__name__)


class BatchAnswer(Frozen):
    """The answer to a batch. `watermark`: the device may forget up to this sequence, and no further."""

    serverTime: datetime
    watermark: int
    results: tuple[EventResult, ...]


_NO_CODES = HandoverKeys(b"", lambda _session, _case_no: b"")
"""Where nobody types any."""


class ScanSecrets(NamedTuple):
    """What codes are judged with. `handover`: none where nobody types any. `labels`: () where none is judged."""

    handover: HandoverKeys = _NO_CODES
    labels: tuple[bytes, ...] = ()


NO_SECRETS: Final = ScanSecrets()


class ScanIntake:
    """One per process; safe for several threads and processes. `notify` wakes the relay after a commit."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        notify: Callable[[], None],
        secrets: ScanSecrets = NO_SECRETS,
    ) -> None:
        self._database = database
        self._now = now
        self._notify = notify
        self._secrets = secrets

    def take(self, device_id: str, events: Sequence[Any], scanner: Scanner) -> BatchAnswer:
        """Judge and store the events of one device, one result each, in their order; callers give at most `MAX_EVENTS`.

        `events`: as parsed, each of any form. Does not raise for an event out of form.
        """
        given = readings(device_id, events)
        answer = self._replayed(device_id, given)
        if answer is not None:
            return answer
        answer = self._taken(device_id, given, scanner)
        self._notify()
        return answer

    def attach_loose(self) -> int:
        """Give events that came before their leg to it; returns how many found one.

        Those that wait too long wait no more.
        """
        now = self._now()
        with self._database.read() as session:
            waiting = waits.legs_with_loose_events(session, now, _AT_ONCE)
            aged = waits.too_old(session, now, _AT_ONCE)
        if not waiting and not aged:
            return 0
        with self._database.write() as session:
            rows = waits.loose_events(session, {number for pair in waiting for number in pair if number}, _AT_ONCE)
            legs = legs_by_number(session, {row.code for row in rows})
            for row in rows:
                row.leg_id = legs[row.code].leg_id
            waits.attach_proofs(session, rows, now)
            waits.age(session, aged, now)
            coded = judge_late(session, self._secrets.handover, {row.event_id: legs[row.code] for row in rows}, now)
            self._projected(session, (row.leg_id for row in rows))
            raise_doubts(session, coded, now)
        return self._woken(len(rows))

    def note_proofs(self) -> int:
        """Count scans as proved whose proofs have been uploaded since; returns how many proofs."""
        now = self._now()
        with self._database.read() as session:
            if not waits.arrived_proofs(session, now, 1):
                return 0
        with self._database.write() as session:
            proofs = waits.arrived_proofs(session, now, _AT_ONCE)
            for proof in proofs:
                proof.uploaded_at = now
            waits.bind_proofs(session, proofs, now)
            settle_missed(session, proofs, now)
            self._projected(session, (proof.leg_id for proof in proofs))
        return self._woken(len(proofs))

    def miss_proofs(self) -> int:
        """Open a task, once per scan, for proofs that have not come within 24 hours; returns how many proofs."""
        now = self._now()
        with self._database.read() as session:
            if not waits.missing_proofs(session, now - _PROOF_PATIENCE, 1):
                return 0
        with self._database.write() as session:
            missing = waits.missing_proofs(session, now - _PROOF_PATIENCE, _MISSED_AT_ONCE)
            open_missed(session, missing, now)
            waits.note_missed(session, missing, now)
        return len(missing)

    def _replayed(self, device_id: str, given: Sequence[Reading]) -> BatchAnswer | None:
        """The answer to a plain replay, without a write; None when something in it is new."""
        ids = [reading.scan.eventId for reading in given if isinstance(reading.scan, ScanOnWire)]
        if not ids or len(ids) < len(given):
            return None
        with self._database.read() as session:
            hashes = log.stored_hashes(session, ScanSource.DEVICE, device_id, ids)
            if any(hashes.get(id_) != reading.sha256 for id_, reading in zip(ids, given, strict=True)):
                return None
            device = session.get(log.ScanDeviceRow, device_id)
            watermark = device.watermark if device else 0
        results = tuple(EventResult(eventId=id_, result=Result.DUPLICATE) for id_ in ids)
        return BatchAnswer(serverTime=self._now(), watermark=watermark, results=results)

    def _taken(self, device_id: str, given: Sequence[Reading], scanner: Scanner) -> BatchAnswer:
        """All at once; where that can't be, each alone, so that no scan holds up those that were made after it."""
        for _ in range(_TRIES):  # where somebody else was quicker with what follows (a task), it can be seen now
            try:
                return self._stored(device_id, given, scanner)
            except AWAY:  # not the scans' fault: the device keeps everything and comes again
                raise
            except Exception:
                _logger.exception("scans_not_stored", device_id=device_id, count=len(given))
        if len(given) == 1:
            return self._set_aside(device_id, given[0], scanner)
        alone = [self._taken(device_id, [one], scanner) for one in given]
        results = tuple(result for answer in alone for result in answer.results)
        return alone[-1].model_copy(update={"results": results})

    def _set_aside(self, device_id: str, spoilt: Reading, scanner: Scanner) -> BatchAnswer:
        """A scan from which nothing can follow now: a person is asked, and its device keeps it."""
        with self._database.write() as session:
            now = self._now()
            device = log.lock_device(session, device_id, now)
            result = Batch(session, device, scanner, now, [spoilt]).give_up(spoilt)
            watermark = log.raise_watermark(session, device)
        return BatchAnswer(serverTime=now, watermark=watermark, results=(result,))

    def _stored(self, device_id: str, given: Sequence[Reading], scanner: Scanner) -> BatchAnswer:
        with self._database.write() as session:
            now = self._now()
            device = log.lock_device(session, device_id, now)
            batch = Batch(session, device, scanner, now, given, self._secrets.labels)
            results = batch.take()
            wrong, coded = judge_typed(session, self._secrets.handover, batch, now)
            gaps = note_bags(session, batch.bagged, batch.leg_by_number)
            remarks = batch.remarks | _remarks(self._projected(session, batch.touched)) | one_handed(gaps) | wrong
            raise_doubts(session, coded, now)
            raise_gaps(session, gaps, now)
            watermark = log.raise_watermark(session, device)
        told = tuple(
            result.model_copy(update={"code": remarks.get(_logged(device_id, result))})
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
            self._notify()
        return count


def _logged(device_id: str, result: EventResult) -> str:
    return log.log_id(ScanSource.DEVICE, device_id, result.eventId or "")


_REMARKS = {
    ScanUse.REPEAT: Code.REPEAT,
    ScanUse.OUT_OF_PLACE: Code.OUT_OF_PLACE,
    ScanUse.SIGNER_SHORT: Code.SIGNER_SHORT,
    ScanUse.VOID_PENDING: Code.VOID_PENDING,
    ScanUse.SAME_PERSON: Code.SAME_PERSON,
}


def _remarks(states: Iterable[ParcelState]) -> dict[str, Code]:
    """id in the log → what the person who scans should hear about it."""
    return {scan.event.event_id: _REMARKS[scan.use] for state in states for scan in state.scans if scan.use in _REMARKS}
