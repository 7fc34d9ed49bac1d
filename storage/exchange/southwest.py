"""Southwest streams (数据流): what we have batched and what has come, with chains, cursors and receipts.

A batch once formed never changes; it is resent byte for byte until it is receipted or refused (contracts.md B).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, insert_new

FIRST_PREVIOUS = "0" * 64
OUT = "out"
IN = "in"


class OutBatchState(StrEnum):
    """FORMED → TAKEN by the hub → CONFIRMED by a receipt. VOID: refused, its rows travel in another batch."""

    FORMED = "FORMED"
    TAKEN = "TAKEN"
    CONFIRMED = "CONFIRMED"
    VOID = "VOID"


class SouthwestStream(Base):
    """One direction (OUT, IN) of the stream with one province: what the next batch must carry.

    `province`: 6 digits, e.g. 520000. `next_seq`: from 1 on. `previous_sm3`: hex SM3 of the signed text of the batch
    before, 64 zeros for the first (contracts.md B "Batch").
    """

    __tablename__ = "southwest_stream"

    direction: Mapped[str] = mapped_column(String(3), primary_key=True)
    province: Mapped[str] = mapped_column(String(6), primary_key=True)
    next_seq: Mapped[int] = mapped_column(default=1)
    previous_sm3: Mapped[str] = mapped_column(String(64), default=FIRST_PREVIOUS)


class SouthwestCursor(Base):
    """Where a poll goes on: the hub's opaque cursor of the list `name` ("batches" or "receipts").

    Moves in the transaction that stores what came.
    """

    __tablename__ = "southwest_cursor"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str]


class SouthwestBatchOut(Base):
    """A batch of ours; its bytes never change (contracts.md B "Batch").

    `rows_gz`: one gzip member, sealed under `southwest-out/{cd_batch}/{text_sm3}`; empty once it is CONFIRMED or VOID.
    `code`: the receipt's code; `receipt`: the receipt as it came. `resend`: they miss a batch before or at it
    (SW100401), so it goes again.
    """

    __tablename__ = "southwest_batch_out"
    __table_args__ = (Index("ix_southwest_batch_out_stream", "province", "state", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    province: Mapped[str] = mapped_column(String(6))
    seq: Mapped[int]
    cd_batch: Mapped[str] = mapped_column(String(26), index=True)
    text_sm3: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    rows_gz: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(64), default="")
    receipt: Mapped[dict[str, Any] | None]
    formed_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    resend: Mapped[bool] = mapped_column(default=False)


class SouthwestRowOut(Base):
    """A row of ours; its key is the command's. `content` is sealed under `southwest-row/{key}`.

    `written_at`: cd_time, strictly rising per case. `state`: a `partners.southwest.streams.RowState`; `code`: why
    refused. `reported` False: the receipt's verdict has not been carried to the command and its case yet.
    """

    __tablename__ = "southwest_row_out"
    __table_args__ = (Index("ix_southwest_row_out_stream", "province", "state"),)

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    province: Mapped[str] = mapped_column(String(6))
    handling_no: Mapped[str] = mapped_column(String(21), index=True)
    row_guid: Mapped[str] = mapped_column(String(64), unique=True)
    written_at: Mapped[datetime]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("southwest_batch_out.id"), index=True)
    code: Mapped[str] = mapped_column(String(64), default="")
    reported: Mapped[bool] = mapped_column("told", default=True, index=True)


class SouthwestBatchIn(Base):
    """A batch that came, with the receipt that we give for it.

    `committed`: its rows took effect. `receipt_sent`: the hub has our receipt. `held`: the batch itself where it was
    too old, sealed under `southwest-in/{cd_batch}` until a person releases it (contracts.md B "Batch"); else None.
    """

    __tablename__ = "southwest_batch_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    cd_batch: Mapped[str] = mapped_column(String(64), index=True)
    province: Mapped[str] = mapped_column(String(6), default="")
    text_sm3: Mapped[str] = mapped_column(String(64), default="")
    code: Mapped[str] = mapped_column(String(16))
    committed: Mapped[bool]
    receipt: Mapped[dict[str, Any]]
    receipt_sent: Mapped[bool] = mapped_column(default=False, index=True)
    received_at: Mapped[datetime]
    held: Mapped[bytes | None] = mapped_column(LargeBinary)


class SouthwestParkedRow(Base):
    """A row for a case that is ours to come: its batch is receipted anew when the case exists.

    `message_id`: that of its row in the inbox, `{row_guid}:{cd_time}`.
    """

    __tablename__ = "southwest_parked_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("southwest_batch_in.id"))
    row_guid: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(128), index=True)


def lock_stream(session: Session, direction: str, province: str) -> SouthwestStream:
    """The stream's row, locked until the transaction ends; made at first use, with seq 1."""
    first = {"direction": direction, "province": province, "next_seq": 1, "previous_sm3": FIRST_PREVIOUS}
    insert_new(session, SouthwestStream, first)
    key = (direction, province)
    return session.get_one(SouthwestStream, key, with_for_update=True, populate_existing=True)


def cursor(session: Session, name: str) -> str:
    """The cursor kept under `name`, or the empty text, which asks the hub for its list from the beginning."""
    row = session.get(SouthwestCursor, name)
    return row.value if row else ""


def move_cursor(session: Session, name: str, value: str) -> None:
    """Keep `value` under `name`; in the transaction that stores what the page brought."""
    session.merge(SouthwestCursor(name=name, value=value))


def committed_batch(session: Session, cd_batch: str) -> SouthwestBatchIn | None:
    """The batch of theirs that took effect under this name, or None."""
    return session.scalar(select(SouthwestBatchIn).filter_by(cd_batch=cd_batch, committed=True))


def open_out_batches(session: Session, province: str, states: Iterable[OutBatchState]) -> list[SouthwestBatchOut]:
    """Batches of ours for a province in these states, in the order of seq."""
    found = select(SouthwestBatchOut).where(
        SouthwestBatchOut.province == province, SouthwestBatchOut.state.in_(list(states))
    )
    return list(session.scalars(found.order_by(SouthwestBatchOut.seq)))
