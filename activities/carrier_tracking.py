"""Following parcels between halls: the carrier's trace becomes events of our log; unknown codes are shown."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import CarrierRefused, CarrierUnavailable
from domain.tasks import TaskKind
from domain.terms import INTERREGIONAL_LEGS, Leg, ParcelStage, ScanSource
from domain.troubles import Subject
from logistics.carrier import CarrierClient
from logistics.opcodes import TraceReading, read_trace
from logistics.scans import ScanEvent
from parcels.projection import project
from parcels.scan_parsing import content_hash
from storage.base import Database
from storage.parcels import scans as log
from storage.parcels.legs import LegRow, legs_by_number, lock_leg
from storage.row_isolation import RowIsolation
from storage.tasks.rows import open_task

CARRIER_ACTOR = "carrier"
logger = structlog.get_logger(__name__)


class CarrierTracking:
    """Brings the carrier's traces into the scan log; harmless when repeated: a line of a trace has one event id."""

    def __init__(self, database: Database, carrier: CarrierClient, now: Callable[[], datetime]) -> None:
        self._database = database
        self._carrier = carrier
        self._now = now

    def look(self) -> int:
        """Ask for the trace of every interregional leg under way; returns how many legs have new lines.

        A carrier that is away ends it; a number that it does not know is passed over. Raises an ExceptionGroup of
        RowFailed at the end where something else went wrong with some.
        """
        moved, rows = 0, RowIsolation()
        for leg_id, leg, number in self._under_way():
            try:
                ops = self._carrier.trace(number)
            except CarrierUnavailable as failure:
                logger.warning("trace_unavailable", code=failure.code)
                break
            except CarrierRefused as failure:
                # A number that is not the carrier's (a partner may send by another): the leg's own alarm will ring.
                logger.warning("trace_refused", leg_id=leg_id, code=failure.code)
                continue
            with rows.each(Subject(key=leg_id, leg_id=leg_id)):
                moved += self._store(leg_id, read_trace(leg, number, ops, self._now()))
        rows.report()
        return moved

    def _under_way(self) -> list[tuple[str, Leg, str]]:
        query = select(LegRow.leg_id, LegRow.leg, LegRow.tracking_no).where(
            LegRow.leg.in_(INTERREGIONAL_LEGS),
            LegRow.ended_at.is_(None),
            LegRow.tracking_no.is_not(None),
            LegRow.stage != ParcelStage.DELIVERED,
        )
        with self._database.read() as session:
            found = [(row.leg_id, Leg(row.leg), row.tracking_no) for row in session.execute(query)]
            owners = legs_by_number(session, {number for _, _, number in found})
        # A number that an authority gave may be another parcel's: its trace says nothing of this one.
        return [line for line in found if owners[line[2]].leg_id == line[0]]

    def _store(self, leg_id: str, reading: TraceReading) -> bool:
        with self._database.read() as session:
            fresh = _new(session, reading.scans)
        if not fresh and not reading.unknown:
            return False
        with self._database.write() as session:
            leg = lock_leg(session, leg_id)
            if leg is None:
                return False
            rows = [_row(leg_id, leg.tracking_no or "", scan) for scan in _new(session, fresh)]
            log.append(session, rows, [])
            self._show_unknown(session, leg, reading)
            if rows:
                project(session, leg, self._now())
            return bool(rows)

    def _show_unknown(self, session: Session, leg: LegRow, reading: TraceReading) -> None:
        for op in reading.unknown:
            open_task(
                session,
                key=f"{leg.leg_id}/op/{op.op_code}",
                kind=TaskKind.UNKNOWN_OP_CODE,
                case_no=leg.case_no,
                handling_no=leg.handling_no,
                now=self._now(),
                data={"opCode": op.op_code, "text": op.text},
                matter=f"post/op/{op.op_code}",
            )


def _new(session: Session, scans: Sequence[ScanEvent]) -> list[ScanEvent]:
    """Those lines that are not in the log; all are of one trace."""
    known = set[str]()
    for device_id in {scan.device_id for scan in scans}:
        said_ids = [scan.event_id for scan in scans if scan.device_id == device_id]
        known |= log.stored_hashes(session, ScanSource.CARRIER, device_id, said_ids).keys()
    return [scan for scan in scans if scan.event_id not in known]


def _row(leg_id: str, number: str, scan: ScanEvent) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "eventId": scan.event_id,
        "deviceSeq": scan.device_seq,
        "occurredAt": scan.occurred_at.isoformat(),
        "kind": scan.kind.value,
        "code": number,
        "signerKind": scan.signer_kind,
    }
    return {
        "event_id": log.log_id(ScanSource.CARRIER, scan.device_id, scan.event_id),
        "source": ScanSource.CARRIER,
        "device_id": scan.device_id,
        "said_id": scan.event_id,
        "device_seq": scan.device_seq,
        "leg_id": leg_id,
        "code": number,
        "kind": scan.kind.value,
        "actor": CARRIER_ACTOR,
        "occurred_at": scan.occurred_at,
        "corrected_at": scan.occurred_at,
        "recorded_at": scan.recorded_at,
        "clock_suspect": scan.clock_suspect,
        "second_approval": False,
        "natural_key": scan.natural_key,
        "payload": payload,
        "payload_sha256": content_hash(scan.device_id, payload),
    }
