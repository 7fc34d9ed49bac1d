"""The national gateway's own round: one poll of its notices (contracts.md C)."""

import asyncio

from temporalio import activity

from activities.alive import alive
from relay.intake_interprovincial import InterprovincialIntake
from relay.relay import Relay


class InterprovincialRound:
    """One poll of the gateway's notices."""

    def __init__(self, intake: InterprovincialIntake, relay: Relay) -> None:
        self._intake = intake
        self._relay = relay

    @activity.defn(name="round_poll_interprovincial")
    @alive
    async def poll(self) -> None:
        report = await asyncio.to_thread(self._intake.poll_if_due)
        if report.fetched:
            await self._relay.deliver_inbox()
