"""A step that cannot succeed becomes one task, the rest goes on; an outage is only waited for."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from temporalio import activity, workflow
from temporalio.api.enums.v1 import ApplicationErrorCategory, EventType
from temporalio.api.failure.v1 import ApplicationFailureInfo
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.failure_interceptor import FailureInterceptor
from activities.step_words import STEPS
from activities.stuck_steps import StuckSteps
from domain.errors import CarrierUnavailable, PartnerResting
from domain.model import Frozen
from domain.naming import case_workflow_id
from domain.tasks import TaskKind
from domain.troubles import Trouble
from runtime.workers import workflow_runner
from storage.base import Database
from storage.migrating import migrate
from storage.tasks.rows import TaskRow
from tests.sealing import SEALER
from tests.unit.storage.casework import CASE, NOW, register

pytestmark = pytest.mark.temporal
WITHIN_S = 40
_FAILED = EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED
OTHER = "500103202611000025"


class Step(Frozen):
    case_no: str
    handling_no: str
    attempts: int = 0  # no end


@workflow.defn(name="StepOfATest", sandboxed=False)
class StepWorkflow:
    @workflow.run
    async def run(self, step: Step) -> None:
        await workflow.execute_activity(
            "record",
            step,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=20), backoff_coefficient=1.0, maximum_attempts=step.attempts
            ),
        )


class House:
    """Cases whose one step is to write a task of their number: it can't where there is one already."""

    def __init__(self, client: Client, database: Database) -> None:
        self.client, self.database, self.queue = client, database, uuid.uuid4().hex
        self.failure: Exception | None = None
        self.begun: list[WorkflowHandle] = []

    @activity.defn(name="record")
    def record(self, step: Step) -> None:
        if self.failure is not None:
            raise self.failure
        with self.database.write() as session:
            session.add(self.row(step.case_no))

    def row(self, number: str) -> TaskRow:
        return TaskRow(
            id=str(uuid.uuid4()), key=number, matter=number, kind="POST_CHECK", owner="x", data={}, opened_at=NOW
        )

    async def begins(self, number: str, attempts: int = 0) -> WorkflowHandle:
        step = Step(case_no=number, handling_no=number, attempts=attempts)
        id_ = case_workflow_id(number)
        self.begun.append(await self.client.start_workflow(StepWorkflow.run, step, id=id_, task_queue=self.queue))
        return self.begun[-1]

    def stuck(self, *, open_only: bool = False) -> list[TaskRow]:
        with self.database.read() as session:
            query = select(TaskRow).filter_by(kind=TaskKind.STEP_STUCK)
            return list(session.scalars(query.filter_by(resolved_at=None) if open_only else query))

    async def attempts(self, case: WorkflowHandle, at_least: int) -> None:
        """Until the step was tried so often."""
        async with asyncio.timeout(WITHIN_S):
            while True:  # the server's: there is no event to wait for
                pending = (await case.describe()).raw_description.pending_activities
                if any(step.attempt >= at_least for step in pending):
                    return
                await asyncio.sleep(0.02)

    async def gives_up(self, case: WorkflowHandle) -> ApplicationFailureInfo:
        """What the step's last attempt told, as the history has it."""
        with pytest.raises(WorkflowFailureError):
            await case.result()
        events = (await case.fetch_history()).events
        failures = [e.activity_task_failed_event_attributes.failure for e in events if e.event_type == _FAILED]
        return failures[-1].application_failure_info


def failed_loudly(house: House, caplog: pytest.LogCaptureFixture) -> bool:
    """Whether the SDK warned of a step of this house (other houses of this process may still be at work)."""
    records = (vars(record).get("temporal_activity", {}) for record in caplog.records if "as failed" in record.message)
    return any(record["task_queue"] == house.queue for record in records)


@pytest.fixture
async def house(dev_client, tmp_path) -> AsyncIterator[House]:
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    migrate(database.engine)
    register(database)
    made = House(dev_client, database)
    failing = FailureInterceptor(database, lambda: datetime.now(UTC), STEPS, longest_pause=timedelta(milliseconds=50))
    with ThreadPoolExecutor(4) as threads:
        async with Worker(
            dev_client,
            task_queue=made.queue,
            workflows=[StepWorkflow],
            activities=[made.record],
            activity_executor=threads,
            max_concurrent_activities=4,
            interceptors=[failing],
            workflow_runner=workflow_runner(),
        ):
            yield made
            for case in made.begun:
                with suppress(RPCError):  # it has ended by itself
                    await case.terminate()
    database.close()


async def test_one_task_after_five_attempts_others_go_on_and_it_closes_when_mended(house):
    with house.database.write() as session:
        session.add(in_the_way := house.row(CASE))
    stuck = await house.begins(CASE)
    await house.attempts(stuck, 5)
    await (await house.begins(OTHER)).result()
    await house.attempts(stuck, 9)
    [task] = house.stuck()
    assert (task.case_no, task.handling_no, task.owner, task.resolved_at) == (CASE, CASE, "operator", None)
    assert task.data["step"] == "记录办件进展"
    assert (task.data["trouble"], task.data["error"]) == (Trouble.CONFLICTING_ROW, "IntegrityError")
    assert task.data["remedy"]
    with house.database.write() as session:
        session.delete(session.get_one(TaskRow, in_the_way.id))
    await stuck.result()
    [task] = house.stuck()
    assert task.resolved_at is not None


async def test_before_the_fifth_attempt_nobody_is_asked(house):
    house.failure = LookupError("gone")
    case = await house.begins(CASE)
    await house.attempts(case, 3)
    house.failure = None
    await case.result()
    assert all(task.resolved_at for task in house.stuck())  # a slow machine may have tried oftener


@pytest.mark.parametrize("failure", [CarrierUnavailable("忙"), ConnectionError(), PartnerResting("忙", code="X")])
async def test_an_outage_is_no_error_and_no_task(house, failure, caplog):
    house.failure = failure
    with caplog.at_level(logging.INFO, "temporalio.activity"):
        told = await house.gives_up(await house.begins(CASE, attempts=8))
    assert told.category == ApplicationErrorCategory.APPLICATION_ERROR_CATEGORY_BENIGN
    assert told.type == type(failure).__name__
    assert house.stuck() == []
    assert not failed_loudly(house, caplog)


async def test_what_cannot_succeed_is_an_error(house, caplog):
    house.failure = TypeError("x")
    with caplog.at_level(logging.INFO, "temporalio.activity"):
        told = await house.gives_up(await house.begins(CASE, attempts=2))
    assert told.category == ApplicationErrorCategory.APPLICATION_ERROR_CATEGORY_UNSPECIFIED
    assert failed_loudly(house, caplog)


async def test_a_step_that_nobody_tries_any_more_needs_nobody(house):
    house.failure = TypeError("x")
    case = await house.begins(CASE)
    await house.attempts(case, 6)
    over = StuckSteps(house.client, house.database, lambda: datetime.now(UTC))
    await over.settle_over()
    assert len(house.stuck(open_only=True)) == 1
    await case.terminate()
    await over.settle_over()
    assert (len(house.stuck()), house.stuck(open_only=True)) == (1, [])
