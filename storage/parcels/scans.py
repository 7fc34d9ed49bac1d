"""The event log of parcels: scans as they came, never edited; what did not fit is kept beside them (隔离).

Append-only: a row is written once, and only what is found out later about it (its leg, an upload, that nobody will
ask for it any more) is added. Sources: courier.md §3, §5, §7.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.terms import ScanSource
from storage.base import Base, insert_new
from storage.owning import owned
from storage.sealed_types import SealedJson

ATTACHED = text("leg_id IS NOT NULL")
LOOSE = text("leg_id IS NULL AND aged_at IS NULL")
# For PostgreSQL each index of the loose events says of its own column that it is there, which only a search by that
# column implies: without fresh figures it would walk through all of them by age to find one by number. (SQLite reads
# such a condition on a column that is never NULL as another one, and would not use the index.)
BY_NUMBER = text("leg_id IS NULL AND aged_at IS NULL AND code IS NOT NULL")
BY_AGE = text("leg_id IS NULL AND aged_at IS NULL AND recorded_at IS NOT NULL")
AWAITED = text("uploaded_at IS NULL")
UNASKED = text("uploaded_at IS NULL AND missed_at IS NULL")


class ScanEventRow(Base):
    """One scan (扫描事件). `payload` is what the device sent; `corrected_at` is the time that counts.

    `event_id` is ours (`log_id`); `said_id` and `device_seq` are the sender's, unique for it alone: whatever one
    device claims, no other sender's line can meet it. `code`: the number that was scanned. `payload_sha256`: of the
    content, by which a repeat is known from another content. Written by `append` only.
    """

    __tablename__ = "scan_event"
    __table_args__ = (
        UniqueConstraint("source", "device_id", "device_seq"),
        UniqueConstraint("source", "device_id", "said_id"),
        # Without the loose ones: a planner that knows no better would look through all of them for one number.
        Index("ix_scan_event_leg_id", "leg_id", sqlite_where=ATTACHED, postgresql_where=ATTACHED),
        Index("ix_scan_event_loose", "code", sqlite_where=LOOSE, postgresql_where=BY_NUMBER),
        Index("ix_scan_event_ageing", "recorded_at", sqlite_where=LOOSE, postgresql_where=BY_AGE),
    )

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(String(8))
    device_id: Mapped[str] = mapped_column(String(64))
    device_seq: Mapped[int] = mapped_column(BigInteger)
    said_id: Mapped[str] = mapped_column(String(64), index=True)
    leg_id: Mapped[str | None] = mapped_column(String(48))  # None: no leg with this number yet
    code: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(64))
    login: Mapped[str | None] = mapped_column(String(64))  # who has sent it; None: no person, or before 0043
    occurred_at: Mapped[datetime]  # as the device said
    corrected_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    clock_suspect: Mapped[bool]
    second_approval: Mapped[bool]
    natural_key: Mapped[str | None] = mapped_column(String(200))  # of a carrier's line
    voids_id: Mapped[str | None] = mapped_column(String(64))  # of a VOID: the line that it takes back, where known
    payload: Mapped[dict[str, Any]] = mapped_column(SealedJson("scan_event.payload"))
    payload_sha256: Mapped[str] = mapped_column(String(64))
    aged_at: Mapped[datetime | None]  # loose for so long that no look asks for it any more


class ScanQuarantineRow(Base):
    """What could not enter the log (隔离): a changed duplicate, a reused sequence, an event out of form.

    `device_seq` and `event_id` as the device said, None where they can't be read. The same content once per device.
    """

    __tablename__ = "scan_quarantine"
    __table_args__ = (
        UniqueConstraint("device_id", "payload_sha256"),
        Index("ix_scan_quarantine_device_seq", "device_id", "device_seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(String(64))
    device_seq: Mapped[int | None] = mapped_column(BigInteger)
    event_id: Mapped[str | None] = mapped_column(String(64), index=True)  # as the device said
    reason: Mapped[str] = mapped_column(String(24))
    payload: Mapped[dict[str, Any]] = mapped_column(SealedJson("scan_quarantine.payload"))
    payload_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]


class ScanDeviceRow(Base):
    """A device (手持终端). `watermark`: everything up to this sequence is stored without a gap (courier.md §7).

    `boots`: boot id → when its monotonic clock was 0, by which its wall clock is corrected.
    """

    __tablename__ = "scan_device"

    device_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    watermark: Mapped[int] = mapped_column(BigInteger, default=0)
    boots: Mapped[dict[str, Any]] = mapped_column(default=dict)  # boot id → when its monotonic clock was 0
    seen_at: Mapped[datetime]


class ScanProofRow(Base):
    """A photo or signature that an event names (凭证), by its hex SHA-256. `uploaded_at` None: still to come."""

    __tablename__ = "scan_proof"
    __table_args__ = (
        Index("ix_scan_proof_awaited", "named_at", sqlite_where=AWAITED, postgresql_where=AWAITED),
        Index("ix_scan_proof_unasked", "named_at", sqlite_where=UNASKED, postgresql_where=UNASKED),
    )

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    leg_id: Mapped[str | None] = mapped_column(String(48), index=True)
    named_at: Mapped[datetime]
    uploaded_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]  # when a task was opened because it has not come


def log_id(source: ScanSource, device_id: str, said_id: str) -> str:
    """The id of a line in our log: `{source}~{40 hex digits}`, made from the sender and the id that it gave.

    At most 49 characters. No device can send one: "~" is in no id that we take from outside.
    """
    digest = hashlib.sha256(f"{device_id}/{said_id}".encode()).hexdigest()
    return f"{source}~{digest[:40]}"


def stored_hashes(session: Session, source: ScanSource, device_id: str, said_ids: Iterable[str]) -> dict[str, str]:
    """Said id → hash of its content, for those of `said_ids` of this sender that are in the log."""
    query = select(ScanEventRow.said_id, ScanEventRow.payload_sha256).filter_by(source=source, device_id=device_id)
    return {row.said_id: row.payload_sha256 for row in session.execute(query.where(ScanEventRow.said_id.in_(said_ids)))}


def stored_sequences(session: Session, device_id: str, sequences: Iterable[int]) -> set[int]:
    """Those of `sequences` of this device that are in the log."""
    query = select(ScanEventRow.device_seq).filter_by(source=ScanSource.DEVICE, device_id=device_id)
    return set(session.scalars(query.where(ScanEventRow.device_seq.in_(sequences))))


def lock_device(session: Session, device_id: str, now: datetime) -> ScanDeviceRow:
    """The device's row, made at need and locked until the transaction ends: its batches are taken one by one."""
    insert_new(session, ScanDeviceRow, {"device_id": device_id, "watermark": 0, "boots": {}, "seen_at": now})
    row = session.get_one(ScanDeviceRow, device_id, with_for_update=True, populate_existing=True)
    row.seen_at = now
    return row


