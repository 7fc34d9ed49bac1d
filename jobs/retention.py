"""Personal data whose time is over, erased once a day (到期删除)."""

import asyncio

from activities.job_loop import Part
from storage.personal.eraser import Eraser
from storage.personal.retention import Terms


class RetentionJob:
    """The job `retention`. `at_most`: cases of one night."""

    def __init__(self, eraser: Eraser, terms: Terms, at_most: int) -> None:
        self._eraser = eraser
        self._terms = terms
        self._at_most = at_most

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it does, in this order."""
        return (self.erase_due, self.clear_set_aside)

    async def erase_due(self) -> None:
        """Erase the cases whose day has come, each for itself.

        Raises:
            ExceptionGroup: of RowFailed, at the end, where some could not be erased.
        """
        await asyncio.to_thread(self._eraser.erase_due, self._terms, self._at_most)

    async def clear_set_aside(self) -> None:
        """Take away what belongs to no case and is old."""
        await asyncio.to_thread(self._eraser.clear_set_aside)
