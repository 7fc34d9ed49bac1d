"""Polling the carrier for interregional legs: its lines become events of the same log, unknown codes a task."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import CarrierRefused, CarrierUnavailable
from domain.tasks import TaskKind
from domain.terms import INTERREGIONAL_LEGS, Leg
from logistics.carrier import CarrierClient, CarrierOp
from logistics.opcodes import lookup, read_trace
from logistics.scans import ScanEvent
from relay.parcels import project
from relay.scan_reading import content_hash
from storage import scans as log
from storage.base import Database
from storage.carrier_lines import CarrierLineRow, line_keys
from storage.legs import LegRow, lock_leg
from storage.tasks import open_task

logger = structlog.get_logger(__name__)


class TracePoll:
    """Asks for every open interregional leg; harmless when two ask at once. `kick` wakes the relay."""

    def __init__(
        self, database: Database, carrier: CarrierClient, now: Callable[[], datetime], kick: Callable[[], None]
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._now = now
        self._kick = kick

    def poll(self) -> int:
        """One round; how many legs have moved. A carrier that is away ends the round: the next one comes soon."""
        moved = 0
        for leg_id, tracking_no in self._open():
            try:
                ops = self._carrier.trace(tracking_no)
            except CarrierUnavailable as fault:
                logger.warning("carrier_away", code=fault.code)
                break
            except CarrierRefused as fault:
                # A number that is not the carrier's (a partner may send by another): the leg's alarm will tell.
                logger.info("trace_refused", leg_id=leg_id, code=fault.code)
                continue
            moved += self._take(leg_id, tracking_no, ops)
        if moved:
            self._kick()
        return moved

    def _open(self) -> list[tuple[str, str]]:
        query = select(LegRow.leg_id, LegRow.tracking_no).where(
            LegRow.leg.in_(INTERREGIONAL_LEGS), LegRow.ended_at.is_(None), LegRow.tracking_no.is_not(None)
        )
        with self._database.read() as session:
            return [(row.leg_id, row.tracking_no or "") for row in session.execute(query.order_by(LegRow.ordered_at))]

    def _take(self, leg_id: str, tracking_no: str, ops: Sequence[CarrierOp]) -> int:
        with self._database.read() as session:
            known = line_keys(session, tracking_no)
        if all(_key(op) in known for op in ops):
            return 0
        with self._database.write() as session:
            leg = lock_leg(session, leg_id)
            if leg is None:
                return 0
            self._store(session, leg, tracking_no, ops)
            project(session, leg, self._now())
        return 1

    def _store(self, session: Session, leg: LegRow, tracking_no: str, ops: Sequence[CarrierOp]) -> None:
        now = self._now()
        known = line_keys(session, tracking_no)
        session.add_all(_line(tracking_no, op, now) for op in ops if _key(op) not in known)
        reading = read_trace(Leg(leg.leg), tracking_no, ops, now)
        stored = log.stored_hashes(session, [scan.event_id for scan in reading.scans])
        rows = [_row(leg, tracking_no, scan) for scan in reading.scans if scan.event_id not in stored]
        log.append(session, rows, [])
        for op in reading.unknown:
            open_task(
                session,
                key=f"op/{tracking_no}/{op.op_code}",
                kind=TaskKind.UNKNOWN_OP_CODE,
                case_no=leg.case_no,
                handling_no=leg.handling_no,
                leg_id=leg.leg_id,
                now=now,
                data={"opCode": op.op_code, "text": op.text},
            )


def _key(op: CarrierOp) -> tuple[str, str, int, datetime]:
    return op.op_code, op.org, op.occurrence, op.at.astimezone(UTC)


def _line(tracking_no: str, op: CarrierOp, now: datetime) -> CarrierLineRow:
    return CarrierLineRow(
        tracking_no=tracking_no,
        op_code=op.op_code,
        org=op.org,
        occurrence=op.occurrence,
        at=op.at,
        text=op.text,
        known=lookup(op.op_code) is not None,
        recorded_at=now,
    )


def _row(leg: LegRow, tracking_no: str, scan: ScanEvent) -> dict[str, object]:
    """A carrier's line as a row of the log, in the words of `POST /scans:batch`."""
    payload = {
        "eventId": scan.event_id,
        "deviceSeq": scan.device_seq,
        "occurredAt": scan.occurred_at.isoformat(),
        "kind": scan.kind.value,
        "code": tracking_no,
        "signerKind": scan.signer_kind.value if scan.signer_kind else None,
    }
    return {
        "event_id": scan.event_id,
        "device_id": scan.device_id,
        "device_seq": scan.device_seq,
        "leg_id": leg.leg_id,
        "code": tracking_no,
        "kind": scan.kind.value,
        "actor": scan.actor or "carrier",
        "occurred_at": scan.occurred_at,
        "corrected_at": scan.occurred_at,
        "recorded_at": scan.recorded_at,
        "clock_suspect": scan.clock_suspect,
        "second_approval": False,
        "natural_key": scan.natural_key,
        "payload": payload,
        "payload_sha256": content_hash(scan.device_id, payload),
    }
