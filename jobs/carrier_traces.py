"""The carrier's traces of parcels under way, asked for now and then."""

import asyncio

from activities.carrier_tracking import CarrierTracking
from relay.relay import Relay


class TrackJob:
    """The job `track`: the carrier's trace of every interregional leg that is under way."""

    def __init__(self, tracking: CarrierTracking, relay: Relay) -> None:
        self._tracking = tracking
        self._relay = relay

    async def track(self) -> None:
        """Ask for every trace; where a leg moved, its Updates are delivered at once."""
        if await asyncio.to_thread(self._tracking.look):
            await self._relay.deliver()
