"""The relay: starts cases, delivers authority events and everything else that workflows are to be told.

Run by the web process whenever something was committed, and by the sweep round for what was left behind.
Both at once is harmless: starts reject duplicates, Updates carry the sender's id.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby

import structlog
from sqlalchemy import select
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from domain.messages import CaseStart
from domain.naming import CASE_WORKFLOW, CASES_QUEUE, case_workflow_id
from domain.tasks import TaskKind
from relay.telling import Answer, Told, tell
from storage.base import Database
from storage.cases import CaseRow
from storage.inbox import InboxRow, InboxState
from storage.tasks import open_task
from storage.updates import UpdateRow

BATCH = 200
MAX_REFUSALS = 5
log = structlog.get_logger(__name__)


class Relay:
    """One instance per process. All methods may be called at any time, by several processes."""

    def __init__(self, client: Client, database: Database, now: Callable[[], datetime]) -> None:
        self._client = client
        self._database = database
        self._now = now

    async def run_once(self) -> int:
        """Everything that waits; returns how much was settled."""
        started = await self.start_cases()
        return started + await self.deliver_inbox() + await self.deliver_updates()

    async def start_cases(self) -> int:
        """Start every case that is registered and does not run yet (decisions.md 3)."""
        rows = await asyncio.to_thread(self._unstarted)
        return sum(await asyncio.gather(*(self._start(start) for start in rows)))

    async def deliver_inbox(self) -> int:
        """Tell every case what its authorities said: per handling in order, handlings side by side."""
        rows = await asyncio.to_thread(self._new_messages)
        queues = [list(of_one) for _, of_one in groupby(rows, key=lambda row: row.handling_no)]
        return sum(await asyncio.gather(*(self._deliver_messages(queue) for queue in queues)))

    async def deliver_updates(self) -> int:
        rows = await asyncio.to_thread(self._open_updates)
        queues = [list(of_one) for _, of_one in groupby(rows, key=lambda row: row.workflow_id)]
        return sum(await asyncio.gather(*(self._deliver_updates(queue) for queue in queues)))

    # --- starts ---

    def _unstarted(self) -> list[CaseStart]:
        with self._database.read() as session:
            query = select(CaseRow.start).filter_by(started=False).order_by(CaseRow.registered_at).limit(BATCH)
            return [CaseStart.model_validate(start) for start in session.scalars(query)]

    async def _start(self, start: CaseStart) -> int:
        try:
            await self._client.start_workflow(
                CASE_WORKFLOW,
                start,
                id=case_workflow_id(start.case_no),
                task_queue=CASES_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            pass  # by the other relay, or before a crash: the row did not know yet
        except RPCError as failure:
            log.warning("case_not_started", case_no=start.case_no, code=failure.status.name)
            return 0
        await asyncio.to_thread(self._mark_started, start.case_no)
        return 1

    def _mark_started(self, case_no: str) -> None:
        with self._database.write() as session:
            session.get_one(CaseRow, case_no).started = True

    # --- authority events ---

    def _new_messages(self) -> list[InboxRow]:
        with self._database.read() as session:
            query = select(InboxRow).where(InboxRow.state.in_((InboxState.NEW, InboxState.DELIVERED)))
            return list(session.scalars(query.order_by(InboxRow.handling_no, InboxRow.order).limit(BATCH)))

    async def _deliver_messages(self, rows: Iterable[InboxRow]) -> int:
        settled = 0
        for row in rows:
            if row.case_no is None or row.update_name is None or row.update is None:
                continue
            answer = await tell(
                self._client, case_workflow_id(row.case_no), row.update_name, row.update, row.message_id
            )
            await asyncio.to_thread(self._note_message, row.id, answer)
            if answer.told in (Told.AWAY, Told.MISSING):
                break  # the next of this handling must not overtake it
            settled += 1
        return settled

    def _note_message(self, row_id: int, answer: Answer) -> None:
        with self._database.write() as session:
            row = session.get_one(InboxRow, row_id, with_for_update=True)
            if row.state not in (InboxState.NEW, InboxState.DELIVERED):
                return
            row.attempts += 1
            if answer.told is Told.TAKEN:
                row.state, row.error = InboxState.APPLIED, None
                return
            row.error = answer.code
            final = answer.told is Told.CLOSED or (answer.told is Told.REFUSED and row.attempts >= MAX_REFUSALS)
            if final:
                row.state = InboxState.DEAD
                open_task(
                    session,
                    key=f"dead/{row.sender}/{row.message_id}",
                    kind=TaskKind.UNDELIVERABLE_EVENT,
                    case_no=row.case_no,
                    handling_no=row.handling_no,
                    now=self._now(),
                )

    # --- other updates ---

    def _open_updates(self) -> list[UpdateRow]:
        with self._database.read() as session:
            query = select(UpdateRow).filter_by(delivered_at=None)
            return list(session.scalars(query.order_by(UpdateRow.workflow_id, UpdateRow.id).limit(BATCH)))

    async def _deliver_updates(self, rows: Iterable[UpdateRow]) -> int:
        settled = 0
        for row in rows:
            answer = await tell(self._client, row.workflow_id, row.name, row.argument, row.update_id)
            await asyncio.to_thread(self._note_update, row.id, answer)
            if answer.told in (Told.AWAY, Told.MISSING):
                break
            settled += 1
        return settled

    def _note_update(self, row_id: int, answer: Answer) -> None:
        with self._database.write() as session:
            row = session.get_one(UpdateRow, row_id, with_for_update=True)
            row.attempts += 1
            if answer.told in (Told.AWAY, Told.MISSING):
                row.refusal = answer.code
                return
            row.delivered_at = self._now()
            row.refusal = None if answer.told is Told.TAKEN else answer.code
