"""The relay (转达): starts cases, and delivers to workflows what was committed for them (authorities, people, scans).

Run by the web process whenever something was committed, and by the sweep for what was left behind. Both at once is
harmless: starts reject duplicates, Updates carry the sender's id.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from domain.carried import CaseRun
from domain.naming import (
    CASES_QUEUE,
    ITEM_ATTRIBUTE,
    REGIONS_ATTRIBUTE,
    SCHEMES_ATTRIBUTE,
    case_no_of,
    case_workflow_id,
    leg_id_of,
)
from relay.delivery_record import note_all
from relay.group_commit import GroupCommit
from relay.pending_updates import PendingUpdate, deliver_now, pending_updates_of, workflows_waiting
from relay.reopening import opens_again, run_of
from relay.update_delivery import Answer, Delivery, deliver_or_start, deliver_update, has_closed
from storage.base import Database
from storage.cases.rows import CaseRow
from storage.parcels.legs import LegRow
from workflows.case import CaseWorkflow

BATCH = 32
"""Workflows delivered to side by side. What comes meanwhile waits for all of them: with more, behind a long queue of
what the server has forgotten, for seconds."""
_STARTED_TOGETHER = 200
_OPENED_TOGETHER = 4  # a further run costs more than an Update to one that is there, and must not hold that up
_AT_ONCE_AGAIN = 3

_ITEM = SearchAttributeKey.for_keyword(ITEM_ATTRIBUTE)
_SCHEMES = SearchAttributeKey.for_keyword_list(SCHEMES_ATTRIBUTE)
_REGIONS = SearchAttributeKey.for_keyword_list(REGIONS_ATTRIBUTE)

log = structlog.get_logger(__name__)


class Relay:
    """One instance per process. All methods may be called at any time, by several processes.

    `patience_s`: how long a call waits for workflows that do not answer; it goes on with them behind the caller's
    back, so that one that hangs never holds up another. None: until all have answered.
    """

    def __init__(
        self, client: Client, database: Database, now: Callable[[], datetime], patience_s: float | None = None
    ) -> None:
        self._client = client
        self._database = database
        self._now = now
        self._patience_s = patience_s
        self._busy: dict[str, asyncio.Task[int]] = {}
        self._opening = asyncio.Semaphore(_OPENED_TOGETHER)
        self._notes = GroupCommit(self._note_all)
        self._started = GroupCommit(self._mark_started)

    async def close(self) -> None:
        """Stop delivering; what is left is delivered by the next process."""
        for task in list(self._busy.values()):
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    # --- starts ---

    async def start_cases(self) -> int:
        """Start every case that is registered and does not run yet (decisions.md 3); returns how many do now."""
        rows = await asyncio.to_thread(self._unstarted)
        return sum(await asyncio.gather(*(self._start(start) for start in rows)))

    def _unstarted(self) -> list[CaseRun]:
        with self._database.read() as session:
            query = select(CaseRow.start).filter_by(started=False).order_by(CaseRow.registered_at)
            query = query.limit(_STARTED_TOGETHER)
            return [CaseRun.model_validate(start) for start in session.scalars(query)]

    async def _start(self, start: CaseRun) -> int:
        try:
            await self._client.start_workflow(
                CaseWorkflow.run,
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
        await self._started.add(start.case_no)
        return 1

    def _mark_started(self, cases: Sequence[str]) -> Sequence[None]:
        with self._database.write() as session:
            session.execute(update(CaseRow).where(CaseRow.case_no.in_(cases)).values(started=True))
            deliver_now(session, cases)
        return [None] * len(cases)

    # --- Updates ---

    async def deliver(self) -> int:
        """Deliver what waits, each workflow in order, workflows side by side; returns how much was settled."""
        waiting = await asyncio.to_thread(self._who_waits)
        if not waiting:
            return 0
        tasks = [self._begin(workflow_id) for workflow_id in waiting]
        done, _ = await asyncio.wait(tasks, timeout=self._patience_s)
        return sum(task.result() for task in done if task.exception() is None)

    def _who_waits(self) -> list[str]:
        with self._database.read() as session:
            return workflows_waiting(session, self._now(), tuple(self._busy), BATCH)

    def _begin(self, workflow_id: str) -> asyncio.Task[int]:
        def ended(task: asyncio.Task[int]) -> None:
            self._busy.pop(workflow_id, None)
            if not task.cancelled() and task.exception() is not None:
                log.error("delivery_failed", to=workflow_id, exc_info=task.exception())

        task = asyncio.create_task(self._deliver_all(workflow_id))
        self._busy[workflow_id] = task
        task.add_done_callback(ended)
        return task

    async def _deliver_all(self, workflow_id: str) -> int:
        settled = 0
        for one in await asyncio.to_thread(self._pending, workflow_id):
            if not await self._notes.add((one, await self._deliver_until_settled(one))):
                break  # the next must not overtake it
            settled += 1
        return settled

    def _pending(self, workflow_id: str) -> list[PendingUpdate]:
        with self._database.read() as session:
            return pending_updates_of(session, workflow_id)

    async def _deliver_until_settled(self, one: PendingUpdate) -> Answer:
        """Deliver to the run that is there; where none is, a case that must act on it gets a further run."""
        answer = await self._deliver_once(one)
        for _ in range(_AT_ONCE_AGAIN):
            if answer.delivery is not Delivery.AGAIN:
                break
            answer = await self._deliver_once(one)
        return answer

    async def _deliver_once(self, one: PendingUpdate) -> Answer:
        answer = await deliver_update(self._client, one.workflow_id, one.name, one.argument, one.update_id)
        if answer.delivery is Delivery.AGAIN and await has_closed(self._client, one.workflow_id):
            answer = Answer(
                delivery=Delivery.CLOSED, code=answer.code
            )  # a run that closed says so of this id ever after
        if answer.delivery not in (Delivery.CLOSED, Delivery.MISSING):
            return answer
        case_no = case_no_of(one.workflow_id)
        if case_no is not None and opens_again(one.name, one.argument):
            async with self._opening:
                run = await run_of(self._client, self._database, case_no)
                if run is not None:
                    log.info("case_opened_again", case_no=case_no, update=one.name)
                    return await deliver_or_start(self._client, run, one.name, one.argument, one.update_id)
        if answer.delivery is Delivery.MISSING and await asyncio.to_thread(self._is_forgotten, one.workflow_id):
            return Answer(delivery=Delivery.CLOSED, code="FORGOTTEN")
        return answer

    def _is_forgotten(self, workflow_id: str) -> bool:
        """Whether a workflow that the server does not know will not come any more."""
        with self._database.read() as session:
            case_no, leg_id = case_no_of(workflow_id), leg_id_of(workflow_id)
            if case_no is not None:
                return _has_begun(session, case_no)
            leg = session.get(LegRow, leg_id) if leg_id is not None else None
            return leg is None or leg.ended_at is not None

    def _note_all(self, delivered: Sequence[tuple[PendingUpdate, Answer]]) -> Sequence[bool]:
        with self._database.write() as session:
            return note_all(session, delivered, self._now())


def _has_begun(session: Session, case_no: str) -> bool:
    case = session.get(CaseRow, case_no)
    return case is None or case.started


def _found_by(start: CaseRun) -> TypedSearchAttributes:
    plans = start.handlings
    return TypedSearchAttributes(
        [
            SearchAttributePair(_ITEM, start.item.code),
            SearchAttributePair(_SCHEMES, sorted({plan.scheme.value for plan in plans})),
            SearchAttributePair(_REGIONS, sorted({plan.region for plan in plans})),
        ]
    )
