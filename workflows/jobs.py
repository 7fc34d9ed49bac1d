"""The scheduled jobs: one long-lived workflow for each frequent one, one short workflow a day for a daily one.

A workflow per turn of a job would leave hundreds of thousands of closed runs a month in the operators' list
(decisions.md 10).
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.jobs import JOB_WORK, SHIFT_AT_MOST, SHIFTS, SILENT_AT_MOST, Job

RUN_JOB = "run_job"
RUN_DAILY_JOB = "run_daily_job"

_BACK_AT_ONCE = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=10)
)
_WITHIN_THE_DAY = RetryPolicy(
    initial_interval=timedelta(minutes=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=30)
)
_TODAY = timedelta(hours=20)  # then the next day's books are made soon


@workflow.defn(name="JobWorkflow")
class JobWorkflow:
    """Keeps a frequent job going: one activity after the other, each a shift of one worker (decisions.md 10).

    Workflow id `job-{job}`: there is only one, so that no turn of a job meets another.
    """

    @workflow.run
    async def run(self, job: Job) -> None:
        """`SHIFTS` shifts of `SHIFT` each, then on as a new run. Never ends."""
        for _ in range(SHIFTS):
            await workflow.execute_activity(
                RUN_JOB,
                job,
                task_queue=JOB_WORK[job].queue,
                start_to_close_timeout=SHIFT_AT_MOST,
                heartbeat_timeout=SILENT_AT_MOST,
                retry_policy=_BACK_AT_ONCE,
            )
        workflow.continue_as_new(job)


@workflow.defn(name="DailyJobWorkflow")
class DailyJobWorkflow:
    """Does a daily job once; started by the Temporal Schedule `job-{job}` and tried again within the day."""

    @workflow.run
    async def run(self, job: Job) -> None:
        """One time of the job. Fails when 20 hours were not enough."""
        work = JOB_WORK[job]
        await workflow.execute_activity(
            RUN_DAILY_JOB,
            job,
            task_queue=work.queue,
            start_to_close_timeout=work.at_most,
            schedule_to_close_timeout=_TODAY,
            heartbeat_timeout=SILENT_AT_MOST,
            retry_policy=_WITHIN_THE_DAY,
        )
