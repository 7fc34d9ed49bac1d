"""Steps that cannot succeed, as a person reads of them: which step, of which case; over when nobody tries any more."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.naming import case_no_of, leg_id_of
from domain.troubles import Subject
from storage.base import Database
from storage.stuck_steps import open_matters
from storage.tasks.rows import settle_task

PREFIX: Final = "stuck/step/"


def task_key(info: activity.Info) -> str:
    """`stuck/step/{workflow id}/{run id}/{activity id}`: one step of one run can be stuck only once."""
    return f"{PREFIX}{info.workflow_id}/{info.workflow_run_id}/{info.activity_id}"


def subject_of(workflow_id: str, args: Sequence[Any]) -> Subject:
    """Case, handling and leg of a step, from its arguments and its workflow's id, which is the key."""
    given = {
        name: value
        for name in ("case_no", "handling_no", "leg_id")
        for value in (getattr(one, name, None) for one in args)
        if isinstance(value, str)
    }
    known = {"key": workflow_id, "case_no": case_no_of(workflow_id), "leg_id": leg_id_of(workflow_id)}
    return Subject.model_validate(known | given)


class StuckSteps:
    """Tasks about steps that are no longer tried: their workflow has gone on without them, or has ended."""

    def __init__(self, client: Client, database: Database, now: Callable[[], datetime]) -> None:
        self._client = client
        self._database = database
        self._now = now

    async def settle_over(self) -> None:
        """Settle those of the open tasks whose step the server does not try any more.

        Raises:
            RPCError: the server could not be asked.
        """
        for key in await asyncio.to_thread(self._open):
            workflow_id, run_id, activity_id = key.removeprefix(PREFIX).rsplit("/", 2)
            if not await self._is_tried(workflow_id, run_id, activity_id):
                await asyncio.to_thread(self._settle, key)

    async def _is_tried(self, workflow_id: str, run_id: str, activity_id: str) -> bool:
        try:
            found = await self._client.get_workflow_handle(workflow_id, run_id=run_id).describe()
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        pending = {one.activity_id for one in found.raw_description.pending_activities}
        return found.status is WorkflowExecutionStatus.RUNNING and activity_id in pending

    def _open(self) -> list[str]:
        with self._database.read() as session:
            return open_matters(session, PREFIX)

    def _settle(self, key: str) -> None:
        with self._database.write() as session:
            settle_task(session, key, self._now())
