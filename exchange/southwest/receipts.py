"""What a receipt of the hub does to our batches, rows and commands (contracts.md B "Receipt")."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.matters import End
from exchange.southwest.log_lines import SOURCE, log_whole
from exchange.southwest.streams import void_from
from partners.southwest.codes import MEANING, Code
from partners.southwest.receipts import BatchReceipt
from partners.southwest.streams import CommandVerdict, RowState
from storage.exchange.exchange_log import note_security_event
from storage.exchange.outbox import CommandRow, CommandState
from storage.exchange.southwest import OUT, OutBatchState, SouthwestBatchOut, SouthwestRowOut, lock_stream
from storage.tasks.rows import settle_task

_TOO_OLD = timedelta(hours=72)


def note_receipt(session: Session, receipt: BatchReceipt, now: datetime, began: float) -> None:
    """Apply a verified receipt. A later one replaces an earlier one; one for nothing of ours is a security event.

    `began`: when its page was asked for, on `time.perf_counter`.
    """
    body = f"receipt/{receipt.cd_batch}"  # in the batch's own row: codes only, and so not sealed
    log_whole(session, "in", "receipt", receipt.cd_batch, receipt.wire(), receipt.code, now, began=began, body=body)
    batch = _batch_of(session, receipt)
    if batch is None:
        note_security_event(session, SOURCE, "RECEIPT_WITHOUT_BATCH", now, detail=receipt.cd_batch[:64])
        return
    lock_stream(session, OUT, batch.province)
    batch.receipt = receipt.wire()
    settle_task(session, unreceipted_key(batch.cd_batch), now, End.STREAM_GOES_ON)
    if receipt.code == Code.OK:
        _applied(session, batch, receipt, now)
    elif batch.state in (OutBatchState.VOID, OutBatchState.CONFIRMED):
        return  # its rows travel in another batch, or have arrived
    elif receipt.code == Code.GAP:
        _ask_again(session, batch)
    else:
        _refused(session, batch, receipt.code, now)


def unreceipted_key(cd_batch: str) -> str:
    """`southwest/no-receipt/{cd_batch}`, the key of the task about a batch that nobody has receipted for 72 h."""
    return f"{SOURCE}/no-receipt/{cd_batch}"


def unreported(session: Session) -> list[CommandVerdict]:
    """Verdicts on commands that are not marked by `SouthwestIntake.mark_reported` yet, oldest first."""
    rows = session.scalars(select(SouthwestRowOut).filter_by(reported=False).order_by(SouthwestRowOut.written_at))
    return [
        CommandVerdict(
            key=row.key,
            handling_no=row.handling_no,
            ok=row.state == RowState.CONFIRMED,
            code=row.code,
            sentence="" if row.state == RowState.CONFIRMED else MEANING.get(row.code, "未知返回码"),
        )
        for row in rows
    ]


def _batch_of(session: Session, receipt: BatchReceipt) -> SouthwestBatchOut | None:
    """The batch in force under this name; a void one only where no other is."""
    named = select(SouthwestBatchOut).filter_by(cd_batch=receipt.cd_batch).order_by(SouthwestBatchOut.id.desc())
    found = [batch for batch in session.scalars(named) if batch.manifest["rowsSm3"] == receipt.rows_sm3]
    in_force = [batch for batch in found if batch.state != OutBatchState.VOID]
    return next(iter(in_force or found), None)


def _applied(session: Session, batch: SouthwestBatchOut, receipt: BatchReceipt, now: datetime) -> None:
    if len(receipt.rows) != batch.manifest["rows"]:
        note_security_event(session, SOURCE, "RECEIPT_INCOMPLETE", now, detail=batch.cd_batch)
        return
    if batch.state == OutBatchState.VOID:
        _released_there(session, batch)
    batch.state, batch.code, batch.resend = OutBatchState.CONFIRMED, receipt.code, False
    batch.taken_at, batch.rows_gz = batch.taken_at or now, b""  # nobody sends it again; several people's rows are in it
    for said in receipt.rows:
        row = session.scalar(select(SouthwestRowOut).filter_by(row_guid=said.row_guid))
        if row is not None:
            _decide(session, row, said.code)


def _released_there(session: Session, batch: SouthwestBatchOut) -> None:
    """A batch refused as too old was released by a person there: it has used up its seq after all."""
    stream = lock_stream(session, OUT, batch.province)
    rivals = select(SouthwestBatchOut).filter_by(province=batch.province, seq=batch.seq)
    for rival in session.scalars(rivals.where(SouthwestBatchOut.state != OutBatchState.VOID)):
        if rival.state != OutBatchState.CONFIRMED:
            void_from(session, rival, Code.OTHER_CONTENT)
    if stream.next_seq <= batch.seq:
        stream.next_seq, stream.previous_sm3 = batch.seq + 1, batch.text_sm3


def _ask_again(session: Session, batch: SouthwestBatchOut) -> None:
    """They miss a batch before this one: all that is open goes again, the earliest first."""
    batch.code = Code.GAP
    open_ones = select(SouthwestBatchOut).filter_by(province=batch.province, state=OutBatchState.TAKEN)
    for earlier in session.scalars(open_ones.where(SouthwestBatchOut.seq <= batch.seq)):
        earlier.resend = True


def _refused(session: Session, batch: SouthwestBatchOut, code: str, now: datetime) -> None:
    rows = list(session.scalars(select(SouthwestRowOut).filter_by(batch_id=batch.id)))
    void_from(session, batch, code)
    if (code == Code.MANIFEST and now - batch.formed_at > _TOO_OLD) or code == Code.OTHER_CONTENT:
        return  # the same rows travel in a new batch
    for row in rows:
        _decide(session, row, code)


def _decide(session: Session, row: SouthwestRowOut, code: str) -> None:
    ok = code == Code.OK
    state = RowState.CONFIRMED if ok else RowState.REFUSED
    if row.state == RowState.CONFIRMED or (row.state == state and row.code == code):
        return
    row.state, row.code, row.reported = state, code, False
    if ok:
        row.content = b""  # nobody needs it again; the command keeps its own, sealed
    command = session.get(CommandRow, row.key)
    if command is not None:
        command.state = CommandState.CONFIRMED if ok else CommandState.REFUSED
        command.error = None if ok else code
