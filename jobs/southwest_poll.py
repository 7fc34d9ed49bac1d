"""The southwest hub's own job: one poll, and what its receipts say about our commands (contracts.md B)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.messages import HoldNotice, HoldReason
from domain.naming import CaseUpdate, case_workflow_id
from domain.tasks import TaskKind
from domain.troubles import Subject
from exchange.southwest.intake import SouthwestIntake
from partners.southwest import CommandVerdict
from relay.relay import Relay
from storage.base import Database
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.outbox import CommandRow
from storage.pending_updates import UpdateRow, queue_update
from storage.row_isolation import RowIsolation
from storage.tasks.rows import open_task


class SouthwestJob:
    """The job `poll_southwest`: one poll of the hub; a command that a receipt refuses puts its handling on hold."""

    def __init__(self, database: Database, intake: SouthwestIntake, relay: Relay, now: Callable[[], datetime]) -> None:
        self._database = database
        self._intake = intake
        self._relay = relay
        self._now = now

    async def poll(self) -> None:
        """Poll if it is due and deliver what came.

        A command that was refused becomes an Update `hold`; after the end of its case, a task.
        """
        report = await asyncio.to_thread(self._intake.poll_if_due)
        if report.rows:
            await self._relay.deliver()
        if report.verdicts:
            await asyncio.to_thread(self._report_all, report.verdicts)
            await self._relay.deliver()

    def _report_all(self, verdicts: Sequence[CommandVerdict]) -> None:
        reported, rows = [], RowIsolation()
        for verdict in verdicts:
            with rows.each(Subject(key=verdict.key, handling_no=verdict.handling_no)):
                if not verdict.ok:
                    self._report(verdict)
                reported.append(verdict.key)
        self._intake.mark_reported(reported)
        rows.report()

    def _report(self, verdict: CommandVerdict) -> None:
        with self._database.write() as session:
            handling = session.get_one(HandlingRow, verdict.handling_no)
            if session.get_one(CaseRow, handling.case_no).closed_at is None:
                self._hold(session, handling, verdict)
            else:
                self._open_task(session, handling, verdict)

    def _hold(self, session: Session, handling: HandlingRow, verdict: CommandVerdict) -> None:
        """Queue the Update `hold`, on which the case opens a task and can send the command again; once per attempt."""
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
            name=CaseUpdate.HOLD,
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
