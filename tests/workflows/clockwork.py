"""Cases on a server whose clock jumps."""

from datetime import datetime, timedelta
from typing import Any

from temporalio.testing import WorkflowEnvironment

from domain.terms import Partner
from tests.workflows.hall import CaseDesk, Hall, open_case

_AT_ONCE = timedelta(days=2)


class SkippedCase(CaseDesk):
    """A case whose days pass when the test says so: an Update does not move the clock by itself."""

    environment: WorkflowEnvironment

    async def now(self) -> datetime:
        return await self.environment.get_current_time()

    async def passes(self, **time: float) -> None:
        """Let so much time pass; what a timer asked for has been written down when this returns."""
        left = timedelta(**time)
        while left > timedelta():  # a jump over weeks may take longer than the server's own limit of a call
            await self.environment.sleep(min(left, _AT_ONCE))
            left -= _AT_ONCE


class Skipping:
    """Opens cases on the time-skipping server."""

    def __init__(self, environment: WorkflowEnvironment, hall: Hall) -> None:
        self.environment, self.hall = environment, hall

    async def register(self, *partners: Partner | None, **how: Any) -> SkippedCase:
        at = await self.environment.get_current_time()
        opened = await open_case(self.environment.client, self.hall, *partners, at=at, **how)
        case = SkippedCase(self.environment.client, self.hall, opened.start)
        case.environment = self.environment
        return case
