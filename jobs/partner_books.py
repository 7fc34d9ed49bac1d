"""Our books against one network's: its gaps, and each day as a whole (对账)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from domain.terms import Partner
from exchange.gap_recovery import GapRecovery
from exchange.reconciliation import Reconciliation
from partners.standards import CHINA
from relay.relay import Relay
from storage.row_isolation import RowIsolation


class BooksJob:
    """The jobs `heal_…` and `reconcile_…` of one network: gaps that stay open, and yesterday as a whole."""

    def __init__(
        self,
        partner: Partner,
        gaps: GapRecovery,
        reconciliation: Reconciliation,
        relay: Relay,
        now: Callable[[], datetime],
    ) -> None:
        self._partner = partner
        self._gaps = gaps
        self._reconciliation = reconciliation
        self._relay = relay
        self._now = now

    async def heal(self) -> None:
        """Query the status behind every gap that is due; what it gave is delivered to the cases at once."""
        if await asyncio.to_thread(self._gaps.heal_gaps, self._partner):
            await self._relay.deliver()

    async def reconcile(self) -> None:
        """Make the report of yesterday (Asia/Shanghai) and deliver what it has repaired.

        Raises an ExceptionGroup of RowFailed at the end where some handlings could not be compared.
        """
        yesterday = self._now().astimezone(CHINA).date() - timedelta(days=1)
        rows = RowIsolation()
        await asyncio.to_thread(self._reconciliation.reconcile, self._partner, yesterday, rows)
        await self._relay.deliver()
        rows.report()
