"""The regular rounds (巡检): sweeping, polling, reconciling; one Temporal Schedule each (decisions.md 10)."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.rounds import ROUND_QUEUES, Round


@workflow.defn(name="RoundsWorkflow")
class RoundsWorkflow:
    """One round: one activity. What it leaves undone the next round finds again."""

    @workflow.run
    async def run(self, name: Round) -> None:
        await workflow.execute_activity(
            f"round_{name}",
            task_queue=ROUND_QUEUES[name],
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(maximum_attempts=1),  # the next round is the retry
        )
