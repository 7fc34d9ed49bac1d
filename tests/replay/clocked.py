"""A workflow that asks the machine for the time: what the sandbox is there to refuse."""

from datetime import UTC, datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import CaseRun
    from domain.messages import CaseResult
    from domain.naming import CASE_WORKFLOW
    from workflows.case import CaseWorkflow


@workflow.defn(name=CASE_WORKFLOW)
class AsksTheMachine(CaseWorkflow):
    """Waits for the papers only in the daytime, by the machine's clock."""

    @workflow.init
    def __init__(self, start: CaseRun) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseRun) -> CaseResult:
        if datetime.now(UTC).hour < 24:
            await self._fetch_papers_at_the_door()
        return await super().run(start)
