"""The southwest hub's own round: one poll, and what its receipts say about our commands (contracts.md B)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.alive import alive
from domain.messages import HoldNotice, HoldReason
from domain.naming import case_workflow_id
from domain.tasks import TaskKind
from partners.southwest import CommandVerdict
from relay.intake_southwest import SouthwestIntake
from relay.relay import Relay
from storage.base import Database
from storage.cases import CaseRow, HandlingRow
from storage.outbox import CommandRow
from storage.tasks import open_task
from storage.updates import UpdateRow, queue_update


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
