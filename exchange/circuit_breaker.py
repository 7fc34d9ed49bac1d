"""A partner network behind its breaker: left in peace while it is away, every call written into the exchange log.

Everything that we call of a network by ourselves goes through here: commands, files, queries. Polls have their own
pace (`partners.pace`).
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from domain.errors import AnswerLost, PartnerError, PartnerRefused, PartnerResting, PartnerUnavailable, PartnerUntrusted
from domain.inbound import InboundMessage
from domain.outbound import Command, HandlingRef, Receipt, Rendered
from domain.terms import Partner
from partners.base import Now, PartnerAdapter
from partners.signed_text import SignedText, listening
from partners.standards import sha256_hex
from storage.base import Database
from storage.documents.store import document_place
from storage.exchange.breakers import breaker_of, claim_probe, note_answer, note_failure
from storage.exchange.exchange_log import ExchangeRow, keep_body, note_exchange, note_security_event
from storage.sealing import Sealer

log = structlog.get_logger(__name__)
T = TypeVar("T")

OPENS_AFTER: Final = 5  # failures in a row
PROBE_EVERY: Final = timedelta(seconds=60)
_LEAST_PROBE: Final = timedelta(seconds=1)
_SPREAD: Final = 0.2


def probe_interval(time_scale: float) -> timedelta:
    """Pause of an open breaker between probes: 60 s by the time scale, never under 1 s (reliability.md F8)."""
    return max(_LEAST_PROBE, PROBE_EVERY / time_scale)


class Breaker:
    """The circuit breaker (熔断) of one network. Its state is the database's: all processes see the same."""

    def __init__(self, database: Database, partner: Partner, now: Now, probe_every: timedelta = PROBE_EVERY) -> None:
        self._database = database
        self._partner = partner
        self._now = now
        self._probe_every = probe_every

    def admit(self) -> bool:
        """Return if a call may go: closed, or this caller has claimed the probe that is due.

        True: failures are remembered, which an answer ends (`answered`).

        Raises:
            PartnerResting: it is open; `retry_after_s` says when to come again.
        """
        now = self._now()
        with self._database.read() as session:
            standing = breaker_of(session, self._partner)
        if standing.probe_at is None:
            return standing.failures > 0
        if standing.probe_at <= now:
            with self._database.write() as session:
                if claim_probe(session, self._partner, now, self._probe_every):
                    return True
        wait = max(standing.probe_at - now, timedelta(0)) or self._probe_every
        # Spread, so that not the same command is the probe each time, nor all come at once.
        wait_s = wait.total_seconds() + random.uniform(0, _SPREAD) * self._probe_every.total_seconds()
        raise PartnerResting("对方系统暂时不可用，稍后自动重试。", code="BREAKER_OPEN", retry_after_s=wait_s)

    def failed(self) -> None:
        """Count a failure; after `OPENS_AFTER` in a row the breaker is open."""
        now = self._now()
        with self._database.write() as session:
            note_failure(session, self._partner, now, limit=OPENS_AFTER, probe_at=now + self._probe_every)
            if breaker_of(session, self._partner).failures == OPENS_AFTER:
                log.warning("breaker_opened", partner=self._partner)

    def answered(self) -> None:
        """Close the breaker and forget its failures: the network has answered, whatever it said."""
        with self._database.write() as session:
            note_answer(session, self._partner)
        log.info("partner_answers_again", partner=self._partner)


class BreakerAdapter:
    """A `partners.base.PartnerAdapter` behind its breaker. Every method but `render` raises PartnerResting besides.

    A refusal is an answer; PartnerUnavailable and AnswerLost are failures. What is untrusted leaves a security event.
    """

    def __init__(self, inner: PartnerAdapter, breaker: Breaker, database: Database, sealer: Sealer, now: Now) -> None:
        self.partner = inner.partner
        self._inner = inner
        self._breaker = breaker
        self._database = database
        self._sealer = sealer
        self._now = now

    def render(self, command: Command) -> Rendered:
        """The inner adapter's; nothing is called, so the breaker is not asked."""
        return self._inner.render(command)

    def send(self, rendered: Rendered) -> Receipt:
        """One attempt. Its line in the exchange log is its caller's, who knows the command."""
        return self._watched(lambda: self._inner.send(rendered))

    def put_file(self, handling: HandlingRef, sha256: str, data: bytes) -> None:
        """One attempt, with a line `put_file` in the exchange log under the file's hash."""
        with self._line("put_file", handling) as line:
            line.message_id, line.sha256, line.size = sha256, sha256, len(data)
            line.body = document_place(sha256)
            self._watched(lambda: self._inner.put_file(handling, sha256, data))

    def get_file(self, handling: HandlingRef, sha256: str) -> bytes:
        """One attempt, with a line `get_file` in the exchange log under the file's hash."""
        with self._line("get_file", handling) as line:
            line.message_id = line.sha256 = sha256
            data = self._watched(lambda: self._inner.get_file(handling, sha256))
            line.size, line.body = len(data), document_place(sha256)
            return data

    def query(self, handling: HandlingRef) -> InboundMessage | None:
        """One attempt, with a line `query` in the exchange log that keeps the answer sealed. None: no event yet."""
        with self._line("query", handling) as line:
            status = self._watched(lambda: self._inner.query(handling))
            if status is not None:
                line.message_id = status.message_id
                self._keep(line, status.content)
            return status

    def _watched(self, call: Callable[[], T]) -> T:
        failing = self._breaker.admit()
        try:
            result = call()
        except PartnerRefused:
            if failing:
                self._breaker.answered()
            raise
        except (PartnerUnavailable, AnswerLost) as failure:
            self._breaker.failed()
            if isinstance(failure, PartnerUntrusted):
                self._note_untrusted(failure)
            raise
        if failing:  # which is rare: no write for the rule
            self._breaker.answered()
        return result

    def _note_untrusted(self, failure: PartnerUntrusted) -> None:
        with self._database.write() as session:
            note_security_event(session, self.partner, "UNTRUSTED_ANSWER", self._now(), detail=failure.code)

    @contextmanager
    def _line(self, kind: str, handling: HandlingRef) -> Iterator[ExchangeRow]:
        """One line of the exchange log per call that went out."""
        began, sent, signed = time.perf_counter(), True, list[SignedText]()
        line = ExchangeRow(
            at=self._now(),
            partner=self.partner,
            direction="out",
            kind=kind,
            message_id="",
            handling_no=handling.handling_no,
            verdict="FAILED",
        )
        try:
            with listening(signed):
                yield line
            line.verdict = "OK"
        except PartnerResting:
            sent = False
            raise
        except PartnerError as failure:
            line.verdict = failure.code or type(failure).__name__
            raise
        finally:
            if sent:
                line.duration_ms = round(1000 * (time.perf_counter() - began))
                line.signed = signed[-1].model_dump(mode="json") if signed else None
                with self._database.write() as session:
                    note_exchange(session, line)

    def _keep(self, line: ExchangeRow, content: bytes) -> None:
        line.sha256, line.size = sha256_hex(content), len(content)
        with self._database.write() as session:
            keep_body(session, self._sealer, line, content)
