"""The regular rounds (巡检): sweeping, polling, reconciling; one Temporal Schedule each (decisions.md 10)."""

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.rounds import ROUND_WORK, SILENT_AT_MOST, Round


@workflow.defn(name="RoundsWorkflow")
class RoundsWorkflow:
    """One round: one activity. What it leaves undone the next round finds again."""

    @workflow.run
    async def run(self, name: Round) -> None:
        work = ROUND_WORK[name]
        await workflow.execute_activity(
            work.activity,
            task_queue=work.queue,
            start_to_close_timeout=work.at_most,
            heartbeat_timeout=SILENT_AT_MOST,
            retry_policy=RetryPolicy(maximum_attempts=1),  # the next round is the retry
        )
