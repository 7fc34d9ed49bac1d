"""What does not agree on the Southwest streams: receipts, batch chains and open rows (contracts.md "Reconciliation").

This wire has no query, so both books are ours: what we sent against the receipts, what came against its chain.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.reconciliation import Difference, DifferenceKind
from partners.southwest.batch import FIRST_PREVIOUS, Manifest
from partners.southwest.streams import RowState
from storage.exchange.southwest import (
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


def southwest_books(session: Session, now: datetime) -> tuple[int, list[Difference]]:
    """How many batches and rows were looked at, and what does not agree; a `BatchBooks` of reconciliation."""
    return southwest_compared(session), southwest_differences(session, now)


def southwest_differences(session: Session, now: datetime) -> list[Difference]:
    """What does not agree at this moment; [] when everything does."""
    return [
        *_without_receipt(session, now - _PATIENCE),
        *_rows(session, now - _PATIENCE),
        *_receipts_of_ours(session),
        *_chains_out(session),
        *_chains_in(session),
    ]


def southwest_compared(session: Session) -> int:
    """How many batches, in and out, and rows of ours the report looks at."""
    tables = (SouthwestBatchOut, SouthwestBatchIn, SouthwestRowOut)
    return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def _without_receipt(session: Session, before: datetime) -> list[Difference]:
    taken = select(SouthwestBatchOut).filter_by(state=OutBatchState.TAKEN)
    late = session.scalars(taken.where(SouthwestBatchOut.taken_at < before).order_by(SouthwestBatchOut.id))
    return [Difference(kind=DifferenceKind.NO_RECEIPT, subject=batch.cd_batch) for batch in late]


def _rows(session: Session, before: datetime) -> list[Difference]:
    unsent = select(SouthwestRowOut).where(SouthwestRowOut.state.in_([RowState.WAITING, RowState.BATCHED]))
    late = session.scalars(unsent.where(SouthwestRowOut.written_at < before).order_by(SouthwestRowOut.written_at))
    refused = select(SouthwestRowOut).filter_by(state=RowState.REFUSED).order_by(SouthwestRowOut.written_at)
    found = [(DifferenceKind.OPEN_ROW, row) for row in late]
    found += [(DifferenceKind.REFUSED_ROW, row) for row in session.scalars(refused)]
    return [Difference(kind=kind, subject=row.key, ours=row.state) for kind, row in found]


def _receipts_of_ours(session: Session) -> list[Difference]:
    unsent = session.scalars(select(SouthwestBatchIn.cd_batch).filter_by(receipt_sent=False))
    parked = session.scalars(select(SouthwestParkedRow.row_guid).order_by(SouthwestParkedRow.id))
    found = [Difference(kind=DifferenceKind.RECEIPT_NOT_SENT, subject=cd_batch) for cd_batch in unsent]
    return found + [Difference(kind=DifferenceKind.PARKED_ROW, subject=guid) for guid in parked]


def _chains_out(session: Session) -> list[Difference]:
    """Each stream of ours, batch by batch: seq rises by one, each names the one before, the head the last."""
    found = []
    for stream in session.scalars(select(SouthwestStream).filter_by(direction=OUT)):
        seq, previous = 1, FIRST_PREVIOUS
        manifests = select(SouthwestBatchOut.manifest).where(
            SouthwestBatchOut.province == stream.province, SouthwestBatchOut.state != OutBatchState.VOID
        )
        for content in session.scalars(manifests.order_by(SouthwestBatchOut.seq)):
            manifest = Manifest.model_validate(content)
            if (manifest.seq, manifest.previous_sm3) != (seq, previous):
                found.append(Difference(kind=DifferenceKind.CHAIN_OUT, subject=manifest.cd_batch))
            seq, previous = manifest.seq + 1, manifest.text_sm3
        if (seq, previous) != (stream.next_seq, stream.previous_sm3):
            found.append(Difference(kind=DifferenceKind.CHAIN_OUT, subject=stream.province))
    return found


def _chains_in(session: Session) -> list[Difference]:
    """Every seq below the next one has exactly one committed batch."""
    found = []
    for stream in session.scalars(select(SouthwestStream).filter_by(direction=IN)):
        committed = select(SouthwestBatchIn.cd_batch).filter_by(province=stream.province, committed=True)
        seqs = sorted(int(cd_batch[-6:]) for cd_batch in session.scalars(committed))
        if seqs != list(range(1, stream.next_seq)):
            found.append(Difference(kind=DifferenceKind.CHAIN_IN, subject=stream.province))
    return found
