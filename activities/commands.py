"""Saying something to an authority: rendered once, stored sealed, then sent (contracts.md "Common rules")."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.failure_interceptor import tried_again
from activities.heartbeat import heartbeat
from activities.records import Records
from activities.rendering import command_for
from domain.errors import AnswerLost, PartnerError, PartnerRefused, PartnerResting, PartnerUnavailable
from domain.inbound import InboundMessage
from domain.matters import End
from domain.messages import CommandOrder, CommandOutcome, CommandResult, Deadline, FileOrder
from domain.outbound import Command, HandlingRef, NoticeSent, Receipt, Rendered, Submission, Supplement
from domain.recording import PassedOn, PassingOn
from domain.tasks import TaskKind
from domain.terms import DECISIONS, CommandKind, Partner, WireEvent
from domain.wire import after_submit, after_supplement, may_withdraw
from partners.base import PartnerAdapter
from partners.signed_text import SignedText, listening
from storage.base import Database
from storage.cases.rows import CaseRow, HandlingRow, lock_handling
from storage.documents.store import DocumentRow, Documents
from storage.documents.uploads import bind
from storage.exchange.exchange_log import ExchangeRow, note_exchange
from storage.exchange.inbox import Inbox
from storage.exchange.outbox import CommandRow, CommandState, command_place, store_rendered, stored_command
from storage.exchange.sent_files import files_not_sent, note_file_sent
from storage.sealing import Sealer
from storage.tasks.rows import settle_task


class _Outgoing(NamedTuple):
    """What is sent. `refused`: the network has said no to it before."""

    rendered: Rendered
    command: Command
    refused: bool


class _Attempt(NamedTuple):
    """One attempt to say it. `started`: on `time.monotonic`; `signed`: what was signed for it, the last one last."""

    order: CommandOrder
    rendered: Rendered
    started: float
    signed: list[SignedText]


def _nothing_more(_session: Session) -> None:
    """What most commands write besides."""


class Commands:
    """The activities that speak to authorities; one attempt a call, Temporal tries again.

    `adapters`: every network that this worker speaks to, each behind its breaker. `records`: writes steps of cases.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        documents: Documents,
        inbox: Inbox,
        adapters: Mapping[Partner, PartnerAdapter],
        records: Records,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._documents = documents
        self._inbox = inbox
        self._adapters = adapters
        self._records = records
        self._now = now

    @activity.defn(no_thread_cancel_exception=True)
    def send_command(self, order: CommandOrder) -> CommandResult:
        """Render and store the command if it is new, send its files and then itself, and record what came of it.

        Idempotent under `order.key`: what was stored is sent byte for byte. Returns TAKEN, REFUSED (with the partner's
        code) when the partner says no for good, OVERTAKEN when its decision came first.

        Raises:
            ApplicationError: benign, for everything that may pass; meanwhile the handling shows 等待对方系统.
        """
        return self._say(order, _nothing_more)

    @activity.defn(no_thread_cancel_exception=True)
    def pass_on(self, passing: PassingOn) -> PassedOn:
        """`send_command` of a submission; where it is taken, the step is written in the same transaction (转递).

        Idempotent under the key of the command and of the step. Raises as `send_command`.
        """
        deadlines: tuple[Deadline, ...] = ()

        def write_step(session: Session) -> None:
            nonlocal deadlines
            deadlines = self._records.write_now(session, passing.step)

        result = self._say(passing.order, write_step)
        return PassedOn(result=result, deadlines=deadlines)

    def _say(self, order: CommandOrder, taken: Callable[[Session], None]) -> CommandResult:
        """`taken`: what is written besides, in the transaction that notes that the command was taken."""
        if order.partner is None:
            return self._hand_to_officer(order, taken)
        adapter = self._adapters.get(order.partner)
        if adapter is None:
            self._wait(order)
            raise tried_again(_not_connected(order.partner))
        outgoing = self._outgoing(order, adapter)
        if outgoing is None:
            return CommandResult(outcome=CommandOutcome.OVERTAKEN)
        attempt = _Attempt(order, outgoing.rendered, monotonic(), [])
        try:
            with heartbeat(), listening(attempt.signed):
                self._send_files(order, adapter, outgoing)
                receipt = adapter.send(attempt.rendered)
        except PartnerRefused as refusal:
            self._note(attempt, refusal.code or "REFUSED", CommandState.REFUSED)
            return CommandResult(outcome=CommandOutcome.REFUSED, code=refusal.code)
        except PartnerResting as rest:
            self._wait(order)
            raise tried_again(rest) from rest
        except PartnerError as failure:
            attempts = self._note(attempt, failure.code or type(failure).__name__, None)
            if not (isinstance(failure, AnswerLost) and attempts > 1 and self._has_it(order, adapter)):
                raise tried_again(failure) from failure
            receipt = Receipt(received_at=self._now(), duplicate=True)
        verdict = "DUPLICATE" if receipt.duplicate else "OK"
        self._note(attempt, verdict, CommandState.SENT, receipt, taken)
        return CommandResult(outcome=CommandOutcome.TAKEN)

    @activity.defn(no_thread_cancel_exception=True)
    def fetch_file(self, order: FileOrder) -> None:
        """Fetch a file by its SHA-256 and keep it; nothing where it is here already.

        Raises:
            ApplicationError: benign, while the authority does not serve it.
        """
        known = select(DocumentRow.sha256).filter_by(sha256=order.sha256).exists()
        whose = select(HandlingRow, CaseRow.item_code, known).join(CaseRow, CaseRow.case_no == HandlingRow.case_no)
        whose = whose.where(HandlingRow.handling_no == order.handling_no)
        with self._database.read() as session:
            handling, item_code, here = session.execute(whose).one()
        if here:
            with self._database.write() as session:
                bind(session, handling.case_no, [order.sha256], self._now())
                self._settle_missing(session, order)
            return
        ref = HandlingRef(
            handling_no=handling.handling_no,
            region=handling.region,
            item_code=item_code,
            partner_no=handling.partner_no,
        )
        adapter = self._adapters.get(order.partner)
        if adapter is None:
            raise tried_again(_not_connected(order.partner))
        try:
            with heartbeat():
                data = adapter.get_file(ref, order.sha256)
        except PartnerError as failure:
            raise tried_again(failure) from failure
        file = self._documents.admit(data, order.sha256)
        with self._database.write() as session:
            self._documents.put(session, file, self._now())
            bind(session, handling.case_no, [order.sha256], self._now())
            self._settle_missing(session, order)

    def _settle_missing(self, session: Session, order: FileOrder) -> None:
        missed = f"{order.handling_no}/{TaskKind.FILE_MISSING}/{order.sha256}"
        settle_task(session, missed, self._now(), End.FILE_CAME)

    def _outgoing(self, order: CommandOrder, adapter: PartnerAdapter) -> _Outgoing | None:
        """The stored words, or new ones stored now together with what they do to the wire's progress."""
        with self._database.write() as session:
            handling = lock_handling(session, order.handling_no)
            row = session.get(CommandRow, order.key)
            if handling is None or _overtaken(handling, order):
                return None
            if row is None and not _still_wanted(handling, order):
                return None
            command = command_for(session, self._sealer, handling, order)
            if row is not None:
                refused = row.state == CommandState.REFUSED
                return _Outgoing(stored_command(row, self._sealer), command, refused)
            rendered = adapter.render(command)
            store_rendered(session, self._sealer, rendered, self._now())
            self._move_progress(session, handling, order)
            return _Outgoing(rendered, command, refused=False)

    def _move_progress(self, session: Session, handling: HandlingRow, order: CommandOrder) -> None:
        """From now on the authority may answer, even before our call returns."""
        handling.changed_at = self._now()
        if order.kind is CommandKind.SUBMIT:
            handling.progress = after_submit(handling.progress)
            self._inbox.adopt_for(session, handling, self._now())
        elif order.kind is CommandKind.SUPPLEMENT:
            handling.progress = after_supplement(handling.progress, order.round)
        elif order.kind is CommandKind.WITHDRAW:
            handling.withdrawal_asked = True

    def _hand_to_officer(self, order: CommandOrder, taken: Callable[[Session], None]) -> CommandResult:
        """In-city: the officer's queue reads our own tables (decisions.md 7)."""
        with self._database.write() as session:
            handling = lock_handling(session, order.handling_no)
            if handling is None or _overtaken(handling, order) or not _still_wanted(handling, order):
                return CommandResult(outcome=CommandOutcome.OVERTAKEN)
            self._move_progress(session, handling, order)
            taken(session)
        return CommandResult(outcome=CommandOutcome.TAKEN)

    def _send_files(self, order: CommandOrder, adapter: PartnerAdapter, outgoing: _Outgoing) -> None:
        """Files go before the command that names them, each once; sending one again is harmless."""
        files = list(dict.fromkeys(_files_of(outgoing.command)))
        # A person sends again what was refused: perhaps because the partner has lost a file.
        if files and not outgoing.refused:
            with self._database.read() as session:
                files = files_not_sent(session, adapter.partner, order.handling_no, files)
        for sha256 in files:
            data = self._documents.read(sha256)
            adapter.put_file(outgoing.command.handling, sha256, data)
            with self._database.write() as session:
                note_file_sent(session, adapter.partner, order.handling_no, sha256, self._now())

    def _note(
        self,
        attempt: _Attempt,
        verdict: str,
        state: CommandState | None,
        receipt: Receipt | None = None,
        taken: Callable[[Session], None] = _nothing_more,
    ) -> int:
        """One attempt, in the command's row and in the exchange log; returns how many there were."""
        now, order, rendered = self._now(), attempt.order, attempt.rendered
        with self._database.write() as session:
            row = session.get_one(CommandRow, order.key)
            row.attempts += 1
            row.error = None if state is CommandState.SENT else verdict
            if state is not None and row.state != CommandState.CONFIRMED:  # B's receipt may have been faster
                row.state, row.sent_at = state, now
            handling = session.get_one(HandlingRow, order.handling_no)
            if state is None:
                handling.waiting_since = handling.waiting_since or now
            else:
                handling.waiting_since = None
            if receipt is not None and receipt.partner_no:
                handling.partner_no = receipt.partner_no
            note_exchange(
                session,
                ExchangeRow(
                    at=now,
                    partner=rendered.partner,
                    direction="out",
                    kind=order.notice or order.kind,
                    message_id=order.key,
                    handling_no=order.handling_no,
                    sha256=hashlib.sha256(rendered.content).hexdigest(),
                    size=len(rendered.content),
                    verdict=verdict,
                    duration_ms=round(1000 * (monotonic() - attempt.started)),
                    body=command_place(order.key),
                    signed=attempt.signed[-1].model_dump(mode="json") if attempt.signed else None,
                ),
            )
            taken(session)
            return row.attempts

    def _wait(self, order: CommandOrder) -> None:
        """The network is left in peace: no attempt was made, but the handling shows 等待对方系统."""
        with self._database.write() as session:
            handling = session.get_one(HandlingRow, order.handling_no)
            handling.waiting_since = handling.waiting_since or self._now()

    def _has_it(self, order: CommandOrder, adapter: PartnerAdapter) -> bool:
        """The command was repeated and its answer lost again: what does the authority's status say?"""
        with self._database.read() as session:
            handling = session.get_one(HandlingRow, order.handling_no)
        ref = HandlingRef(handling_no=handling.handling_no, region=handling.region, partner_no=handling.partner_no)
        try:
            status = adapter.query(ref)
        except PartnerError:
            return False
        return status is not None and _shows(status, order)


