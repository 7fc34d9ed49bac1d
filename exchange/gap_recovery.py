"""Gaps that stay open: after ten minutes the authority is asked how the handling stands (contracts.md "Common rules").

For A and C; B has no query and no gaps.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from domain.errors import PartnerError, PartnerRefused
from domain.outbound import HandlingRef
from domain.terms import Partner
from domain.troubles import Subject
from partners.base import PartnerAdapter
from storage.base import Database
from storage.cases.rows import HandlingRow
from storage.exchange.gaps import handlings_with_gaps, wait_longer
from storage.exchange.inbox import GAP_PATIENCE, Inbox
from storage.row_isolation import RowIsolation

log = structlog.get_logger(__name__)


class GapRecovery:
    """Queries and applies, each handling in a transaction of its own; again after `patience` where a gap stays."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        adapters: Mapping[Partner, PartnerAdapter],
        now: Callable[[], datetime],
        *,
        patience: timedelta = GAP_PATIENCE,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._adapters = adapters
        self._now = now
        self._patience = patience

    def heal_gaps(self, partner: Partner) -> int:
        """Ask one network about every gap that is due; returns how many handlings it gave a status of.

        Stops where the network is away. Raises an ExceptionGroup of RowFailed at the end where something else went
        wrong with some.
        """
        with self._database.read() as session:
            waiting = handlings_with_gaps(session, partner, self._now())
        healed, rows = 0, RowIsolation()
        for handling in waiting:
            try:
                with rows.each(Subject(key=handling.handling_no, handling_no=handling.handling_no)):
                    healed += self._heal(partner, ref_of(handling))
            except PartnerError as fault:
                log.warning("gap_query_failed", partner=partner, code=fault.code)
                break
        rows.report()
        return healed

    def _heal(self, partner: Partner, handling: HandlingRef) -> bool:
        try:
            status = self._adapters[partner].query(handling)
        except PartnerRefused as refusal:
            log.warning("gap_query_refused", partner=partner, handling_no=handling.handling_no, code=refusal.code)
            status = None
        now = self._now()
        with self._database.write() as session:
            if status is not None:
                self._inbox.take_snapshot(session, status, raw=status.content, now=now)
            # What still waits behind another gap is asked for again later.
            wait_longer(session, handling.handling_no, now + self._patience)
        return status is not None


def ref_of(row: HandlingRow) -> HandlingRef:
    """How the wires name a handling of ours; without the item code, which no query needs."""
    return HandlingRef(handling_no=row.handling_no, region=row.region, partner_no=row.partner_no)
