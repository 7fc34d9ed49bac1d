"""The electronic result of one authority: its file is fetched, then the applicant may fetch it from us."""

import asyncio
from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import FileOrder, HandlingPlan
    from domain.recording import RESULT_AVAILABLE
    from domain.tasks import TaskKind
    from workflows.case_context import CaseContext
    from workflows.deadline_ledger import DeadlineLedger
    from workflows.return_tracking import ReturnTracking


class ElectronicResult:
    """Fetches the file that a decision names and makes it available (可以领取), each once per file.

    `release`: whether what was decided may leave our hands: None while the applicant owes something (容缺), False for
    good where he never brought it. `fetched_sha256`, `available_sha256`: of the files with which it was done.
    """

    def __init__(
        self,
        context: CaseContext,
        ledger: DeadlineLedger,
        plan: HandlingPlan,
        back: ReturnTracking,
        release: Callable[[], bool | None],
        *,
        fetched_sha256: str | None,
        available_sha256: str | None,
    ) -> None:
        self.fetched_sha256 = fetched_sha256
        self.available_sha256 = available_sha256
        self._context = context
        self._ledger = ledger
        self._plan = plan
        self._back = back
        self._release = release
        self._bringing: asyncio.Task[None] | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: no file was named, or the applicant may fetch it, or never will."""
        return self._bringing is not None and self._bringing.done()

    @property
    def is_here(self) -> bool:
        """Whether the file that the decision names is in our hall, or none is named."""
        sha256 = self._back.result_sha256
        return sha256 is None or self._plan.partner is None or sha256 == self.fetched_sha256

    def begin(self) -> None:
        """Begin with what the decision names that counts now; what an earlier one named is left."""
        if self._bringing is not None:
            self._bringing.cancel()
        self._bringing = asyncio.create_task(self._bring())

    async def _bring(self) -> None:
        sha256 = self._back.result_sha256
        if sha256 is None:
            return
        if self._plan.partner is not None and not self.is_here:
            order = FileOrder(handling_no=self._plan.handling_no, partner=self._plan.partner, sha256=sha256)
            await self._fetch(order)
        if self._context.since(3, "results-are-made-available"):
            await self._make_available(sha256)

    async def _fetch(self, order: FileOrder) -> None:
        """After each day in vain a person gets the task FILE_MISSING; fetching goes on."""
        while not await self._context.fetch(order):
            await self._ledger.raise_task(TaskKind.FILE_MISSING, order.sha256)
        self.fetched_sha256 = order.sha256

    async def _make_available(self, sha256: str) -> None:
        """The case closes once the applicant may have it; whether he fetches it is up to him."""
        await workflow.wait_condition(lambda: self._release() is not None)
        if self._release() and sha256 != self.available_sha256:
            self.available_sha256 = sha256
            await self._ledger.start_clocks(kind=RESULT_AVAILABLE)
