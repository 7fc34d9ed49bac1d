"""Gaps that stay open: after ten minutes the authority is asked how the handling stands (contracts.md "Common rules").

For A and C; B has no query and no gaps. One network that is away delays the others by one attempt only.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.errors import PartnerError, PartnerRefused
from domain.outbound import HandlingRef
from domain.terms import Partner
from partners.base import PartnerAdapter
from storage.base import Database
from storage.cases import HandlingRow
from storage.gaps import handlings_with_gaps, wait_longer
from storage.inbox import Inbox

log = structlog.get_logger(__name__)

_ASK_AGAIN_AFTER: Final = timedelta(minutes=10)
QUERIED: Final = (Partner.SICHUAN, Partner.INTERPROVINCIAL)


class CatchingUp:
    """Asks and applies; each handling in a transaction of its own."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        adapters: Mapping[Partner, PartnerAdapter],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._adapters = adapters
        self._now = now

    def heal_gaps(self) -> int:
        """Ask about every gap that is due; returns how many were healed."""
        with self._database.read() as session:
            found = (session.get(HandlingRow, number) for number in handlings_with_gaps(session, self._now()))
            waiting = [(Partner(row.partner), ref_of(row)) for row in found if row is not None and row.partner]
        away: set[Partner] = set()
        healed = 0
        for partner, handling in waiting:
            if partner in QUERIED and partner not in away:
                healed += self._heal(partner, handling, away)
        return healed

    def _heal(self, partner: Partner, handling: HandlingRef, away: set[Partner]) -> bool:
        try:
            status = self._adapters[partner].query(handling)
        except PartnerRefused as refusal:
            log.warning("gap_query_refused", partner=partner, handling_no=handling.handling_no, code=refusal.code)
            status = None
        except PartnerError as fault:
            log.warning("gap_query_failed", partner=partner, code=fault.code)
            away.add(partner)
            return False
        now = self._now()
        with self._database.write() as session:
            if status is not None:
                self._inbox.take_snapshot(session, status, raw=status.content, now=now)
            # What still waits behind another gap is asked for again later.
            wait_longer(session, handling.handling_no, now + _ASK_AGAIN_AFTER)
        return status is not None


def ref_of(row: HandlingRow) -> HandlingRef:
    """How the wires name a handling of ours."""
    return HandlingRef(handling_no=row.handling_no, region=row.region, partner_no=row.partner_no)
