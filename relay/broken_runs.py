"""Workflows that ended as they should not (terminated, timed out, failed, cancelled) while their matter is open.

The server is asked what has closed so lately; our rows say whether the matter is over. For a case a person gets the
task CASE_BROKEN, whose verdict starts it again from where it stood. For a leg its case gets the Update `leg_broken`,
and opens a task in its turn.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.messages import LegBroken
from domain.naming import (
    CASE_WORKFLOW,
    DELIVERY_WORKFLOW,
    CaseUpdate,
    case_no_of,
    case_workflow_id,
    leg_id_of,
)
from domain.tasks import TaskKind
from storage.base import Database
from storage.cases.rows import CaseRow
from storage.parcels.legs import LegRow
from storage.pending_updates import is_queued, queue_update
from storage.tasks.rows import open_task

log = structlog.get_logger(__name__)

LOOKED_BACK = timedelta(days=2)
"""The sweep comes every few seconds; so far back only after an outage of ours."""

_BROKEN = ("Terminated", "TimedOut", "Failed", "Canceled")


class BrokenRuns:
    """One look; harmless when repeated: each lost run is reported once (task key and Update id hold its run id)."""

    def __init__(self, client: Client, database: Database, now: Callable[[], datetime]) -> None:
        self._client = client
        self._database = database
        self._now = now
        self._dealt_with: set[str] = set()  # run ids, so that a look costs nothing where nothing is new

    async def look(self) -> int:
        """Report what has broken off since; returns how many runs were reported that nobody knew of."""
        found = [run async for run in self._client.list_workflows(self._query()) if run.run_id not in self._dealt_with]
        reported = 0
        for run in found:
            if not await self._goes_on(run):
                reported += self._report(run)
            self._dealt_with.add(run.run_id)
        return reported

    def _query(self) -> str:
        since = (self._now() - LOOKED_BACK).isoformat()
        types = f"WorkflowType IN ('{CASE_WORKFLOW}', '{DELIVERY_WORKFLOW}')"
        statuses = ", ".join(f"'{status}'" for status in _BROKEN)
        return f"{types} AND ExecutionStatus IN ({statuses}) AND CloseTime > '{since}'"

    async def _goes_on(self, run: WorkflowExecution) -> bool:
        """Whether another run of it has begun meanwhile."""
        try:
            latest = await self._client.get_workflow_handle(run.id).describe()
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return latest.run_id != run.run_id and latest.status is not WorkflowExecutionStatus.TERMINATED

    def _report(self, run: WorkflowExecution) -> bool:
        with self._database.write() as session:
            case_no, leg_id = case_no_of(run.id), leg_id_of(run.id)
            if case_no is not None:
                return self._case(session, case_no, run)
            return leg_id is not None and self._leg(session, leg_id, run)

    def _case(self, session: Session, case_no: str, run: WorkflowExecution) -> bool:
        case = session.get(CaseRow, case_no)
        if case is None or case.closed_at is not None:
            return False
        log.error("case_broken", case_no=case_no, run_id=run.run_id, status=_status(run))
        open_task(
            session,
            key=f"{case_no}/{TaskKind.CASE_BROKEN}/{run.run_id}",
            kind=TaskKind.CASE_BROKEN,
            case_no=case_no,
            now=self._now(),
            data={"runId": run.run_id, "status": _status(run)},
        )
        return True

    def _leg(self, session: Session, leg_id: str, run: WorkflowExecution) -> bool:
        leg = session.get(LegRow, leg_id)
        update_id = f"leg-broken/{run.run_id}"
        if leg is None or leg.ended_at is not None or is_queued(session, update_id):
            return False
        log.error("leg_broken", leg_id=leg_id, run_id=run.run_id, status=_status(run))
        queue_update(
            session,
            update_id=update_id,
            workflow_id=case_workflow_id(leg.case_no),
            name=CaseUpdate.LEG_BROKEN,
            argument=LegBroken(leg_id=leg_id, run_id=run.run_id),
            now=self._now(),
        )
        return True


def _status(run: WorkflowExecution) -> str:
    return run.status.name if run.status is not None else ""
