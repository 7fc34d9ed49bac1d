"""A Sichuan callback from its raw bytes to its answer: verified, committed to the inbox, then acknowledged.

One short transaction holds the nonce, the judgement, the inbox row and the exchange log; Temporal is not asked.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from domain.identifiers import is_case_number
from domain.inbound import InboundMessage, IntakeOutcome, IntakeResult
from domain.terms import Partner
from domain.wire import Verdict
from exchange.traffic import Traffic
from partners.callbacks import CallbackAnswer, RawCallback
from partners.sichuan import SichuanSettings
from partners.sichuan.answers import acknowledgement, problem
from partners.sichuan.codes import Code
from partners.sichuan.inbound import MAX_CALLBACK_BYTES, Authentic, Refusal, authenticate, read, signed_by_sender
from partners.standards import sha256_hex
from storage.base import Database
from storage.exchange.exchange_log import ExchangeRow, keep_body, note_exchange, note_security_event
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import associated_data_of
from storage.exchange.nonces import forget_expired_nonces, remember_nonce

log = structlog.get_logger(__name__)

_PARTNER: Final = Partner.SICHUAN.value
_RETRY_AFTER_S: Final = 2
_AT_ONCE: Final = 16
_FORGET_EVERY: Final = timedelta(minutes=1)
UNSIGNED: Final = frozenset(
    code.value for code in (Code.TOO_LARGE, Code.MEDIA_TYPE, Code.HEADER, Code.NOT_AUTHENTIC, Code.TIME_WINDOW)
)
"""What only somebody is answered whose signature does not hold, or was not looked at yet."""

_CODE_OF_TAKING: Final[dict[IntakeOutcome, Code]] = {
    IntakeOutcome.DUPLICATE: Code.OK,
    IntakeOutcome.CONFLICT: Code.OTHER_CONTENT,
    IntakeOutcome.TO_COME: Code.UNKNOWN,
    IntakeOutcome.UNKNOWN_HANDLING: Code.UNKNOWN,
}


class SichuanIntake:
    """`partners.callbacks.CallbackIntake` of Sichuan (contracts.md A "Callbacks").

    Thread-safe; `take` blocks on the database for some milliseconds.
    """

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        settings: SichuanSettings,
        now: Callable[[], datetime],
        traffic: Traffic | None = None,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._settings = settings
        self._now = now
        self._traffic = traffic
        self._memory = timedelta(seconds=max(settings.nonce_memory_s, 2 * settings.window_s))
        self._forget_at: datetime | None = None

    @property
    def max_bytes(self) -> int:
        """256 kB: a longer body is refused with CY4131."""
        return MAX_CALLBACK_BYTES

    @property
    def at_once(self) -> int:
        """How many threads may usefully be in `take`.

        SQLite has one writer: whoever queues first come, first served in front of it is quicker in the worst case
        than its busy handler, which sleeps longer the longer one waits.
        """
        return 1 if self._database.engine.dialect.name == "sqlite" else _AT_ONCE

    def take(self, raw: RawCallback) -> CallbackAnswer:
        """The answer to one callback: 200 once it is committed to the inbox, else the contract's code.

        CY4092 while another transaction takes the same message, CY4291 where too many come, CY5031 while the database
        is away. Never raises on the sender's account.
        """
        began, now = time.perf_counter(), self._now()
        checked = authenticate(raw, self._settings, now)
        if (short := self._in_short(checked, now)) is not None:
            return short
        message = checked if isinstance(checked, Refusal) else read(checked, now)
        try:
            with self._database.write() as session:
                if isinstance(checked, Refusal):
                    answer, taken = self._refused(session, checked, now), False
                    if self._traffic is not None:
                        self._traffic.forget(session, now)
                else:
                    answer, taken = self._answered(session, checked, message, now)
                line = _line(raw, checked, message, answer, now, began)
                self._note(session, raw, line, checked, taken)
        except IntegrityError:  # the same message in another transaction, which was first
            return self._in_progress(raw, checked, message, now, began)
        except DBAPIError:
            log.exception("callback_not_stored", partner=_PARTNER)
            if isinstance(checked, Refusal):
                return problem(checked.code, server_time=checked.server_time)
            return problem(Code.TRY_LATER, retry_after_s=_RETRY_AFTER_S)
        return answer

    def _in_short(self, checked: Authentic | Refusal, now: datetime) -> CallbackAnswer | None:
        """The answer where nothing is written: too many signed ones, or unsigned ones that are only counted."""
        if self._traffic is None:
            return None
        if isinstance(checked, Authentic):
            wait = self._traffic.too_fast()
            return None if wait is None else problem(Code.SLOW_DOWN, retry_after_s=wait)
        try:
            if self._traffic.note_unsigned(checked.code.value, now):
                return None
        except DBAPIError:
            log.exception("callbacks_not_counted", partner=_PARTNER)
        return problem(checked.code, server_time=checked.server_time)

    def _answered(
        self, session: Session, checked: Authentic, message: InboundMessage | Refusal, now: datetime
    ) -> tuple[CallbackAnswer, bool]:
        """The answer, and whether the inbox has the message."""
        self._forget(session, now)
        if not remember_nonce(session, _PARTNER, checked.nonce, now=now, until=now + self._memory):
            return self._refused(session, Refusal(Code.NONCE_USED, "nonce used before"), now), False
        if isinstance(message, Refusal):
            return self._refused(session, message, now), False
        taken = self._inbox.take(session, message, raw=checked.body, now=now)
        code = _code(taken)
        if code is not Code.OK:
            return self._not_taken(session, code, taken, message, now), taken.outcome is IntakeOutcome.TO_COME
        answer = acknowledgement(
            self._settings,
            now,
            nonce=checked.nonce,
            message_id=checked.message_id,
            callback=self._acknowledged(session, message, taken) or checked.body,
            received_at=taken.received_at,
            duplicate=taken.outcome is not IntakeOutcome.JUDGED,
        )
        return answer, True

    def _note(
        self, session: Session, raw: RawCallback, line: ExchangeRow, checked: Authentic | Refusal, taken: bool
    ) -> None:
        """What is authentic has its body in the inbox or beside the log; anybody's bytes are kept nowhere."""
        line.signed = signed.model_dump(mode="json") if (signed := signed_by_sender(raw, self._settings)) else None
        if taken and isinstance(checked, Authentic):
            line.body = associated_data_of(_PARTNER, checked.message_id)
        elif isinstance(checked, Authentic):
            keep_body(session, self._inbox.sealer, line, checked.body)
        note_exchange(session, line)

    def _in_progress(
        self,
        raw: RawCallback,
        checked: Authentic | Refusal,
        message: InboundMessage | Refusal,
        now: datetime,
        began: float,
    ) -> CallbackAnswer:
        answer = problem(Code.IN_PROGRESS, retry_after_s=_RETRY_AFTER_S)
        try:
            with self._database.write() as session:
                self._note(session, raw, _line(raw, checked, message, answer, now, began), checked, taken=False)
        except DBAPIError:
            log.exception("callback_not_logged", partner=_PARTNER)
        return answer

    def _acknowledged(self, session: Session, message: InboundMessage, taken: IntakeResult) -> bytes | None:
        """Other content under the id of a parked message: the answer stays that to the first content."""
        if taken.outcome is not IntakeOutcome.CONFLICT:
            return None
        return self._inbox.first_raw(session, _PARTNER, message.message_id)

    def _not_taken(
        self, session: Session, code: Code, taken: IntakeResult, message: InboundMessage, now: datetime
    ) -> CallbackAnswer:
        """Exactly one security event per refusal: the inbox has noted reused ids and foreign cases itself."""
        log.warning("callback_refused", partner=_PARTNER, code=code.value, outcome=taken.outcome.value)
        unknown_form = taken.outcome is IntakeOutcome.UNKNOWN_HANDLING and not is_case_number(message.handling_no)
        if code is Code.TRANSITION or unknown_form:
            known = message.handling_no if code is Code.TRANSITION else None
            note_security_event(session, _PARTNER, code.value, now, handling_no=known, detail=_event(message))
        return problem(code)

    def _refused(self, session: Session, refusal: Refusal, now: datetime) -> CallbackAnswer:
        log.warning("callback_refused", partner=_PARTNER, code=refusal.code.value, reason=refusal.reason)
        note_security_event(session, _PARTNER, refusal.code.value, now, detail=refusal.reason)
        return problem(refusal.code, server_time=refusal.server_time)

    def _forget(self, session: Session, now: datetime) -> None:
        if self._forget_at is None or now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY
            forget_expired_nonces(session, now)


