"""The Southwest adapter's memory over the database: rows waiting, batches formed, what the receipts said."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.southwest.log_lines import log_whole
from partners.southwest.batch import Batch, Manifest, StreamHead
from partners.southwest.codes import INNER_OK
from partners.southwest.streams import Form, OutgoingRow, RowStanding, RowState
from storage.base import Database
from storage.exchange.southwest import (
    OUT,
    OutBatchState,
    SouthwestBatchOut,
    SouthwestRowOut,
    lock_stream,
    open_out_batches,
)
from storage.sealing import Sealer

_OPEN = (OutBatchState.FORMED, OutBatchState.TAKEN)


class SouthwestStreams:
    """`partners.southwest.streams.OutgoingStreams` over the database; every method is one transaction of its own.

    Rows and batches are sealed at rest. `province`: 6 digits, e.g. 520000.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def last_written_at(self, handling_no: str) -> datetime | None:
        """cd_time of the newest row of this handling; None: it has none."""
        newest = select(SouthwestRowOut.written_at).filter_by(handling_no=handling_no)
        with self._database.read() as session:
            return session.scalar(newest.order_by(SouthwestRowOut.written_at.desc()).limit(1))

    def enqueue(self, province: str, row: OutgoingRow) -> None:
        """Take a row in under its key; a known one changes nothing, but a refused one waits for a new batch."""
        with self._database.write() as session:
            known = session.get(SouthwestRowOut, row.key, with_for_update=True)
            if known is None:
                session.add(self._new(province, row))
            elif known.state == RowState.REFUSED:
                known.state, known.batch_id, known.code, known.reported = RowState.WAITING, None, "", True

    def standing(self, key: str) -> RowStanding | None:
        """Where the row with this key is; None: no such row."""
        with self._database.read() as session:
            row = session.get(SouthwestRowOut, key)
            if row is None:
                return None
            batch = session.get(SouthwestBatchOut, row.batch_id) if row.batch_id else None
            return RowStanding(state=RowState(row.state), code=row.code, taken_at=batch.taken_at if batch else None)

    def to_send(self, province: str, form: Form, limit: int) -> Batch | None:
        """The formed batch of this stream, else a new one of at most `limit` waiting rows; None: nothing waits.

        `form` signs under the stream's lock, so that a seq is never used twice.
        """
        with self._database.write() as session:
            stream = lock_stream(session, OUT, province)
            formed = open_out_batches(session, province, [OutBatchState.FORMED])
            if formed:
                return self._batch(formed[0])
            rows = _waiting(session, province, limit)
            if not rows:
                return None
            # Sealed rows are opened and signed under the stream's lock: some 10 ms, and a seq is never used twice.
            batch = form([self._row(row) for row in rows], StreamHead(stream.next_seq, stream.previous_sm3))
            kept = self._kept(province, batch)
            session.add(kept)
            session.flush()
            for row in rows:
                row.state, row.batch_id = RowState.BATCHED, kept.id
            stream.next_seq, stream.previous_sm3 = batch.manifest.seq + 1, batch.manifest.text_sm3
            return batch

    def taken(self, batch: Batch, now: datetime, began: float) -> None:
        """exch0001 was answered `00`: the batch and its rows are with the hub. A void batch stays void."""
        with self._database.write() as session:
            lock_stream(session, OUT, batch.manifest.to_region)
            _log(session, batch, INNER_OK, now, began)
            kept = find_out_batch(session, batch.manifest)
            if kept is None or kept.state == OutBatchState.VOID:
                return
            kept.taken_at, kept.sent_at = kept.taken_at or now, now
            if kept.state == OutBatchState.FORMED:  # its receipt may have been faster
                kept.state = OutBatchState.TAKEN
            for row in session.scalars(select(SouthwestRowOut).filter_by(batch_id=kept.id, state=RowState.BATCHED)):
                row.state = RowState.TAKEN

    def refused(self, batch: Batch, code: str, now: datetime, began: float) -> None:
        """The hub has refused the batch with this code: it and what follows are void, their rows wait anew."""
        with self._database.write() as session:
            kept = find_out_batch(session, batch.manifest)
            _log(session, batch, code, now, began)
            if kept is not None and kept.state in _OPEN:
                void_from(session, kept, code)

    def give_up(self, key: str, code: str) -> None:
        """Refuse a row that waits in no batch, so that nobody sends it again unless a person asks for it."""
        with self._database.write() as session:
            row = session.get(SouthwestRowOut, key, with_for_update=True)
            if row is not None and row.state == RowState.WAITING:
                row.state, row.code = RowState.REFUSED, code

    def without_receipt(self, province: str) -> Sequence[Batch]:
        """The batches of this stream that the hub has and nobody has receipted ok, in the order of seq."""
        with self._database.read() as session:
            return [self._batch(kept) for kept in open_out_batches(session, province, [OutBatchState.TAKEN])]

    def overdue(self, sent_before: datetime) -> Sequence[Batch]:
        """Batches to be sent again byte for byte: asked for, or sent before `sent_before` and not receipted since."""
        taken = select(SouthwestBatchOut).filter_by(state=OutBatchState.TAKEN)
        due = taken.where(SouthwestBatchOut.resend | (SouthwestBatchOut.sent_at < sent_before))
        with self._database.read() as session:
            kept = session.scalars(due.order_by(SouthwestBatchOut.province, SouthwestBatchOut.seq))
            return [self._batch(batch) for batch in kept]

    def unreceipted(self, formed_before: datetime) -> Sequence[tuple[str, str]]:
        """(cd_batch, province) of batches formed before then that the hub has taken and nobody has receipted."""
        taken = select(SouthwestBatchOut.cd_batch, SouthwestBatchOut.province).filter_by(state=OutBatchState.TAKEN)
        with self._database.read() as session:
            return [
                (name, to) for name, to in session.execute(taken.where(SouthwestBatchOut.formed_at < formed_before))
            ]

    def resent(self, batch: Batch, now: datetime, began: float) -> None:
        """Note that a batch was sent again byte for byte, with a line RESENT in the exchange log."""
        with self._database.write() as session:
            kept = find_out_batch(session, batch.manifest)
            if kept is not None:
                kept.resend, kept.sent_at = False, now
            _log(session, batch, "RESENT", now, began)

    def waits_for_receipts(self) -> bool:
        """Whether the hub has batches of ours that nobody has receipted yet."""
        taken = select(SouthwestBatchOut.id).filter_by(state=OutBatchState.TAKEN).limit(1)
        with self._database.read() as session:
            return session.scalar(taken) is not None

    def waiting_provinces(self) -> Sequence[str]:
        """Streams with rows that wait, or a formed batch that the hub may not have."""
        waiting = select(SouthwestRowOut.province).where(
            SouthwestRowOut.state.in_([RowState.WAITING, RowState.BATCHED])
        )
        with self._database.read() as session:
            return list(session.scalars(waiting.distinct().order_by(SouthwestRowOut.province)))

    def _new(self, province: str, row: OutgoingRow) -> SouthwestRowOut:
        return SouthwestRowOut(
            key=row.key,
            province=province,
            handling_no=row.handling_no,
            row_guid=row.row_guid,
            written_at=row.written_at,
            content=self._sealer.seal(row.content, f"southwest-row/{row.key}"),
            state=RowState.WAITING,
        )

    def _row(self, row: SouthwestRowOut) -> OutgoingRow:
        return OutgoingRow(
            key=row.key,
            handling_no=row.handling_no,
            row_guid=row.row_guid,
            written_at=row.written_at,
            content=self._sealer.open(row.content, f"southwest-row/{row.key}"),
        )

    def _kept(self, province: str, batch: Batch) -> SouthwestBatchOut:
        manifest = batch.manifest
        return SouthwestBatchOut(
            province=province,
            seq=manifest.seq,
            cd_batch=manifest.cd_batch,
            text_sm3=manifest.text_sm3,
            manifest=manifest.wire(),
            rows_gz=self._sealer.seal(batch.rows_gz, _place(manifest)),
            state=OutBatchState.FORMED,
            formed_at=manifest.created,
        )

    def _batch(self, kept: SouthwestBatchOut) -> Batch:
        manifest = Manifest.model_validate(kept.manifest)
        return Batch(manifest=manifest, rows_gz=self._sealer.open(kept.rows_gz, _place(manifest)))


