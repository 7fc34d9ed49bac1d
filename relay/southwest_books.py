"""The Southwest books without asking anybody: receipts that are missing, chains with holes, rows that stay open."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.reconciliation import Difference, DifferenceKind
from partners.southwest.streams import RowState
from storage.southwest import OutBatchState, SouthwestBatchIn, SouthwestBatchOut, SouthwestRowOut

_PATIENCE: Final = timedelta(hours=24)
_row_is_open: Final = SouthwestRowOut.state.in_((RowState.WAITING, RowState.BATCHED, RowState.TAKEN))


def southwest_differences(session: Session, now: datetime) -> tuple[int, list[Difference]]:
    """How much was looked at, and what is not as it should be."""
    sent = session.scalar(select(func.count()).select_from(SouthwestBatchOut)) or 0
    came = session.execute(select(SouthwestBatchIn.province, SouthwestBatchIn.cd_batch).filter_by(committed=True)).all()
    waiting = session.scalar(select(func.count()).select_from(SouthwestRowOut).where(_row_is_open)) or 0
    holes = _holes([(province, cd_batch) for province, cd_batch in came])
    found = [*_without_receipt(session, now), *holes, *_open_rows(session, now)]
    return sent + len(came) + waiting, found


def _without_receipt(session: Session, now: datetime) -> list[Difference]:
    late = select(SouthwestBatchOut.cd_batch, SouthwestBatchOut.state).where(
        SouthwestBatchOut.state.in_((OutBatchState.FORMED, OutBatchState.TAKEN)),
        SouthwestBatchOut.formed_at <= now - _PATIENCE,
    )
    return [
        Difference(subject=cd_batch, kind=DifferenceKind.NOT_RECEIPTED, ours=state)
        for cd_batch, state in session.execute(late.order_by(SouthwestBatchOut.cd_batch))
    ]


def _holes(theirs: list[tuple[str, str]]) -> list[Difference]:
    """The last six digits of a cd_batch are its seq, which rises by one per stream."""
    streams: dict[str, list[int]] = {}
    for province, cd_batch in theirs:
        streams.setdefault(province, []).append(int(cd_batch[-6:]))
    return [
        Difference(
            subject=f"{province}/{after + 1:06d}", kind=DifferenceKind.CHAIN_BROKEN, ours=str(after), theirs=str(then)
        )
        for province, numbers in streams.items()
        for after, then in pairwise([0, *sorted(set(numbers))])
        if then != after + 1
    ]


def _open_rows(session: Session, now: datetime) -> list[Difference]:
    late = select(SouthwestRowOut.key, SouthwestRowOut.state).where(
        _row_is_open, SouthwestRowOut.written_at <= now - _PATIENCE
    )
    return [
        Difference(subject=key, kind=DifferenceKind.ROW_OPEN, ours=state)
        for key, state in session.execute(late.order_by(SouthwestRowOut.key))
    ]
