"""A workflow with the events of a case and nothing in them.

Activities in a row, of which some follow an Update each, and timers that never fire; the legs are children that take
Updates of their own.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow


@dataclass(frozen=True)
class Outline:
    """How many activities come before the first Update, how many Updates (an activity after each), how many after.

    `timers`: of the waits for an Update. `legs`: children of the outline `leg`, one after each of the first Updates.
    """

    before: int
    said: int
    after: int
    timers: int
    legs: int = 0
    leg: "Outline | None" = None


def leg_name(case: str, place: int) -> str:
    """The workflow id of a leg."""
    return f"{case}-leg-{place}"


@activity.defn
async def step(place: int) -> int:
    """Nothing."""
    return place


@workflow.defn
class Bare:
    """As many events as a case has that is approved."""

    def __init__(self) -> None:
        self._said = 0
        self._legs = 0

    @workflow.run
    async def run(self, outline: Outline, cargo: str) -> int:
        """Returns the length of what it was given."""
        for place in range(outline.before):
            await self._step(place)
        for place in range(outline.said):
            await self._heard(place, place < outline.timers)
            await self._step(outline.before + place)
            if place < outline.legs and outline.leg:
                leg = await workflow.start_child_workflow(
                    Bare.run, args=[outline.leg, cargo], id=leg_name(workflow.info().workflow_id, place)
                )
                self._legs += 1
                await leg
        for place in range(outline.after):
            await self._step(outline.before + outline.said + place)
        return len(cargo)

    @workflow.update
    async def say(self, place: int, legs: int) -> None:
        """Counted, in order; answered when so many legs have begun."""
        self._said = place + 1
        await workflow.wait_condition(lambda: self._legs >= legs)

    async def _heard(self, place: int, timed: bool) -> None:
        heard = workflow.wait_condition(lambda: self._said > place)
        if timed:
            with suppress(TimeoutError):
                await asyncio.wait_for(heard, timedelta(hours=1).total_seconds())
        else:
            await heard

    async def _step(self, place: int) -> None:
        await workflow.execute_activity(step, place, start_to_close_timeout=timedelta(seconds=30))
