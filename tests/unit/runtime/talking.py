"""A workflow that logs through every kind of logger; in a file of its own, since the sandbox imports it again."""

from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    import structlog


@activity.defn
async def noting() -> None:
    structlog.get_logger().info("from the activity")
    activity.logger.info("from the activity's own logger")


@workflow.defn
class Talking:
    @workflow.run
    async def run(self) -> None:
        workflow.logger.info("first")
        await workflow.execute_activity(noting, start_to_close_timeout=timedelta(seconds=20))
        workflow.logger.info("second")
        structlog.get_logger().info("by another logger")
