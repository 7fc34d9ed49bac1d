"""A batch of the hub becomes rows, a stream's new head and our receipt, in one transaction (contracts.md B "Batch")."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.matters import End
from domain.messages import TaskOutcome
from domain.tasks import TaskKind, task_id
from exchange.southwest.log_lines import SOURCE, log_whole
from exchange.southwest.rows import RowOutcome, take_rows
from partners.southwest.batch import StreamHead
from partners.southwest.codes import SECURITY, Code
from partners.southwest.inbound import ExaminedBatch, GoodBatch, RefusedBatch, RepeatedBatch, place
from partners.southwest.receipts import BatchReceipt, write_receipt
from partners.southwest.signing import Signer
from storage.exchange.exchange_log import note_security_event
from storage.exchange.inbox import Inbox
from storage.exchange.southwest import IN, SouthwestBatchIn, SouthwestParkedRow, committed_batch, lock_stream
from storage.sealing import Sealer
from storage.tasks.rows import TaskRow, open_task, settle_matter


class BatchTaker:
    """Commits examined batches in the caller's writing transaction, each with our signed receipt."""

    def __init__(self, sealer: Sealer, inbox: Inbox, signer: Signer) -> None:
        self._sealer = sealer
        self._inbox = inbox
        self._signer = signer

    def commit(
        self,
        session: Session,
        examined: ExaminedBatch | RefusedBatch,
        answer: dict[str, object],
        now: datetime,
        began: float,
    ) -> tuple[SouthwestBatchIn, int]:
        """Commit one batch; returns its record with the receipt, and how many rows were looked at.

        No row of a refused or repeated batch is. `answer`: exch0003's, as the hub gave it. `began`: when it was asked
        for, on `time.perf_counter`.
        """
        kept, rows = self._commit(session, examined, answer, now)
        manifest = answer.get("manifest")
        said = manifest if isinstance(manifest, dict) else {}
        log_whole(session, "in", "batch", kept.cd_batch, said, kept.code, now, began=began, body=self._sealer)
        return kept, rows

    def _commit(
        self, session: Session, examined: ExaminedBatch | RefusedBatch, answer: dict[str, object], now: datetime
    ) -> tuple[SouthwestBatchIn, int]:
        placed = examined if isinstance(examined, RefusedBatch) else _placed(session, examined)
        match placed:
            case RefusedBatch():
                return self._refuse(session, placed, answer, now), 0
            case RepeatedBatch(manifest):
                first = committed_batch(session, manifest.cd_batch)
                if first is None:
                    raise LookupError("a repeated batch has a first one")
                first.receipt_sent = False
                return first, 0
            case GoodBatch():
                return self._apply(session, placed, now)

    def _apply(self, session: Session, batch: GoodBatch, now: datetime) -> tuple[SouthwestBatchIn, int]:
        manifest = batch.manifest
        outcomes = take_rows(session, self._inbox, batch, now)
        stream = lock_stream(session, IN, manifest.from_region)
        stream.next_seq, stream.previous_sm3 = manifest.seq + 1, manifest.text_sm3
        settle_matter(session, _in_matter(manifest.from_region), now, End.STREAM_GOES_ON)
        receipt = self._receipt(manifest.cd_batch, manifest.rows_sm3, Code.OK, outcomes, now)
        kept = _kept(session, receipt, manifest.from_region, manifest.text_sm3, True, now)
        for outcome in outcomes:
            if outcome.parked is not None:
                session.add(SouthwestParkedRow(batch_id=kept.id, row_guid=outcome.guid, message_id=outcome.parked))
        return kept, len(outcomes)

    def _refuse(
        self, session: Session, refused: RefusedBatch, answer: dict[str, object], now: datetime
    ) -> SouthwestBatchIn:
        receipt = self._receipt(refused.cd_batch, refused.rows_sm3, refused.code, [], now)
        manifest = refused.manifest
        province = manifest.from_region if manifest else ""
        kept = _kept(session, receipt, province, manifest.text_sm3 if manifest else "", False, now)
        detail = f"{refused.code} {refused.cd_batch[:64]}"
        if refused.old:
            sealed = json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
            kept.held = self._sealer.seal(sealed, f"southwest-in/{kept.cd_batch}")
            open_task(session, key=_old_key(kept), kind=TaskKind.OLD_BATCH, now=now, data=_old_facts(kept))
        elif refused.code is Code.GAP:
            open_task(
                session,
                key=f"{SOURCE}/gap/{kept.cd_batch}",
                kind=TaskKind.STREAM_STOPPED,
                now=now,
                data={"province": province, "batch": kept.cd_batch},
                matter=_in_matter(province),
            )
        code = "BATCH_UNTRUSTED" if refused.code in SECURITY else "BATCH_REFUSED"
        note_security_event(session, SOURCE, code, now, detail=detail)
        return kept

    def _receipt(
        self, cd_batch: str, rows_sm3: str, code: str, outcomes: list[RowOutcome], now: datetime
    ) -> BatchReceipt:
        rows = [(outcome.guid, outcome.code.value) for outcome in outcomes]
        return write_receipt(self._signer, cd_batch=cd_batch, rows_sm3=rows_sm3, code=code, rows=rows, now=now)


def holds_batches(session: Session) -> bool:
    """Whether a batch that was refused as too old is kept for a person to release."""
    return session.scalar(select(SouthwestBatchIn.id).where(SouthwestBatchIn.held.is_not(None)).limit(1)) is not None


def decided_batches(session: Session) -> list[int]:
    """Ids of held batches that a person has released by resolving the task; those resolved otherwise are dropped."""
    released = []
    for held in session.scalars(select(SouthwestBatchIn).where(SouthwestBatchIn.held.is_not(None))):
        task = session.get(TaskRow, task_id(_old_key(held)))
        if task is None or task.outcome is None:
            continue
        if task.outcome == TaskOutcome.RELEASE_BATCH:
            released.append(held.id)
        else:
            held.held = None
    return released


def _in_matter(province: str) -> str:
    """A province's stream that waits for a batch: one task, however many come behind the gap."""
    return f"{SOURCE}/in/{province}"


def _old_facts(batch: SouthwestBatchIn) -> dict[str, Any]:
    return {"batchId": batch.id, "batch": batch.cd_batch, "province": batch.province}


def _old_key(batch: SouthwestBatchIn) -> str:
    return f"{SOURCE}/old/{batch.cd_batch}/{batch.text_sm3[:16]}"


def _placed(session: Session, examined: ExaminedBatch) -> GoodBatch | RepeatedBatch | RefusedBatch:
    manifest = examined.manifest
    stream = lock_stream(session, IN, manifest.from_region)
    committed = committed_batch(session, manifest.cd_batch)
    head = StreamHead(stream.next_seq, stream.previous_sm3)
    return place(examined, committed_text_sm3=committed.text_sm3 if committed else None, head=head)


def _kept(
    session: Session, receipt: BatchReceipt, province: str, text_sm3: str, committed: bool, now: datetime
) -> SouthwestBatchIn:
    row = SouthwestBatchIn(
        cd_batch=receipt.cd_batch[:64],
        province=province,
        text_sm3=text_sm3,
        code=receipt.code,
        committed=committed,
        receipt=receipt.wire(),
        received_at=now,
    )
    session.add(row)
    session.flush()
    return row
