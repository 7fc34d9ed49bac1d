"""One poll of the national gateway: fetch, judge and commit, then confirm (contracts.md C "FetchNotices").

A notice is confirmed only after the commit; whatever breaks in between, its lease ends and it comes again.
"""

import time
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.orm import Session

from domain.errors import PartnerError, PartnerUntrusted
from domain.identifiers import is_case_number
from domain.inbound import InboundMessage, Taken, Taking
from domain.model import Frozen
from domain.terms import Partner
from partners.base import Now
from partners.interprovincial import Fetched, InterprovincialAdapter, Notice, Unreadable
from partners.pace import PollPace
from partners.standards import sha256_hex
from storage.base import Database
from storage.exchange import EMPTY, ExchangeRow, keep_body, note_exchange, note_poll, note_security_event
from storage.inbox import Inbox
from storage.inbox_row import place_of

log = structlog.get_logger(__name__)

_PARTNER: Final = Partner.INTERPROVINCIAL.value
_PAGE: Final = 100
_PAGES_PER_POLL: Final = 20


class PollReport(Frozen):
    """What a poll brought. `fault`: code of the fault that ended it early ("" when none did)."""

    fetched: int = 0
    confirmed: int = 0
    refused: int = 0
    fault: str = ""

    @property
    def came(self) -> bool:
        """Whether polling stays frequent."""
        return self.fetched > 0


class InterprovincialIntake:
    """Takes what the gateway has for us. One poll at a time (Temporal Schedule, overlap skip)."""

    def __init__(self, database: Database, inbox: Inbox, adapter: InterprovincialAdapter, now: Now) -> None:
        self._database = database
        self._inbox = inbox
        self._adapter = adapter
        self._now = now
        self._pace = PollPace(adapter.settings.poll_s, adapter.settings.poll_max_s)

    def poll_if_due(self) -> PollReport:
        """`poll_once` at a pace that slows down while nothing comes."""
        if not self._pace.due(self._now()):
            return PollReport()
        report = self.poll_once()
        self._pace.polled(self._now(), came=report.came)
        return report

    def poll_once(self) -> PollReport:
        """Page by page until nothing new comes or the wire fails; what came before it is kept."""
        fetched = confirmed = refused = 0
        try:
            for _ in range(_PAGES_PER_POLL):
                began = time.perf_counter()
                page = self._adapter.fetch_notices(_PAGE)
                size = len(page.notices) + len(page.unreadable)
                self._note_fetched(page, size, began)
                sids = self._commit(page, began)
                fetched, refused = fetched + size, refused + size - len(sids)
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

    def _commit(self, page: Fetched, began: float) -> tuple[str, ...]:
        """One transaction for all that came; the sids that may be confirmed after it."""
        if not page.notices and not page.unreadable:
            return ()
        now = self._now()
        # In sequence per handling, so that what came shuffled within a page is not parked for nothing.
        in_order = sorted(page.notices, key=lambda one: (one.message.handling_no, one.message.seq or 0))
        sids = []
        with self._database.write() as session:
            for notice in in_order:
                taken = self._inbox.take(session, notice.message, raw=notice.raw, now=now, refused_uses_place=True)
                if _is_taken(taken):
                    sids.append(notice.message.message_id)
                else:
                    _note_refusal(session, notice.message, taken, now)
                self._log_notice(session, notice, taken, now, began)
            for unreadable in page.unreadable:
                self._note_unreadable(session, unreadable, now, began)
        return tuple(sids)

    def _log_notice(self, session: Session, notice: Notice, taken: Taken, now: datetime, began: float) -> None:
        message = notice.message
        judged = taken.taking is Taking.JUDGED and taken.verdict is not None
        line = _incoming(message.event_name, message.message_id, message.handling_no, notice.raw, now, began)
        line.verdict = taken.verdict.value if judged and taken.verdict else taken.taking.value
        if taken.taking in (Taking.CONFLICT, Taking.UNKNOWN_HANDLING):
            keep_body(session, self._inbox.sealer, line, notice.raw)
        else:
            line.body = place_of(_PARTNER, message.message_id)
        note_exchange(session, line)

    def _note_unreadable(self, session: Session, unreadable: Unreadable, now: datetime, began: float) -> None:
        log.warning("notice_unreadable", partner=_PARTNER, reason=unreadable.reason)
        number = unreadable.handling_no or None
        note_security_event(session, _PARTNER, "NOTICE_UNREADABLE", now, handling_no=number, detail=unreadable.reason)
        line = _incoming("notice", unreadable.sid, unreadable.handling_no, unreadable.raw, now, began)
        line.verdict = "UNREADABLE"
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


def _is_taken(taken: Taken) -> bool:
    """Parked ones are confirmed too; of a reused sid the answer to the first content stays."""
    if taken.taking is Taking.CONFLICT:
        return taken.parked
    return taken.taking is not Taking.UNKNOWN_HANDLING


def _note_refusal(session: Session, message: InboundMessage, taken: Taken, now: datetime) -> None:
    """Exactly one security event per refusal: the inbox has noted reused ids and foreign cases itself."""
    log.warning("notice_refused", partner=_PARTNER, taking=taken.taking.value)
    if taken.taking is Taking.UNKNOWN_HANDLING and not is_case_number(message.handling_no):
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
