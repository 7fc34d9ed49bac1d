"""The event log of parcels: scans as they came, never edited; what did not fit is kept beside them.

Append-only: a row is written once, and only what is found out later about it (its leg, an upload) is added.
Sources: courier.md §3, §5, §7.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.documents import DocumentRow


class ScanEventRow(Base):
    """One scan (扫描事件). `payload` is what the device sent; `corrected_at` is the time that counts."""

    __tablename__ = "scan_event"
    __table_args__ = (UniqueConstraint("device_id", "device_seq"), Index("ix_scan_event_loose", "leg_id", "code"))

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[str] = mapped_column(String(64))
    device_seq: Mapped[int] = mapped_column(BigInteger)
    leg_id: Mapped[str | None] = mapped_column(String(48))  # None: no leg with this number yet
    code: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime]  # as the device said
    corrected_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    clock_suspect: Mapped[bool]
    second_approval: Mapped[bool]
    natural_key: Mapped[str | None] = mapped_column(String(200))  # of a carrier's line
    payload: Mapped[dict[str, Any]]
    payload_sha256: Mapped[str] = mapped_column(String(64))


class ScanQuarantineRow(Base):
    """What could not enter the log (隔离): a changed duplicate, a reused sequence, an event out of form."""

    __tablename__ = "scan_quarantine"
    __table_args__ = (
        UniqueConstraint("device_id", "payload_sha256"),
        Index("ix_scan_quarantine_device_seq", "device_id", "device_seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(String(64))
    device_seq: Mapped[int | None] = mapped_column(BigInteger)
    event_id: Mapped[str | None] = mapped_column(String(64), index=True)
    reason: Mapped[str] = mapped_column(String(24))
    payload: Mapped[dict[str, Any]]
    payload_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]


class ScanDeviceRow(Base):
    """A device (手持终端): how far its sequence is stored without a gap, and what is known of its clock."""

    __tablename__ = "scan_device"

    device_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    watermark: Mapped[int] = mapped_column(BigInteger, default=0)
    boots: Mapped[dict[str, Any]] = mapped_column(default=dict)  # boot id → when its monotonic clock was 0
    seen_at: Mapped[datetime]


class ScanProofRow(Base):
    """A photo or signature that an event names (凭证); `uploaded_at` None: still to come."""

    __tablename__ = "scan_proof"

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    leg_id: Mapped[str | None] = mapped_column(String(48), index=True)
    named_at: Mapped[datetime]
    uploaded_at: Mapped[datetime | None] = mapped_column(index=True)


def stored_hashes(session: Session, event_ids: Iterable[str]) -> dict[str, str]:
    """event id → hash of its content, for those that are in the log."""
    query = select(ScanEventRow.event_id, ScanEventRow.payload_sha256).where(ScanEventRow.event_id.in_(event_ids))
    return {row.event_id: row.payload_sha256 for row in session.execute(query)}


def stored_sequences(session: Session, device_id: str, sequences: Iterable[int]) -> dict[int, str]:
    """device_seq → event id, for those of this device that are in the log."""
    query = select(ScanEventRow.device_seq, ScanEventRow.event_id).filter_by(device_id=device_id)
    found = session.execute(query.where(ScanEventRow.device_seq.in_(sequences)))
    return {row.device_seq: row.event_id for row in found}


def scanned_before(session: Session, event_ids: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """event id → (device, leg), for those that are in the log."""
    wanted = list(event_ids)
    if not wanted:
        return {}
    query = select(ScanEventRow.event_id, ScanEventRow.device_id, ScanEventRow.leg_id)
    found = session.execute(query.where(ScanEventRow.event_id.in_(wanted)))
    return {row.event_id: (row.device_id, row.leg_id) for row in found}


def lock_device(session: Session, device_id: str, now: datetime) -> ScanDeviceRow:
    """The device's row, locked: batches of one device are taken one after the other."""
    row = session.get(ScanDeviceRow, device_id, with_for_update=True)
    if row is None:
        row = ScanDeviceRow(device_id=device_id, watermark=0, boots={}, seen_at=now)
        session.add(row)
        session.flush()
    row.seen_at = now
    return row


def append(session: Session, rows: Sequence[dict[str, Any]], proofs: Sequence[dict[str, Any]]) -> None:
    """Write new events, and the proofs that they name, in one go."""
    if rows:
        session.execute(insert(ScanEventRow), rows)
    if proofs:
        session.execute(insert(ScanProofRow), proofs)


def quarantine(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what could not enter the log; the same content of a device once."""
    for row in rows:
        known = select(ScanQuarantineRow.id).filter_by(device_id=row["device_id"], payload_sha256=row["payload_sha256"])
        if session.scalar(known) is None:
            session.execute(insert(ScanQuarantineRow), [row])


def raise_watermark(session: Session, device: ScanDeviceRow) -> int:
    """The highest sequence up to which everything of this device is stored (in the log or in quarantine)."""
    above = [
        select(ScanEventRow.device_seq).where(
            ScanEventRow.device_id == device.device_id, ScanEventRow.device_seq > device.watermark
        ),
        select(ScanQuarantineRow.device_seq).where(
            ScanQuarantineRow.device_id == device.device_id, ScanQuarantineRow.device_seq > device.watermark
        ),
    ]
    for sequence in sorted({found for query in above for found in session.scalars(query) if found is not None}):
        if sequence > device.watermark + 1:
            break
        device.watermark = sequence
    return device.watermark


def events_of(session: Session, leg_id: str) -> list[ScanEventRow]:
    return list(session.scalars(select(ScanEventRow).filter_by(leg_id=leg_id)))


def pending_proofs(session: Session, leg_id: str) -> set[str]:
    """Ids of the leg's events with a proof that is still to come."""
    query = select(ScanProofRow.event_id).filter_by(leg_id=leg_id, uploaded_at=None)
    return set(session.scalars(query))


def attach_proofs(session: Session, events: Iterable[ScanEventRow]) -> None:
    """Give the proofs of these events to the events' legs."""
    legs = {event.event_id: event.leg_id for event in events}
    for proof in session.scalars(select(ScanProofRow).where(ScanProofRow.event_id.in_(legs))):
        proof.leg_id = legs[proof.event_id]


def arrived_proofs(session: Session, limit: int) -> list[ScanProofRow]:
    """Proofs that were named first and have been uploaded since."""
    query = select(ScanProofRow).join(DocumentRow, DocumentRow.sha256 == ScanProofRow.sha256)
    return list(session.scalars(query.where(ScanProofRow.uploaded_at.is_(None)).limit(limit)))


def missing_proofs(session: Session, named_before: datetime) -> list[ScanProofRow]:
    """Proofs that were named long ago and never came."""
    query = select(ScanProofRow).where(ScanProofRow.uploaded_at.is_(None), ScanProofRow.named_at < named_before)
    return list(session.scalars(query))


def loose_events(session: Session, limit: int) -> list[ScanEventRow]:
    """Events whose number was no leg's when they came."""
    return list(session.scalars(select(ScanEventRow).filter_by(leg_id=None).limit(limit)))
