"""Workflows that were changed without `patched`: what replay is there to find."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import CaseRun, LegRun
    from domain.messages import CaseResult, LegResult, LookReason
    from domain.naming import CASE_WORKFLOW, DELIVERY_WORKFLOW
    from workflows.case import CaseWorkflow
    from workflows.delivery import DeliveryWorkflow


@workflow.defn(name=CASE_WORKFLOW)
class TellsFirst(CaseWorkflow):
    """Lets the authorities decide before the papers are collected: the same activities in another order."""

    @workflow.init
    def __init__(self, start: CaseRun) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseRun) -> CaseResult:
        await self._fetch_papers_at_the_door()
        await self._let_the_authorities_decide()
        await self._collect_papers()
        await self._bring_everything_to_the_applicant()
        await self._close()
        return self._result()


@workflow.defn(name=DELIVERY_WORKFLOW)
class LooksFirst(DeliveryWorkflow):
    """Looks after the leg before it is booked."""

    @workflow.init
    def __init__(self, plan: LegRun) -> None:
        super().__init__(plan)

    @workflow.run
    async def run(self, plan: LegRun) -> LegResult:
        await self._look_again(LookReason.ORDERED)
        await self._book()
        while self._ended is None:
            await self._something_happens()
        return await self._end(self._ended)
