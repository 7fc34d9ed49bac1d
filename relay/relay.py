"""The relay: starts cases, delivers authority events and everything else that workflows are to be told.

Run by the web process whenever something was committed, and by the sweep round for what was left behind.
Both at once is harmless: starts reject duplicates, Updates carry the sender's id.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import Exists, exists, literal, select
from sqlalchemy.orm import Session
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from domain.messages import CaseStart
from domain.naming import (
    CASE_WORKFLOW,
    CASES_QUEUE,
    ITEM_ATTRIBUTE,
    REGIONS_ATTRIBUTE,
    SCHEMES_ATTRIBUTE,
    case_workflow_id,
)
from domain.tasks import TaskKind
from relay.lost import tell_what_is_lost
from relay.telling import Answer, Told, tell
from storage.base import Database
from storage.cases import CaseRow
from storage.inbox_row import InboxRow, InboxState
from storage.tasks import open_task
from storage.updates import UpdateRow

BATCH = 200
MAX_REFUSALS = 5
_OUTCOME_UNKNOWN = ("TIMEOUT", "DEADLINE_EXCEEDED", "CANCELLED")
"""The Update was sent, and what became of it was not heard: repeated under its id, it counts once."""

_ITEM = SearchAttributeKey.for_keyword(ITEM_ATTRIBUTE)
_SCHEMES = SearchAttributeKey.for_keyword_list(SCHEMES_ATTRIBUTE)
_REGIONS = SearchAttributeKey.for_keyword_list(REGIONS_ATTRIBUTE)

log = structlog.get_logger(__name__)


class Relay:
    """One instance per process. All methods may be called at any time, by several processes.

    `patience_s`: how long a call waits for cases that do not answer; it goes on with them behind the caller's
    back, so that one case that hangs never holds up another. None: until all have answered.
    """

    def __init__(
        self, client: Client, database: Database, now: Callable[[], datetime], patience_s: float | None = None
    ) -> None:
        self._client = client
        self._database = database
        self._now = now
        self._patience_s = patience_s
        self._busy: dict[str, asyncio.Task[int]] = {}

    async def close(self) -> None:
        """Stop telling; what was not told is told by the next process."""
        for task in list(self._busy.values()):
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

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
        rows = await asyncio.to_thread(self._new_messages, tuple(self._busy))
        queues = {key: list(of_one) for key, of_one in groupby(rows, key=lambda row: row.handling_no)}
        return await self._side_by_side({key: self._deliver_messages(queue) for key, queue in queues.items()})

    async def deliver_updates(self) -> int:
        rows = await asyncio.to_thread(self._open_updates, tuple(self._busy))
        queues = {key: list(of_one) for key, of_one in groupby(rows, key=lambda row: row.workflow_id)}
        return await self._side_by_side({key: self._deliver_updates(queue) for key, queue in queues.items()})

    async def _side_by_side(self, deliveries: dict[str, Coroutine[Any, Any, int]]) -> int:
        """Each handling's or workflow's by itself; returns how much was settled within our patience."""
        if not deliveries:
            return 0
        tasks = [self._begin(key, delivery) for key, delivery in deliveries.items()]
        done, _ = await asyncio.wait(tasks, timeout=self._patience_s)
        return sum(task.result() for task in done if task.exception() is None)

    def _begin(self, key: str, delivery: Coroutine[Any, Any, int]) -> asyncio.Task[int]:
        def ended(task: asyncio.Task[int]) -> None:
            self._busy.pop(key, None)
            if not task.cancelled() and task.exception() is not None:
                log.error("delivery_failed", to=key, exc_info=task.exception())

        task = asyncio.create_task(delivery)
        self._busy[key] = task
        task.add_done_callback(ended)
        return task

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
                search_attributes=_found_by(start),
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

    def _new_messages(self, busy: Collection[str]) -> list[InboxRow]:
        with self._database.read() as session:
            query = select(InboxRow).where(InboxRow.state.in_((InboxState.NEW, InboxState.DELIVERED)))
            query = query.where(InboxRow.handling_no.not_in(busy))
            return list(session.scalars(query.order_by(InboxRow.handling_no, InboxRow.order).limit(BATCH)))

    async def _deliver_messages(self, rows: Iterable[InboxRow]) -> int:
        settled = 0
        for row in rows:
            if row.case_no is None or row.update_name is None or row.update is None:
                continue
            update_id = f"{row.sender}/{row.message_id}"  # two networks of one case may use the same ids
            answer = await tell(self._client, case_workflow_id(row.case_no), row.update_name, row.update, update_id)
            state = await asyncio.to_thread(self._note_message, row.id, answer)
            if state in (InboxState.NEW, InboxState.DELIVERED):
                break  # the next of this handling must not overtake it
            settled += 1
        return settled

    def _note_message(self, row_id: int, answer: Answer) -> InboxState:
        """What a delivery came to. An outage counts for nothing; a case that refuses five times, or has ended, does."""
        with self._database.write() as session:
            row = session.get_one(InboxRow, row_id, with_for_update=True)
            if row.state not in (InboxState.NEW, InboxState.DELIVERED):
                return InboxState(row.state)
            row.error = answer.code or None
            row.attempts += answer.told in (Told.TAKEN, Told.REFUSED, Told.CLOSED)
            if answer.told is Told.TAKEN:
                row.state = InboxState.APPLIED
            elif answer.told is Told.CLOSED or (answer.told is Told.REFUSED and row.attempts >= MAX_REFUSALS):
                row.state = InboxState.DEAD
                self._tell_operator(session, row)
            elif answer.code in _OUTCOME_UNKNOWN:
                row.state = InboxState.DELIVERED
            return InboxState(row.state)

    def _tell_operator(self, session: Session, row: InboxRow) -> None:
        log.error("message_dead", sender=row.sender, message_id=row.message_id, code=row.error)
        open_task(
            session,
            key=f"dead/{row.sender}/{row.message_id}",
            kind=TaskKind.UNDELIVERABLE_EVENT,
            case_no=row.case_no,
            handling_no=row.handling_no,
            now=self._now(),
        )

    # --- other updates ---

    def _open_updates(self, busy: Collection[str]) -> list[UpdateRow]:
        with self._database.read() as session:
            query = select(UpdateRow).filter_by(delivered_at=None).where(UpdateRow.workflow_id.not_in(busy))
            query = query.where(~_untold_before())
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
            if row.refusal is not None:
                tell_what_is_lost(session, row, self._now())


def _found_by(start: CaseStart) -> TypedSearchAttributes:
    plans = start.handlings
    return TypedSearchAttributes(
        [
            SearchAttributePair(_ITEM, start.item.code),
            SearchAttributePair(_SCHEMES, sorted({plan.scheme.value for plan in plans})),
            SearchAttributePair(_REGIONS, sorted({plan.region for plan in plans})),
        ]
    )


def _untold_before() -> Exists:
    """What an authority said before a person acted comes first: it may be what the person answers to."""
    waits = InboxRow.state.in_((InboxState.NEW, InboxState.DELIVERED))
    same = literal(case_workflow_id("")).concat(InboxRow.case_no) == UpdateRow.workflow_id
    return exists().where(waits, same, InboxRow.received_at <= UpdateRow.created_at)
