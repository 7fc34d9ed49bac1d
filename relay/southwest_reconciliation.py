"""What does not agree on the Southwest streams: receipts, batch chains and open rows (contracts.md "Reconciliation").

This wire has no query, so both books are ours: what we sent against the receipts, what came against its chain.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.model import Frozen
from partners.southwest.batch import FIRST_PREVIOUS, Manifest
from partners.southwest.streams import RowState
from storage.southwest import (
    IN,
    OUT,
    OutBatchState,
    SouthwestBatchIn,
    SouthwestBatchOut,
    SouthwestParkedRow,
    SouthwestRowOut,
    SouthwestStream,
)

_PATIENCE: Final = timedelta(hours=24)


class Difference(StrEnum):
    """What is not as it should be; value → what an operator does is in `REPAIR`."""

    NO_RECEIPT = "NO_RECEIPT"
    OPEN_ROW = "OPEN_ROW"
    REFUSED_ROW = "REFUSED_ROW"
    RECEIPT_NOT_SENT = "RECEIPT_NOT_SENT"
    PARKED_ROW = "PARKED_ROW"
    CHAIN_OUT = "CHAIN_OUT"
    CHAIN_IN = "CHAIN_IN"


REPAIR: Final[dict[Difference, str]] = {
    Difference.NO_RECEIPT: "对方未回执，系统会原样重发批次",
    Difference.OPEN_ROW: "数据行尚未发出，请检查交换中心连接",
    Difference.REFUSED_ROW: "对方拒收，请在待办中重发或终止",
    Difference.RECEIPT_NOT_SENT: "回执尚未送达交换中心，系统会重发",
    Difference.PARKED_ROW: "对方数据先于办件到达，等待办件登记",
    Difference.CHAIN_OUT: "发出批次的链不连续，请联系对方核对",
    Difference.CHAIN_IN: "收到批次不连续，请联系对方补发",
}


class Finding(Frozen):
    """One line of the report. `subject`: cd_batch, command key, row_guid or province; no personal data."""

    difference: Difference
    subject: str
    handling_no: str | None = None


def southwest_findings(session: Session, now: datetime) -> list[Finding]:
    """The report of this moment; empty when everything agrees."""
    return [
        *_without_receipt(session, now - _PATIENCE),
        *_rows(session, now - _PATIENCE),
        *_receipts_of_ours(session),
        *_chains_out(session),
        *_chains_in(session),
    ]


def _without_receipt(session: Session, before: datetime) -> list[Finding]:
    taken = select(SouthwestBatchOut).filter_by(state=OutBatchState.TAKEN)
    late = session.scalars(taken.where(SouthwestBatchOut.taken_at < before).order_by(SouthwestBatchOut.id))
    return [Finding(difference=Difference.NO_RECEIPT, subject=batch.cd_batch) for batch in late]


def _rows(session: Session, before: datetime) -> list[Finding]:
    unsent = select(SouthwestRowOut).where(SouthwestRowOut.state.in_([RowState.WAITING, RowState.BATCHED]))
    late = session.scalars(unsent.where(SouthwestRowOut.written_at < before).order_by(SouthwestRowOut.written_at))
    refused = select(SouthwestRowOut).filter_by(state=RowState.REFUSED).order_by(SouthwestRowOut.written_at)
    found = [(Difference.OPEN_ROW, row) for row in late]
    found += [(Difference.REFUSED_ROW, row) for row in session.scalars(refused)]
    return [Finding(difference=what, subject=row.key, handling_no=row.handling_no) for what, row in found]


def _receipts_of_ours(session: Session) -> list[Finding]:
    unsent = session.scalars(select(SouthwestBatchIn.cd_batch).filter_by(receipt_sent=False))
    parked = session.scalars(select(SouthwestParkedRow.row_guid).order_by(SouthwestParkedRow.id))
    found = [Finding(difference=Difference.RECEIPT_NOT_SENT, subject=cd_batch) for cd_batch in unsent]
    return found + [Finding(difference=Difference.PARKED_ROW, subject=guid) for guid in parked]


def _chains_out(session: Session) -> list[Finding]:
    """Each stream of ours, batch by batch: seq rises by one, each names the one before, the head the last."""
    found = []
    for stream in session.scalars(select(SouthwestStream).filter_by(direction=OUT)):
        seq, previous = 1, FIRST_PREVIOUS
        standing = select(SouthwestBatchOut).where(
            SouthwestBatchOut.province == stream.province, SouthwestBatchOut.state != OutBatchState.VOID
        )
        for batch in session.scalars(standing.order_by(SouthwestBatchOut.seq)):
            manifest = Manifest.model_validate(batch.manifest)
            if (manifest.seq, manifest.previous_sm3) != (seq, previous):
                found.append(Finding(difference=Difference.CHAIN_OUT, subject=batch.cd_batch))
            seq, previous = manifest.seq + 1, manifest.text_sm3
        if (seq, previous) != (stream.next_seq, stream.previous_sm3):
            found.append(Finding(difference=Difference.CHAIN_OUT, subject=stream.province))
    return found


def _chains_in(session: Session) -> list[Finding]:
    """Every seq below the next one has exactly one committed batch."""
    found = []
    for stream in session.scalars(select(SouthwestStream).filter_by(direction=IN)):
        committed = select(SouthwestBatchIn.cd_batch).filter_by(province=stream.province, committed=True)
        seqs = sorted(int(cd_batch[-6:]) for cd_batch in session.scalars(committed))
        if seqs != list(range(1, stream.next_seq)):
            found.append(Finding(difference=Difference.CHAIN_IN, subject=stream.province))
    return found