def append(session: Session, rows: Sequence[dict[str, Any]], proofs: Sequence[dict[str, Any]]) -> None:
    """Write new events, and the proofs that they name: columns of `ScanEventRow` and `ScanProofRow`."""
    if rows:
        session.execute(insert(ScanEventRow), owned(ScanEventRow, rows))
    if proofs:
        session.execute(insert(ScanProofRow), proofs)


def quarantine(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep what could not enter the log; `rows`: columns of `ScanQuarantineRow`. Returns the new ones."""
    fresh = []
    for row in rows:
        known = select(ScanQuarantineRow.id).filter_by(device_id=row["device_id"], payload_sha256=row["payload_sha256"])
        if session.scalar(known) is None:
            session.execute(insert(ScanQuarantineRow), [row])
            fresh.append(row)
    return fresh


def raise_watermark(session: Session, device: ScanDeviceRow) -> int:
    """Move the device's watermark to the highest sequence up to which everything of it is stored, and return it.

    Stored is what is in the log or in quarantine. The caller holds the device's lock.
    """
    above = [
        select(ScanEventRow.device_seq).where(
            ScanEventRow.source == ScanSource.DEVICE,
            ScanEventRow.device_id == device.device_id,
            ScanEventRow.device_seq > device.watermark,
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
    """All events of a leg, in no particular order; the derivation puts them in order (courier.md §3)."""
    return list(session.scalars(select(ScanEventRow).filter_by(leg_id=leg_id)))
