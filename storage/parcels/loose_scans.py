"""What the log still waits for: a leg with the number that was scanned, a photo that was named (散件与待到凭证).

A look costs what has come since, however much lies there: found by the side that is small, through an index, and
what has waited too long is marked so that no look touches it again. Evidence is never deleted.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from storage.documents.store import DocumentRow
from storage.documents.uploads import bind
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, ScanProofRow

KEPT_WAITING = timedelta(days=30)
"""A scan is earlier than its leg while an authority's word about its parcel is under way: days, with a parked message
(72 h) over the longest public holiday two weeks. Photos come with the device, which is at its outlet every week."""

# As the partial indexes of the tables say it (storage/parcels/scans.py).
_LOOSE = (ScanEventRow.leg_id.is_(None), ScanEventRow.aged_at.is_(None))
_AWAITED = ScanProofRow.uploaded_at.is_(None)
_UNASKED = (_AWAITED, ScanProofRow.missed_at.is_(None))

LATE_LEG = timedelta(days=7)
"""A leg that was over before any look saw it (the looks stood still) is asked for its scans for so long."""


def legs_with_loose_events(session: Session, now: datetime, limit: int) -> list[tuple[str, str | None]]:
    """(leg id, tracking number) of legs under way, or just over, whose number was scanned before they had it.

    One search in the index per leg: the limit within forbids PostgreSQL to make a join of it, whose side it may choose
    wrongly right after a rush, before it has counted anew.
    """
    named = select(ScanEventRow.event_id).where(ScanEventRow.code.in_([LegRow.tracking_no, LegRow.leg_id]), *_LOOSE)
    scanned = named.limit(1).correlate(LegRow).scalar_subquery().is_not(None)
    open_or_fresh = or_(LegRow.ended_at.is_(None), LegRow.ended_at > now - LATE_LEG)
    query = select(LegRow.leg_id, LegRow.tracking_no).where(open_or_fresh, scanned).limit(limit)
    return [(row.leg_id, row.tracking_no) for row in session.execute(query)]


def loose_events(session: Session, numbers: Iterable[str], limit: int) -> list[ScanEventRow]:
    """Events with one of these numbers that had no leg when they came, by id; `limit` at most."""
    query = select(ScanEventRow).where(ScanEventRow.code.in_(numbers), *_LOOSE)
    return list(session.scalars(query.order_by(ScanEventRow.event_id).limit(limit)))


def too_old(session: Session, now: datetime, limit: int) -> list[str]:
    """Ids of loose events recorded more than 30 days ago, the oldest first; nobody will claim them any more."""
    query = select(ScanEventRow.event_id).where(ScanEventRow.recorded_at < now - KEPT_WAITING, *_LOOSE)
    return list(session.scalars(query.order_by(ScanEventRow.recorded_at).limit(limit)))


def age(session: Session, event_ids: Iterable[str], now: datetime) -> None:
    """Mark these events so that no look asks for them again; one that has found its leg meanwhile stays as it is."""
    session.execute(update(ScanEventRow).where(ScanEventRow.event_id.in_(event_ids), *_LOOSE).values(aged_at=now))


def pending_proofs(session: Session, leg_id: str) -> set[str]:
    """Ids of the leg's events with a proof that is still to come."""
    query = select(ScanProofRow.event_id).filter_by(leg_id=leg_id, uploaded_at=None)
    return set(session.scalars(query))


def attach_proofs(session: Session, events: Iterable[ScanEventRow], now: datetime) -> None:
    """Set the leg of these events on their proofs too; photos that are here become their cases'."""
    legs = {event.event_id: event.leg_id for event in events}
    proofs = session.scalars(select(ScanProofRow).where(ScanProofRow.event_id.in_(legs))).all()
    for proof in proofs:
        proof.leg_id = legs[proof.event_id]
    bind_proofs(session, [proof for proof in proofs if proof.uploaded_at is not None], now)


def bind_proofs(session: Session, proofs: Iterable[ScanProofRow], now: datetime) -> None:
    """Photos of a case's parcels are the case's from now on, by its key; those of a scan without a leg wait."""
    by_leg: dict[str, set[str]] = defaultdict(set)
    for proof in proofs:
        if proof.leg_id is not None:
            by_leg[proof.leg_id].add(proof.sha256)
    if not by_leg:
        return
    legs = select(LegRow.leg_id, LegRow.case_no).where(LegRow.leg_id.in_(by_leg)).order_by(LegRow.leg_id)
    for leg_id, case_no in session.execute(legs).all():
        bind(session, case_no, sorted(by_leg[leg_id]), now)


def arrived_proofs(session: Session, now: datetime, limit: int) -> list[ScanProofRow]:
    """Proofs that were named before they came, within the last 30 days, and whose document is stored now."""
    query = select(ScanProofRow).join(DocumentRow, DocumentRow.sha256 == ScanProofRow.sha256)
    return list(session.scalars(query.where(_AWAITED, ScanProofRow.named_at > now - KEPT_WAITING).limit(limit)))


def missing_proofs(session: Session, named_before: datetime, limit: int) -> list[ScanProofRow]:
    """Proofs named before `named_before` that have not come and have no task yet, the oldest first."""
    query = select(ScanProofRow).where(ScanProofRow.named_at < named_before, *_UNASKED)
    return list(session.scalars(query.order_by(ScanProofRow.named_at).limit(limit)))


def note_missed(session: Session, proofs: Iterable[ScanProofRow], now: datetime) -> None:
    """These proofs have a task now: `missing_proofs` gives them no more."""
    event_ids = {proof.event_id for proof in proofs}
    marked = update(ScanProofRow).where(ScanProofRow.event_id.in_(event_ids), *_UNASKED)
    session.execute(marked.values(missed_at=now), execution_options={"synchronize_session": False})
