"""One poll of the Southwest hub: fetch, verify, one transaction for rows and cursor, then the receipt (contracts.md B).

Whatever breaks in between, the next poll goes on from what is committed: a receipt that was not sent is sent then,
a batch that comes again is receipted as before.
"""

import json
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import PartnerError, PartnerRefused
from domain.model import Frozen
from domain.tasks import TaskKind
from partners.base import Now
from partners.southwest import CommandVerdict, SouthwestAdapter
from partners.southwest.batch import StreamHead
from partners.southwest.client import ListedBatch
from partners.southwest.codes import INNER_OK, SECURITY, Code, fault_of
from partners.southwest.inbound import (
    ExaminedBatch,
    GoodBatch,
    RefusedBatch,
    RepeatedBatch,
    examine,
    place,
)
from partners.southwest.receipts import BatchReceipt, read_receipt, write_receipt
from partners.southwest.signing import Signer, Verifier
from relay.southwest_parked import renew_receipts
from relay.southwest_receipts import note_receipt, untold
from relay.southwest_rows import SOURCE, RowOutcome, take_rows
from relay.southwest_streams import SouthwestStreams
from storage.base import Database
from storage.exchange import note_security_event
from storage.inbox import Inbox
from storage.sealing import Sealer
from storage.southwest import (
    IN,
    SouthwestBatchIn,
    SouthwestParkedRow,
    SouthwestRowOut,
    committed_batch,
    cursor,
    lock_stream,
    move_cursor,
)
from storage.tasks import open_task

_BATCHES, _RECEIPTS = "batches", "receipts"
_PAGE = 50
_PAGES_PER_POLL = 20
_RESEND_AFTER = timedelta(hours=24)
_ALERT_AFTER = timedelta(hours=72)


class PollReport(Frozen):
    """What a poll brought. `verdicts` come again with every poll until `told` is called with their keys.

    `fault`: code of the fault that ended the poll early ("" when none did): the breaker's business, the next poll
    goes on from there.
    """

    batches: int = 0
    rows: int = 0
    receipts: int = 0
    verdicts: tuple[CommandVerdict, ...] = ()
    fault: str = ""

    @property
    def came(self) -> bool:
        """Whether polling stays frequent."""
        return bool(self.batches or self.receipts)