def _shows(status: InboundMessage, order: CommandOrder) -> bool:
    """Whether this status can only follow the command."""
    match order.kind:
        case CommandKind.SUBMIT:
            return True
        case CommandKind.SUPPLEMENT:
            return not (status.event is WireEvent.NEED_SUPPLEMENT and status.payload.round == order.round)
        case CommandKind.WITHDRAW:
            return status.event in DECISIONS
        case _:
            return False


def _overtaken(handling: HandlingRow, order: CommandOrder) -> bool:
    """The authority's decision wins over what is on its way, also between two attempts (decisions.md 9)."""
    on_its_way = order.kind in (CommandKind.WITHDRAW, CommandKind.SUPPLEMENT)
    return on_its_way and handling.progress.decision is not None


def _still_wanted(handling: HandlingRow, order: CommandOrder) -> bool:
    """A withdrawal is asked for once only."""
    return order.kind is not CommandKind.WITHDRAW or may_withdraw(handling.progress)


def _files_of(command: Command) -> list[str]:
    body = command.body
    if isinstance(body, Submission | Supplement):
        return [m.sha256 for m in body.materials if m.sha256 is not None]
    if isinstance(body, NoticeSent) and body.proof_sha256 is not None:
        return [body.proof_sha256]
    return []


def _not_connected(partner: Partner) -> PartnerUnavailable:
    """The network's adapter is not part of this installation: its handlings wait until it is."""
    return PartnerUnavailable(f"没有接入 {partner}", code="NOT_CONNECTED")
