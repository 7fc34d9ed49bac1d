"""One poll of the Southwest hub: fetch, verify, one transaction for rows and cursor, then the receipt (contracts.md B).

Whatever breaks in between, the next poll goes on from what is committed: a receipt that was not sent is sent then, a
batch that comes again is receipted as before.
"""

import json
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from domain.errors import AnswerLost, PartnerError, PartnerRefused
from domain.model import Frozen
from domain.tasks import TaskKind
from domain.terms import Partner
from exchange.poll_pace import pace_of
from exchange.southwest.batches import BatchTaker, decided_batches, holds_batches
from exchange.southwest.log_lines import SOURCE, log_fault, log_poll, log_whole
from exchange.southwest.parked_rows import parks_rows, renew_receipts
from exchange.southwest.receipts import note_receipt, unreceipted_key, unreported
from exchange.southwest.streams import SouthwestStreams
from partners.base import Now
from partners.southwest import CommandVerdict, SouthwestAdapter
from partners.southwest.client import LIST_BATCHES, LIST_RECEIPTS, ListedBatch
from partners.southwest.codes import BATCH_REFUSALS, INNER_OK, REQUEST_FAULTS, SAID_UNREAD, Code, fault_of
from partners.southwest.inbound import examine
from partners.southwest.receipts import read_receipt
from partners.southwest.signing import Signer, Verifier
from storage.base import Database
from storage.exchange.exchange_log import note_security_event
from storage.exchange.inbox import Inbox
from storage.exchange.southwest import SouthwestBatchIn, SouthwestRowOut, cursor, move_cursor
from storage.sealing import Sealer
from storage.tasks.rows import open_task

_BATCHES, _RECEIPTS = "batches", "receipts"
_PAGE = 50
_PAGES_PER_POLL = 20
_RESEND_AFTER = timedelta(hours=24)
_ALERT_AFTER = timedelta(hours=72)
_TRIES = 5
_UNREADABLE = frozenset({"UNREADABLE", "TOO_LARGE", "ENCODING"})


class PollReport(Frozen):
    """What a poll brought: batches, rows looked at, receipts, and verdicts on commands of ours.

    `verdicts` come again with every poll until `mark_reported` is called with their keys. `fault`: code of the fault
    that ended the poll early ("" when none did); the next poll goes on from there.
    """

    batches: int = 0
    rows: int = 0
    receipts: int = 0
    verdicts: tuple[CommandVerdict, ...] = ()
    fault: str = ""

    @property
    def came(self) -> bool:
        """Whether something came, so that the next poll comes soon."""
        return bool(self.batches or self.receipts)