def _code(taken: IntakeResult) -> Code:
    if taken.outcome is IntakeOutcome.JUDGED:
        return Code.TRANSITION if taken.verdict is Verdict.REFUSED else Code.OK
    if taken.outcome is IntakeOutcome.CONFLICT and taken.case_no is None:
        return Code.UNKNOWN  # whose case it is, is asked before the message's id
    if taken.outcome is IntakeOutcome.CONFLICT and taken.parked:
        return Code.OK
    return _CODE_OF_TAKING[taken.outcome]


def _event(message: InboundMessage) -> str:
    """Never a name that we do not know: it is the sender's free text."""
    return message.event.value if message.event else "UNKNOWN_EVENT"


def _line(
    raw: RawCallback,
    checked: Authentic | Refusal,
    message: InboundMessage | Refusal,
    answer: CallbackAnswer,
    now: datetime,
    began: float,
) -> ExchangeRow:
    """Ids and a digest only; of a message that is not authentic not even its ids are believed."""
    known = message if isinstance(message, InboundMessage) else None
    return ExchangeRow(
        at=now,
        partner=_PARTNER,
        direction="in",
        kind=_event(known) if known else "callback",
        message_id=checked.message_id if isinstance(checked, Authentic) else "",
        handling_no=known.handling_no if known and is_case_number(known.handling_no) else None,
        sha256=sha256_hex(raw.body) if raw.body is not None else "",
        size=len(raw.body or b""),
        verdict=answer.code,
        duration_ms=round((time.perf_counter() - began) * 1000),
    )
