"""The national gateway's own job: one poll of its notices (contracts.md C)."""

import asyncio

from exchange.interprovincial.intake import InterprovincialIntake
from relay.relay import Relay


class InterprovincialJob:
    """The job `poll_interprovincial`: one poll of the gateway's notices."""

    def __init__(self, intake: InterprovincialIntake, relay: Relay) -> None:
        self._intake = intake
        self._relay = relay

    async def poll(self) -> None:
        """Poll if it is due; what came is delivered to the cases at once."""
        report = await asyncio.to_thread(self._intake.poll_if_due)
        if report.fetched:
            await self._relay.deliver()
