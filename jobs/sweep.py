"""The sweep: starts, Updates, scans and tasks that a process left behind."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from activities.door_promises import LateUploads
from activities.job_loop import Part
from activities.stuck_steps import StuckSteps
from parcels.claim_watch import watch_claims
from parcels.scan_intake import ScanIntake
from relay.broken_runs import BrokenRuns
from relay.relay import Relay
from storage.base import Database
from storage.cases.draft_documents import expire_drafts
from storage.cases.drafts import drop_old_drafts
from storage.cases.electronic_results import remind
from storage.cases.rework import escalate_rework
from storage.documents.store import Documents
from storage.exchange.gaps import give_up_parked


class SweepJob:
    """The job `sweep`: starts, inbox, updates, scans and tasks that a process left behind.

    Every part may be repeated.
    """

    def __init__(
        self,
        relay: Relay,
        broken_runs: BrokenRuns,
        scans: ScanIntake,
        late_uploads: LateUploads,
        stuck: StuckSteps,
        database: Database,
        documents: Documents,
        now: Callable[[], datetime],
        watch_condition: Part,
    ) -> None:
        self._relay = relay
        self._broken_runs = broken_runs
        self._scans = scans
        self._late_uploads = late_uploads
        self._stuck = stuck
        self._database = database
        self._documents = documents
        self._now = now
        self._watch_condition = watch_condition

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the sweep does, in this order; each part fails for itself (`activities.job_loop`)."""
        return (
            self._broken_runs.look,
            self._relay.start_cases,
            self._relay.deliver,
            self.attach_loose,
            self.note_proofs,
            self.miss_proofs,
            self.judge_late_uploads,
            self.give_up_parked,
            self.escalate_rework,
            self.remind_of_results,
            self.watch_claims,
            self.expire_drafts,
            self.drop_old_drafts,
            self._stuck.settle_over,
            self._watch_condition,
        )

    async def attach_loose(self) -> None:
        """Give scans that came before their leg to it."""
        await asyncio.to_thread(self._scans.attach_loose)

    async def note_proofs(self) -> None:
        """Count the scans as proved whose photos have been uploaded since."""
        await asyncio.to_thread(self._scans.note_proofs)

    async def miss_proofs(self) -> None:
        """Open a task for scans whose photos have not come within 24 hours."""
        await asyncio.to_thread(self._scans.miss_proofs)

    async def judge_late_uploads(self) -> None:
        """Judge the promise of legs again that are over and whose scans came afterwards."""
        await asyncio.to_thread(self._late_uploads.look)

    async def give_up_parked(self) -> None:
        """Declare messages dead whose case has not come within 72 h; an operator gets a task."""
        await asyncio.to_thread(give_up_parked, self._database, self._now())

    async def escalate_rework(self) -> None:
        """Raise the task about a bad rating (差评) that was not put right within its days."""
        await asyncio.to_thread(escalate_rework, self._database, self._now())

    async def remind_of_results(self) -> None:
        """Remind of electronic results that nobody has fetched for 30 days."""
        await asyncio.to_thread(remind, self._database, self._now())

    async def watch_claims(self) -> None:
        """Tell the clerk before a claim's limit ends, and the supervisor when it is over."""
        await asyncio.to_thread(watch_claims, self._database, self._now())

    async def expire_drafts(self) -> None:
        """Take uploads away that no case and no scan has named in time."""
        await asyncio.to_thread(expire_drafts, self._database, self._documents, self._now())

    async def drop_old_drafts(self) -> None:
        """Take away drafts of new cases that nobody has touched for days."""
        await asyncio.to_thread(drop_old_drafts, self._database, self._now())
