"""A Sichuan callback from its raw bytes to its answer: verified, committed to the inbox, then acknowledged.

One short transaction holds the nonce, the judgement, the inbox row and the exchange log; Temporal is not asked. What
comes at the same time goes into the same transaction.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

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
from storage.exchange.inbox_ahead import Awaited, look_ahead
from storage.exchange.inbox_row import associated_data_of
from storage.exchange.nonces import forget_expired_nonces, remember_nonce, remember_nonces
from storage.group_write import GroupWrite

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


class _Came(NamedTuple):
    """A callback, what was found of it before the database was asked, and when it came; `began`: on `perf_counter`."""

    raw: RawCallback
    checked: Authentic | Refusal
    message: InboundMessage | Refusal
    now: datetime
    began: float


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
        self._writer = GroupWrite(self._take_together, self._take_alone, "sichuan")

    @property
    def max_bytes(self) -> int:
        """256 kB: a longer body is refused with CY4131."""
        return MAX_CALLBACK_BYTES

    @property
    def at_once(self) -> int:
        """How many threads may usefully be in `take`: what they bring at the same time is written together."""
        return _AT_ONCE

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
        return self._writer.add(_Came(raw, checked, message, now, began))

    def _take_together(self, some: Sequence[_Came]) -> list[CallbackAnswer | None]:
        """Those that are simply new, each about another handling; None for others, which take longer to be judged."""
        clear = _apart(some)
        with self._database.write_together() as session:
            ahead = look_ahead(session, [message for _, message in clear.values()])
            now = self._now()
            nonces = {checked.nonce: said.message_id for checked, said in clear.values() if said.message_id in ahead}
            if nonces:
                self._forget(session, now)
            fresh = remember_nonces(session, _PARTNER, list(nonces), until=now + self._memory)
            going = {nonces[nonce] for nonce in fresh}
            return [self._new(session, came, ahead, clear, going) for came in some]

    def _new(
        self,
        session: Session,
        came: _Came,
        ahead: Mapping[str, Awaited],
        clear: Mapping[str, tuple[Authentic, InboundMessage]],
        going: Collection[str],
    ) -> CallbackAnswer | None:
        said, checked = came.message, came.checked
        if isinstance(said, Refusal) or isinstance(checked, Refusal) or said.message_id not in going:
            return None
        if clear[said.handling_no][0] is not checked:
            return None  # another one of the same
        about = ahead[said.message_id]
        result = self._inbox.take_new(session, about, said, raw=checked.body, now=came.now)
        answer, taken = self._told(session, checked, said, result, came.now)
        self._note(session, came, answer, taken)
        return answer

    def _take_alone(self, came: _Came) -> CallbackAnswer:
        checked, now = came.checked, came.now
        try:
            with self._database.write() as session:
                if isinstance(checked, Refusal):
                    answer, taken = self._refused(session, checked, now), False
                    if self._traffic is not None:
                        self._traffic.forget(session, now)
                else:
                    answer, taken = self._answered(session, checked, came.message, now)
                self._note(session, came, answer, taken)
        except IntegrityError:  # the same message in another transaction, which was first
            return self._in_progress(came)
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
        return self._told(session, checked, message, taken, now)

    def _told(
        self, session: Session, checked: Authentic, message: InboundMessage, taken: IntakeResult, now: datetime
    ) -> tuple[CallbackAnswer, bool]:
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

    def _note(self, session: Session, came: _Came, answer: CallbackAnswer, taken: bool) -> None:
        """What is authentic has its body in the inbox or beside the log; anybody's bytes are kept nowhere."""
        line, checked = _line(came, answer), came.checked
        signed = signed_by_sender(came.raw, self._settings)
        line.signed = signed.model_dump(mode="json") if signed else None
        if taken and isinstance(checked, Authentic):
            line.body = associated_data_of(_PARTNER, checked.message_id)
        elif isinstance(checked, Authentic):
            keep_body(session, self._inbox.sealer, line, checked.body)
        note_exchange(session, line)

    def _in_progress(self, came: _Came) -> CallbackAnswer:
        answer = problem(Code.IN_PROGRESS, retry_after_s=_RETRY_AFTER_S)
        try:
            with self._database.write() as session:
                self._note(session, came, answer, taken=False)
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


def _apart(some: Sequence[_Came]) -> dict[str, tuple[Authentic, InboundMessage]]:
    """Handling → what is said of it, where it is authentic and readable; no message id or nonce twice."""
    found: dict[str, tuple[Authentic, InboundMessage]] = {}
    used = set[str]()
    for came in some:
        if not (isinstance(came.checked, Authentic) and isinstance(came.message, InboundMessage)):
            continue
        own = {f"id {came.message.message_id}", f"nonce {came.checked.nonce}"}
        if came.message.handling_no not in found and used.isdisjoint(own):
            found[came.message.handling_no] = came.checked, came.message
            used |= own
    return found


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


def _line(came: _Came, answer: CallbackAnswer) -> ExchangeRow:
    """Ids and a digest only; of a message that is not authentic not even its ids are believed."""
    known = came.message if isinstance(came.message, InboundMessage) else None
    body = came.raw.body
    return ExchangeRow(
        at=came.now,
        partner=_PARTNER,
        direction="in",
        kind=_event(known) if known else "callback",
        message_id=came.checked.message_id if isinstance(came.checked, Authentic) else "",
        handling_no=known.handling_no if known and is_case_number(known.handling_no) else None,
        sha256=sha256_hex(body) if body is not None else "",
        size=len(body or b""),
        verdict=answer.code,
        duration_ms=round((time.perf_counter() - came.began) * 1000),
    )
