"""Proofs of scans that do not come (凭证未到): one task per scan, settled when they have come."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.matters import End
from domain.tasks import TaskKind
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanProofRow
from storage.tasks.rows import open_task, settle_task


def open_missed(session: Session, proofs: Sequence[ScanProofRow], now: datetime) -> None:
    """Open one task per scan, key `proof/{event id}`, with its case where the scan has a leg, naming the photos."""
    wanted = {proof.leg_id for proof in proofs if proof.leg_id is not None}
    legs = {leg.leg_id: leg for leg in session.scalars(select(LegRow).where(LegRow.leg_id.in_(wanted)))}
    for event_id in dict.fromkeys(proof.event_id for proof in proofs):
        of_event = [proof for proof in proofs if proof.event_id == event_id]
        leg = legs.get(of_event[0].leg_id or "")
        open_task(
            session,
            key=_key(event_id),
            kind=TaskKind.FILE_MISSING,
            case_no=leg.case_no if leg else None,
            handling_no=leg.handling_no if leg else None,
            leg_id=of_event[0].leg_id,
            now=now,
            matter=f"{leg.leg_id}/proofs" if leg else None,
            data={"proofs": [proof.sha256 for proof in of_event], "namedAt": of_event[0].named_at.isoformat()},
        )


def settle_missed(session: Session, arrived: Iterable[ScanProofRow], now: datetime) -> None:
    """Settle the tasks of scans all of whose proofs have come by now, however late."""
    reported = {proof.event_id for proof in arrived if proof.missed_at is not None}
    session.flush()
    away = select(ScanProofRow.event_id).where(ScanProofRow.event_id.in_(reported), ScanProofRow.uploaded_at.is_(None))
    for event_id in sorted(reported - set(session.scalars(away))):
        settle_task(session, _key(event_id), now, End.FILE_CAME)


def _key(event_id: str) -> str:
    return f"proof/{event_id}"