class SouthwestIntake:
    """Takes what the hub has for us. One poll at a time (Temporal Schedule, overlap skip)."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        inbox: Inbox,
        adapter: SouthwestAdapter,
        streams: SouthwestStreams,
        now: Now,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._inbox = inbox
        self._adapter = adapter
        self._streams = streams
        self._now = now
        self._signer = Signer(adapter.settings)
        self._verifier = Verifier(adapter.settings)

    def poll_once(self) -> PollReport:
        """Everything that is due with the hub, up to the first fault of the wire; what came before it is kept."""
        batches = rows = receipts = 0
        fault = ""
        try:
            with self._database.write() as session:
                renew_receipts(session, self._signer, self._now())
            self._send_receipts()
            batches, rows = self._take_batches()
            receipts = self._take_receipts()
            self._resend()
            for province in self._streams.waiting_provinces():
                self._adapter.flush(province)
        except PartnerError as error:
            fault = error.code or type(error).__name__
        with self._database.read() as session:
            verdicts = tuple(untold(session))
        return PollReport(batches=batches, rows=rows, receipts=receipts, verdicts=verdicts, fault=fault)

    def told(self, keys: list[str]) -> None:
        """The verdicts on these commands have reached whoever acts on them."""
        with self._database.write() as session:
            for row in session.scalars(select(SouthwestRowOut).where(SouthwestRowOut.key.in_(keys))):
                row.told = True

    def release(self, batch_id: int) -> str:
        """A person releases a batch that was refused as too old; returns the code of its new receipt."""
        now = self._now()
        with self._database.read() as session:
            held = session.get(SouthwestBatchIn, batch_id)
            if held is None or held.held is None:
                raise PartnerRefused("没有这个待放行的批次", code="NOT_HELD")
            answer = json.loads(self._sealer.open(held.held, f"southwest-in/{held.cd_batch}"))
            listed = held.cd_batch
        examined = examine(
            listed, answer, settings=self._adapter.settings, verifier=self._verifier, now=now, released=True
        )
        with self._database.write() as session:
            kept, _ = self._commit(session, examined, answer, now)
            session.get_one(SouthwestBatchIn, batch_id).held = None
            code = kept.code
        self._send_receipts()
        return code

    # -- batches ----------------------------------------------------------------------------------

    def _take_batches(self) -> tuple[int, int]:
        batches = rows = 0
        for _ in range(_PAGES_PER_POLL):
            with self._database.read() as session:
                after = cursor(session, _BATCHES)
            listed = self._adapter.hub.list_batches(after, _PAGE)
            for line in listed:
                rows += self._take_batch(line)
                batches += 1
                self._send_receipts()
            if len(listed) < _PAGE:
                break
        return batches, rows

    def _take_batch(self, line: ListedBatch) -> int:
        """Fetch, check and commit one batch together with the cursor; the number of rows that were looked at."""
        answer = self._adapter.hub.download(line.cd_batch)
        if answer["code"] == Code.BUSY:
            raise fault_of(answer["code"])
        now = self._now()
        if answer["code"] != INNER_OK:
            # Announced and not to be had: if it matters, the next batch shows the gap and the hub lists it again.
            with self._database.write() as session:
                note_security_event(session, SOURCE, "BATCH_MISSING", now, detail=line.cd_batch[:64])
                move_cursor(session, _BATCHES, line.cursor)
            return 0
        settings = self._adapter.settings
        examined = examine(line.cd_batch, answer, settings=settings, verifier=self._verifier, now=now)
        with self._database.write() as session:
            _, rows = self._commit(session, examined, answer, now)
            move_cursor(session, _BATCHES, line.cursor)
        return rows

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
            case GoodBatch(manifest):
                outcomes = take_rows(session, self._inbox, placed, now)
                stream = lock_stream(session, IN, manifest.from_region)
                stream.next_seq, stream.previous_sm3 = manifest.seq + 1, manifest.text_sm3
                receipt = self._receipt(manifest.cd_batch, manifest.rows_sm3, Code.OK, outcomes, now)
                kept = _kept(session, receipt, manifest.from_region, manifest.text_sm3, True, now)
                for outcome in outcomes:
                    if outcome.parked is not None:
                        parked = SouthwestParkedRow(batch_id=kept.id, row_guid=outcome.guid, message_id=outcome.parked)
                        session.add(parked)
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
            key = f"{SOURCE}/old/{kept.cd_batch}/{kept.text_sm3[:16]}"
            open_task(session, key=key, kind=TaskKind.OLD_BATCH, now=now, data={"batchId": kept.id})
        elif refused.code is Code.GAP:
            key = f"{SOURCE}/gap/{kept.cd_batch}"
            open_task(session, key=key, kind=TaskKind.STREAM_STOPPED, now=now, data={"province": province})
        code = "BATCH_UNTRUSTED" if refused.code in SECURITY else "BATCH_REFUSED"
        note_security_event(session, SOURCE, code, now, detail=detail)
        return kept

    def _receipt(
        self, cd_batch: str, rows_sm3: str, code: str, outcomes: list[RowOutcome], now: datetime
    ) -> BatchReceipt:
        rows = [(outcome.guid, outcome.code.value) for outcome in outcomes]
        return write_receipt(self._signer, cd_batch=cd_batch, rows_sm3=rows_sm3, code=code, rows=rows, now=now)

    def _send_receipts(self) -> None:
        """Everything receipted and not yet with the hub, oldest first. Raises PartnerError."""
        with self._database.read() as session:
            unsent = select(SouthwestBatchIn).filter_by(receipt_sent=False).order_by(SouthwestBatchIn.id)
            waiting = [(row.id, row.receipt) for row in session.scalars(unsent)]
        for batch_id, receipt in waiting:
            self._adapter.hub.send_receipt(receipt)
            with self._database.write() as session:
                row = session.get_one(SouthwestBatchIn, batch_id, with_for_update=True)
                row.receipt_sent = row.receipt == receipt  # a newer one may have been written meanwhile

    # -- receipts for what we have sent ------------------------------------------------------------

    def _take_receipts(self) -> int:
        taken = 0
        for _ in range(_PAGES_PER_POLL):
            with self._database.read() as session:
                after = cursor(session, _RECEIPTS)
            listed = self._adapter.hub.list_receipts(after, _PAGE)
            now = self._now()
            read = [(content["cursor"], read_receipt(content, self._verifier, now)) for content in listed]
            with self._database.write() as session:
                for position, receipt in read:
                    if receipt is None:
                        note_security_event(session, SOURCE, "RECEIPT_UNTRUSTED", now)
                    else:
                        note_receipt(session, receipt, now)
                    move_cursor(session, _RECEIPTS, position)
            taken += len(read)
            if len(listed) < _PAGE:
                break
        return taken

    def _resend(self) -> None:
        """No receipt after 24 h, or asked for: the same batch byte for byte; after 72 h a person is told."""
        now = self._now()
        for batch in self._streams.overdue(now - _RESEND_AFTER):
            code = self._adapter.resend(batch)
            if code not in (INNER_OK, Code.GAP):
                self._streams.refused(batch, code, now)
                continue
            self._streams.resent(batch, now)
            if now - batch.manifest.created > _ALERT_AFTER:
                key = f"{SOURCE}/no-receipt/{batch.manifest.cd_batch}"
                data = {"province": batch.manifest.to_region}
                with self._database.write() as session:
                    open_task(session, key=key, kind=TaskKind.STREAM_STOPPED, now=now, data=data)


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
