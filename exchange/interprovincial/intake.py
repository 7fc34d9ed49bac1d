"""One poll of the national gateway: fetch, judge and commit, then confirm (contracts.md C "FetchNotices").

A notice is confirmed only after the commit; whatever breaks in between, its lease ends and it comes again.
"""

import time
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import PartnerError, PartnerUntrusted
from domain.identifiers import is_case_number
from domain.inbound import InboundMessage, IntakeOutcome, IntakeResult
from domain.model import Frozen
from domain.terms import Partner
from exchange.poll_pace import pace_of
from partners.base import Now
from partners.interprovincial import Fetched, InterprovincialAdapter, Notice, Unreadable
from partners.standards import sha256_hex
from storage.base import Database
from storage.exchange.exchange_log import EMPTY, ExchangeRow, keep_body, note_exchange, note_poll, note_security_event
from storage.exchange.inbox import Inbox
from storage.exchange.inbox_row import InboxRow, InboxState, associated_data_of

log = structlog.get_logger(__name__)

_PARTNER: Final = Partner.INTERPROVINCIAL.value
_PAGE: Final = 100
_PAGES_PER_POLL: Final = 20


class PollReport(Frozen):
    """What a poll brought: notices fetched, confirmed, and refused by us.

    `fault`: code of the fault that ended it early, "" when none did.
    """

    fetched: int = 0
    confirmed: int = 0
    refused: int = 0
    fault: str = ""

    @property
    def came(self) -> bool:
        """Whether something came, so that the next poll comes soon."""
        return self.fetched > 0


class InterprovincialIntake:
    """Takes what the gateway has for us (contracts.md C "FetchNotices").

    One poll at a time: the job's only workflow sees to it (decisions.md 10).
    """

    def __init__(self, database: Database, inbox: Inbox, adapter: InterprovincialAdapter, now: Now) -> None:
        self._database = database
        self._inbox = inbox
        self._adapter = adapter
        self._now = now
        paced = adapter.settings
        self._pace = pace_of(Partner.INTERPROVINCIAL, database, paced.poll_s, paced.poll_max_s, paced.poll_quiet_s)

    def poll_if_due(self) -> PollReport:
        """`poll_once` at a pace that slows down while nothing comes; an empty report where no poll is due."""
        if not self._pace.due(self._now()):
            return PollReport()
        report = self.poll_once()
        self._pace.polled(self._now(), came=report.came)
        return report

    def poll_once(self) -> PollReport:
        """Fetch, commit and confirm page by page until nothing new comes or the wire fails; what came is kept.

        Faults of the wire are in the report; those of our database are raised, and what was not confirmed comes again.
        """
        fetched = confirmed = refused = 0
        try:
            for _ in range(_PAGES_PER_POLL):
                began = time.perf_counter()
                page = self._adapter.fetch_notices(_PAGE)
                size = len(page.notices) + len(page.unreadable)
                self._note_fetched(page, size, began)
                sids, none_of_ours = self._commit(page, began)
                fetched, refused = fetched + size, refused + none_of_ours
                if sids:
                    confirmed += self._confirm(sids)
                if not sids or size < _PAGE:
                    break
        except PartnerError as error:
            self._note_fault(error)
            return PollReport(
                fetched=fetched, confirmed=confirmed, refused=refused, fault=error.code or type(error).__name__
            )
        return PollReport(fetched=fetched, confirmed=confirmed, refused=refused)

    def _note_fault(self, error: PartnerError) -> None:
        """An outage is the breaker's business; an answer without a good seal is a security event."""
        log.warning("poll_ended_early", partner=_PARTNER, code=error.code)
        verdict = error.code or type(error).__name__
        line = ExchangeRow(
            at=self._now(), partner=_PARTNER, direction="out", kind="FetchNotices", message_id="", verdict=verdict[:32]
        )
        with self._database.write() as session:
            note_exchange(session, line)
            if isinstance(error, PartnerUntrusted):
                note_security_event(session, _PARTNER, "UNTRUSTED_ANSWER", self._now(), detail=error.code)

    def _note_fetched(self, page: Fetched, size: int, began: float) -> None:
        """The call itself; what it brought has lines of its own."""
        raw = b"\n".join([*(one.raw for one in page.notices), *(one.raw for one in page.unreadable)])
        line = ExchangeRow(
            at=self._now(),
            partner=_PARTNER,
            direction="out",
            kind="FetchNotices",
            message_id=page.number,
            sha256=sha256_hex(raw) if raw else "",
            size=len(raw),
            verdict="OK" if size else EMPTY,
            duration_ms=_ms_since(began),
        )
        with self._database.write() as session:
            note_poll(session, line, self._adapter.settings.empty_polls_kept)

    def _commit(self, page: Fetched, began: float) -> tuple[tuple[str, ...], int]:
        """One transaction for all that came; the sids that may be confirmed after it, and how many were refused."""
        if not page.notices and not page.unreadable:
            return (), 0
        now = self._now()
        # In sequence per handling, so that what came shuffled within a page is not parked for nothing.
        in_order = sorted(page.notices, key=lambda one: (one.message.handling_no, one.message.seq or 0))
        sids, refused = [], 0
        with self._database.write() as session:
            for notice in in_order:
                taking, confirm = self._take(session, notice, now, began)
                refused += taking in _REFUSALS
                if confirm:
                    sids.append(notice.message.message_id)
            for unreadable in page.unreadable:
                refused += 1
                if not _refused_before(session, unreadable.sid, unreadable.raw):
                    self._note_unreadable(session, unreadable, now, began)
                if unreadable.not_ours:
                    sids.append(unreadable.sid)
        return tuple(sids), refused

    def _take(self, session: Session, notice: Notice, now: datetime, began: float) -> tuple[IntakeOutcome, bool]:
        """Judge and log one notice; what became of it, and whether it may be confirmed.

        What is refused is recorded once, however often it comes: what can't be ours is confirmed, another content under
        a sid that is taken is not.
        """
        before = _refused_before(session, notice.message.message_id, notice.raw)
        if before is IntakeOutcome.UNKNOWN_HANDLING:
            return before, True
        if before is IntakeOutcome.CONFLICT and self._is_still_taken(session, notice):
            return before, False
        taken = self._inbox.take(session, notice.message, raw=notice.raw, now=now, refused_uses_place=True)
        if taken.outcome in (IntakeOutcome.CONFLICT, IntakeOutcome.UNKNOWN_HANDLING):
            _note_refusal(session, notice.message, taken, now)
        self._log_notice(session, notice, taken, now, began)
        return taken.outcome, taken.outcome is not IntakeOutcome.CONFLICT or taken.parked

    def _is_still_taken(self, session: Session, notice: Notice) -> bool:
        """By a message that waits no more and was not given up: the answer to other words stays as it was."""
        query = select(InboxRow).filter_by(sender=_PARTNER, message_id=notice.message.message_id)
        known = session.scalar(query)
        return known is not None and not known.given_up and known.state != InboxState.PARKED

    def _log_notice(self, session: Session, notice: Notice, taken: IntakeResult, now: datetime, began: float) -> None:
        message = notice.message
        judged = taken.outcome is IntakeOutcome.JUDGED and taken.verdict is not None
        line = _incoming(message.event_name, message.message_id, message.handling_no, notice.raw, now, began)
        line.verdict = taken.verdict.value if judged and taken.verdict else taken.outcome.value
        if taken.outcome in (IntakeOutcome.CONFLICT, IntakeOutcome.UNKNOWN_HANDLING):
            keep_body(session, self._inbox.sealer, line, notice.raw)
        else:
            line.body = associated_data_of(_PARTNER, message.message_id)
        note_exchange(session, line)

    def _note_unreadable(self, session: Session, unreadable: Unreadable, now: datetime, began: float) -> None:
        log.warning("notice_unreadable", partner=_PARTNER, reason=unreadable.reason)
        number = unreadable.handling_no or None
        code = "NOTICE_NOT_OURS" if unreadable.not_ours else "NOTICE_UNREADABLE"
        note_security_event(session, _PARTNER, code, now, handling_no=number, detail=unreadable.reason)
        line = _incoming("notice", unreadable.sid, unreadable.handling_no, unreadable.raw, now, began)
        line.verdict = _UNREADABLE
        keep_body(session, self._inbox.sealer, line, unreadable.raw)
        note_exchange(session, line)

    def _confirm(self, sids: tuple[str, ...]) -> int:
        began, now = time.perf_counter(), self._now()
        confirmed = self._adapter.confirm_notices(sids)
        with self._database.write() as session:
            note_exchange(
                session,
                ExchangeRow(
                    at=now,
                    partner=_PARTNER,
                    direction="out",
                    kind="ConfirmNotices",
                    message_id=sids[0],
                    sha256=sha256_hex("\n".join(sids).encode()),
                    size=len(sids),
                    verdict="OK" if not confirmed.unknown else "SID_UNKNOWN",
                    duration_ms=_ms_since(began),
                ),
            )
        return len(confirmed.done)


