"""A workflow with the events of an online case and nothing in them.

Ten activities in a row of which four follow an Update each, three timers that never fire.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import activity, workflow

BEFORE, SAID, AFTER, TIMERS = 4, 4, 2, 3


@activity.defn
async def step(place: int) -> int:
    """Nothing."""
    return place


@workflow.defn
class Bare:
    """As many events as an online case has that is approved."""

    def __init__(self) -> None:
        self._said = 0

    @workflow.run
    async def run(self, cargo: str) -> int:
        """Returns the length of what it was given."""
        for place in range(BEFORE):
            await self._step(place)
        for place in range(SAID):
            heard = workflow.wait_condition(lambda wanted=place: self._said > wanted)  # type: ignore[misc]
            if place < TIMERS:
                with suppress(TimeoutError):
                    await asyncio.wait_for(heard, timedelta(hours=1).total_seconds())
            else:
                await heard
            await self._step(BEFORE + place)
        for place in range(AFTER):
            await self._step(BEFORE + SAID + place)
        return len(cargo)

    @workflow.update
    async def say(self, place: int) -> None:
        """Counted, in order."""
        self._said = place + 1

    async def _step(self, place: int) -> None:
        await workflow.execute_activity(step, place, start_to_close_timeout=timedelta(seconds=30))