def _place(manifest: Manifest) -> str:
    return f"southwest-out/{manifest.cd_batch}/{manifest.text_sm3}"


def _log(session: Session, batch: Batch, code: str, now: datetime, began: float) -> None:
    manifest = batch.manifest
    log_whole(
        session, "out", "batch", manifest.cd_batch, manifest.wire(), code, now, began=began, body=_place(manifest)
    )


def find_out_batch(session: Session, manifest: Manifest) -> SouthwestBatchOut | None:
    """The newest batch with this manifest; None: none. One that was refused may be formed again in the same second."""
    same = select(SouthwestBatchOut).filter_by(cd_batch=manifest.cd_batch, text_sm3=manifest.text_sm3)
    return session.scalar(same.order_by(SouthwestBatchOut.id.desc()).limit(1))


def void_from(session: Session, refused: SouthwestBatchOut, code: str) -> None:
    """Void a refused batch and all open ones after it, whose chain names it; their rows wait for new batches.

    The stream's next seq is the refused batch's again (contracts.md B "Batch").
    """
    stream = lock_stream(session, OUT, refused.province)
    for batch in open_out_batches(session, refused.province, _OPEN):
        if batch.seq < refused.seq:
            continue
        batch.state, batch.resend, batch.rows_gz = OutBatchState.VOID, False, b""  # its rows have theirs
        for row in session.scalars(select(SouthwestRowOut).filter_by(batch_id=batch.id)):
            if row.state in (RowState.BATCHED, RowState.TAKEN):
                row.state, row.batch_id = RowState.WAITING, None
    refused.code = code
    stream.next_seq, stream.previous_sm3 = refused.seq, refused.manifest["prevSm3"]
    session.flush()


def _waiting(session: Session, province: str, limit: int) -> list[SouthwestRowOut]:
    waiting = select(SouthwestRowOut).filter_by(province=province, state=RowState.WAITING)
    # In the order of cd_time: a later row before an earlier one of its case would make the earlier one stale.
    ordered = waiting.order_by(SouthwestRowOut.written_at, SouthwestRowOut.key).limit(limit)
    return list(session.scalars(ordered.with_for_update()))