class SouthwestIntake:
    """Takes what the hub has for us, and sends what waits for it.

    One poll at a time: the job's only workflow sees to it (decisions.md 10).
    """

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
        self._adapter = adapter
        self._streams = streams
        self._now = now
        self._signer = Signer(adapter.settings)
        self._verifier = Verifier(adapter.settings)
        self._batches = BatchTaker(sealer, inbox, self._signer)
        self._unreadable: Counter[str] = Counter()
        paced = adapter.settings
        self._pace = pace_of(Partner.SOUTHWEST, database, paced.poll_s, paced.poll_max_s, paced.poll_quiet_s)

    def poll_once(self) -> PollReport:
        """Everything that is due with the hub, up to the first fault of the wire; what came before it is kept.

        In this order: renewed receipts, released batches, batches, receipts of theirs, batches to be sent again,
        waiting rows.
        """
        batches = rows = receipts = 0
        fault, began = "", time.perf_counter()
        self._alert()
        try:
            self._renew_receipts()
            rows = self._release_decided()
            self._send_receipts()
            batches, taken = self._take_batches()
            rows += taken
            receipts = self._take_receipts()
            self._resend()
            for province in self._streams.waiting_provinces():
                self._adapter.flush(province)
        except PartnerError as error:
            fault = error.code or type(error).__name__
            with self._database.write() as session:
                log_fault(session, fault, self._now(), began)
        with self._database.read() as session:
            verdicts = tuple(unreported(session))
        return PollReport(batches=batches, rows=rows, receipts=receipts, verdicts=verdicts, fault=fault)

    def poll_if_due(self) -> PollReport:
        """`poll_once` at a pace that slows down while nothing comes and nothing of ours waits for its receipt."""
        if not self._pace.due(self._now()):
            return PollReport()
        report = self.poll_once()
        self._pace.polled(self._now(), came=report.came or self._streams.waits_for_receipts())
        return report

    def mark_reported(self, keys: list[str]) -> None:
        """Note that the verdicts on these commands (by key) have reached whoever acts on them."""
        with self._database.write() as session:
            for row in session.scalars(select(SouthwestRowOut).where(SouthwestRowOut.key.in_(keys))):
                row.reported = True

    def release(self, batch_id: int) -> int:
        """Take a batch that was refused as too old and that a person releases; returns how many rows were looked at.

        `batch_id`: of its record. Its new receipt goes with the next poll.

        Raises:
            PartnerRefused: NOT_HELD, nothing is held under this id.
        """
        began = time.perf_counter()
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
            _, rows = self._batches.commit(session, examined, answer, now, began)
            session.get_one(SouthwestBatchIn, batch_id).held = None
        return rows

    def _renew_receipts(self) -> None:
        with self._database.read() as session:
            if not parks_rows(session):  # the rule: then nothing is written and no lock is asked for
                return
        with self._database.write() as session:
            renew_receipts(session, self._signer, self._now())

    def _release_decided(self) -> int:
        """Old batches on which a person has decided by resolving the task."""
        with self._database.read() as session:
            if not holds_batches(session):
                return 0
        with self._database.write() as session:
            released = decided_batches(session)
        return sum(self.release(batch_id) for batch_id in released)

    # -- batches ----------------------------------------------------------------------------------

    def _take_batches(self) -> tuple[int, int]:
        batches = rows = 0
        for _ in range(_PAGES_PER_POLL):
            with self._database.read() as session:
                after = cursor(session, _BATCHES)
            began = time.perf_counter()
            listed = self._adapter.hub.list_batches(after, _PAGE)
            self._log_page(LIST_BATCHES, after, [line.model_dump() for line in listed], began)
            for line in listed:
                rows += self._take_batch(line)
                batches += 1
                self._send_receipts()
            if len(listed) < _PAGE:
                break
        return batches, rows

    def _log_page(self, operation: str, after: str, listed: list[Any], began: float) -> None:
        keep = self._adapter.settings.empty_polls_kept
        with self._database.write() as session:
            log_poll(session, operation, after, listed, self._now(), began, keep)

    def _take_batch(self, line: ListedBatch) -> int:
        """Fetch, check and commit one batch together with the cursor; the number of rows that were looked at."""
        began = time.perf_counter()
        answer = self._download(line.cd_batch)
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
            _, rows = self._batches.commit(session, examined, answer, now, began)
            move_cursor(session, _BATCHES, line.cursor)
        return rows

    def _download(self, cd_batch: str) -> dict[str, Any]:
        """The hub's answer. One that can never be read would stop every stream: the fifth time it is malformed."""
        try:
            answer = self._adapter.hub.download(cd_batch)
        except AnswerLost as fault:
            self._unreadable[cd_batch] += fault.code in _UNREADABLE
            if self._unreadable[cd_batch] < _TRIES:
                raise
            answer = {"code": INNER_OK}
        del self._unreadable[cd_batch]
        return answer

    def _send_receipts(self) -> None:
        """Everything receipted and not yet with the hub, oldest first. Raises PartnerError."""
        with self._database.read() as session:
            unsent = select(SouthwestBatchIn).filter_by(receipt_sent=False).order_by(SouthwestBatchIn.id)
            waiting = [(row.id, row.receipt) for row in session.scalars(unsent)]
        for batch_id, receipt in waiting:
            began = time.perf_counter()
            refused = self._send_receipt(receipt)
            with self._database.write() as session:
                if refused:
                    note_security_event(session, SOURCE, "RECEIPT_REFUSED", self._now(), detail=refused)
                code, body = refused or receipt["code"], f"receipt/{receipt['cd_batch']}"
                log_whole(
                    session, "out", "receipt", receipt["cd_batch"], receipt, code, self._now(), began=began, body=body
                )
                row = session.get_one(SouthwestBatchIn, batch_id, with_for_update=True)
                row.receipt_sent = row.receipt == receipt  # a newer one may have been written meanwhile

    def _send_receipt(self, receipt: dict[str, Any]) -> str:
        """Code of a hub that will never take this receipt, "" when it has. Raises PartnerError for all that passes."""
        try:
            self._adapter.hub.send_receipt(receipt)
        except PartnerRefused as refused:
            if refused.code in REQUEST_FAULTS or refused.code.startswith("HTTP_"):
                raise
            return refused.code
        return ""

    # -- receipts for what we have sent ------------------------------------------------------------

    def _take_receipts(self) -> int:
        taken = 0
        for _ in range(_PAGES_PER_POLL):
            with self._database.read() as session:
                after = cursor(session, _RECEIPTS)
            began = time.perf_counter()
            listed = self._adapter.hub.list_receipts(after, _PAGE)
            self._log_page(LIST_RECEIPTS, after, listed, began)
            if not listed:  # the rule: then no lock is asked for
                break
            now = self._now()
            read = [(content["cursor"], read_receipt(content, self._verifier, now)) for content in listed]
            with self._database.write() as session:
                for position, receipt in read:
                    if receipt is None:
                        note_security_event(session, SOURCE, "RECEIPT_UNTRUSTED", now)
                    else:
                        note_receipt(session, receipt, now, began)
                    move_cursor(session, _RECEIPTS, position)
            taken += len(read)
            if len(listed) < _PAGE:
                break
        return taken

    def _resend(self) -> None:
        """No receipt after 24 h, or asked for: the same batch byte for byte."""
        now = self._now()
        for batch in self._streams.overdue(now - _RESEND_AFTER):
            began = time.perf_counter()
            code = self._adapter.resend(batch)
            if code in BATCH_REFUSALS - SAID_UNREAD:
                self._streams.refused(batch, code, now, began)
            else:
                self._streams.resent(batch, now, began)

    def _alert(self) -> None:
        """No receipt after 72 h: a person gets the task STREAM_STOPPED, also while the hub is away."""
        now = self._now()
        for cd_batch, province in self._streams.unreceipted(now - _ALERT_AFTER):
            with self._database.write() as session:
                open_task(
                    session,
                    key=unreceipted_key(cd_batch),
                    kind=TaskKind.STREAM_STOPPED,
                    now=now,
                    data={"province": province, "batch": cd_batch, "direction": "out"},
                    matter=f"{SOURCE}/out/{province}",
                )
