"""The regular rounds: what was left behind, what must be asked for, what must agree (decisions.md 10)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.alive import alive
from activities.promising import LateUploads
from activities.tracking import Tracking
from domain.messages import HoldNotice, HoldReason
from domain.naming import case_workflow_id
from domain.tasks import TaskKind
from domain.terms import Partner
from partners.southwest import CommandVerdict
from partners.standards import CHINA
from relay.catching_up import CatchingUp
from relay.intake_interprovincial import InterprovincialIntake
from relay.intake_southwest import SouthwestIntake
from relay.reconciliation import Reconciliation
from relay.relay import Relay
from relay.scans import ScanIntake
from storage.base import Database
from storage.cases import CaseRow, HandlingRow
from storage.gaps import give_up_parked
from storage.outbox import CommandRow
from storage.tasks import open_task
from storage.updates import UpdateRow, queue_update


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

    def _give_up_parked(self) -> None:
        with self._database.write() as session:
            give_up_parked(session, self._now())


class SouthwestRound:
    """One poll of the hub; a command that a receipt refuses puts its handling on hold for a person."""

    def __init__(self, database: Database, intake: SouthwestIntake, relay: Relay, now: Callable[[], datetime]) -> None:
        self._database = database
        self._intake = intake
        self._relay = relay
        self._now = now

    @activity.defn(name="round_poll_southwest")
    @alive
    async def poll(self) -> None:
        report = await asyncio.to_thread(self._intake.poll_if_due)
        if report.verdicts:
            await asyncio.to_thread(self._tell_people, report.verdicts)
            await self._relay.deliver_updates()
        if report.rows:
            await self._relay.deliver_inbox()

    def _tell_people(self, verdicts: Sequence[CommandVerdict]) -> None:
        with self._database.write() as session:
            for verdict in verdicts:
                if verdict.ok:
                    continue
                handling = session.get_one(HandlingRow, verdict.handling_no)
                if session.get_one(CaseRow, handling.case_no).closed_at is None:
                    self._hold(session, handling, verdict)
                else:
                    self._open_task(session, handling, verdict)
        self._intake.told([verdict.key for verdict in verdicts])

    def _hold(self, session: Session, handling: HandlingRow, verdict: CommandVerdict) -> None:
        """The case asks a person, and can say it again; once per attempt, however often we look."""
        command = session.get(CommandRow, verdict.key)
        update_id = f"receipt/{verdict.key}/{command.attempts if command else 0}"
        if session.scalar(select(UpdateRow.id).filter_by(update_id=update_id)) is not None:
            return
        notice = HoldNotice(
            handling_no=handling.handling_no, message_id=verdict.key, reason_code=HoldReason.COMMAND_REFUSED
        )
        queue_update(
            session,
            update_id=update_id,
            workflow_id=case_workflow_id(handling.case_no),
            name="hold",
            argument=notice,
            now=self._now(),
        )

    def _open_task(self, session: Session, handling: HandlingRow, verdict: CommandVerdict) -> None:
        open_task(
            session,
            key=f"receipt/{verdict.key}",
            kind=TaskKind.COMMAND_REFUSED,
            case_no=handling.case_no,
            handling_no=handling.handling_no,
            now=self._now(),
            data={"code": verdict.code, "command": verdict.key},
        )


class InterprovincialRound:
    """One poll of the gateway's notices."""

    def __init__(self, intake: InterprovincialIntake, relay: Relay) -> None:
        self._intake = intake
        self._relay = relay

    @activity.defn(name="round_poll_interprovincial")
    @alive
    async def poll(self) -> None:
        report = await asyncio.to_thread(self._intake.poll_if_due)
        if report.fetched:
            await self._relay.deliver_inbox()


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