_UNREADABLE: Final = "UNREADABLE"
_REFUSALS: Final = (IntakeOutcome.CONFLICT, IntakeOutcome.UNKNOWN_HANDLING, _UNREADABLE)


def _refused_before(session: Session, sid: str, raw: bytes) -> IntakeOutcome | str | None:
    """As what these very bytes under this sid were refused when they came first; None: they were not."""
    lines = select(ExchangeRow.verdict).filter_by(partner=_PARTNER, direction="in", message_id=sid)
    found = session.scalar(
        lines.where(ExchangeRow.sha256 == sha256_hex(raw), ExchangeRow.verdict.in_(_REFUSALS)).limit(1)
    )
    return found if found is None or found == _UNREADABLE else IntakeOutcome(found)


def _note_refusal(session: Session, message: InboundMessage, taken: IntakeResult, now: datetime) -> None:
    """Exactly one security event per refusal: the inbox has noted reused ids and foreign cases itself."""
    log.warning("notice_refused", partner=_PARTNER, outcome=taken.outcome.value)
    if taken.outcome is IntakeOutcome.UNKNOWN_HANDLING and not is_case_number(message.handling_no):
        note_security_event(session, _PARTNER, "UNKNOWN_HANDLING", now, detail=message.event_name)


def _incoming(kind: str, sid: str, handling_no: str, raw: bytes, now: datetime, began: float) -> ExchangeRow:
    """The line of one notice, still without a verdict."""
    return ExchangeRow(
        at=now,
        partner=_PARTNER,
        direction="in",
        kind=kind[:32],
        message_id=sid,
        handling_no=handling_no if is_case_number(handling_no) else None,
        sha256=sha256_hex(raw),
        size=len(raw),
        duration_ms=_ms_since(began),
    )


def _ms_since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
