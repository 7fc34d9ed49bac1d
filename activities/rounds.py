"""The regular rounds: what was left behind, what must be asked for, what must agree (decisions.md 10)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import activity

from activities.alive import alive
from activities.promising import LateUploads
from activities.tracking import Tracking
from domain.terms import Partner
from partners.standards import CHINA
from relay.catching_up import CatchingUp
from relay.reconciliation import Reconciliation
from relay.relay import Relay
from relay.scans import ScanIntake
from storage.base import Database
from storage.gaps import give_up_parked
from storage.rework import escalate_rework


class SweepRound:
    """Starts, inbox, updates, scans: everything that a process left behind."""

    def __init__(
        self,
        relay: Relay,
        scans: ScanIntake,
        late_uploads: LateUploads,
        database: Database,
        now: Callable[[], datetime],
    ) -> None:
        self._relay = relay
        self._scans = scans
        self._late_uploads = late_uploads
        self._database = database
        self._now = now

    @activity.defn(name="round_sweep")
    @alive
    async def sweep(self) -> None:
        await self._relay.run_once()
        await asyncio.to_thread(self._scans.attach_loose)
        await asyncio.to_thread(self._scans.note_proofs)
        await asyncio.to_thread(self._scans.miss_proofs)
        await asyncio.to_thread(self._late_uploads.look)
        await asyncio.to_thread(self._give_up_parked)
        await asyncio.to_thread(self._escalate_rework)

    def _give_up_parked(self) -> None:
        with self._database.write() as session:
            give_up_parked(session, self._now())

    def _escalate_rework(self) -> None:
        with self._database.write() as session:
            escalate_rework(session, self._now())


class TrackRound:
    """The carrier's trace of every interregional leg that is under way."""

    def __init__(self, tracking: Tracking, relay: Relay) -> None:
        self._tracking = tracking
        self._relay = relay

    @activity.defn(name="round_track")
    @alive
    async def track(self) -> None:
        if await asyncio.to_thread(self._tracking.look):
            await self._relay.deliver_updates()


class BooksRound:
    """Our books against one network's: gaps that stay open, and yesterday as a whole. Works on that network's queue."""

    def __init__(
        self,
        partner: Partner,
        gaps: CatchingUp,
        reconciliation: Reconciliation,
        relay: Relay,
        now: Callable[[], datetime],
    ) -> None:
        self._partner = partner
        self._gaps = gaps
        self._reconciliation = reconciliation
        self._relay = relay
        self._now = now

    @activity.defn(name="round_heal")
    @alive
    async def heal(self) -> None:
        if await asyncio.to_thread(self._gaps.heal_gaps, self._partner):
            await self._relay.deliver_inbox()

    @activity.defn(name="round_reconcile")
    @alive
    async def reconcile(self) -> None:
        yesterday = self._now().astimezone(CHINA).date() - timedelta(days=1)
        await asyncio.to_thread(self._reconciliation.reconcile, self._partner, yesterday)
        await self._relay.deliver_inbox()
