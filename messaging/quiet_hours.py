"""Quiet hours (免打扰时段): at night only what cannot wait is sent."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from domain.applicant_messages import LOCAL


class QuietHours(NamedTuple):
    """From `begins` to `ends` in local time, over midnight where `begins` is later; none where both are the same."""

    begins: time = time(21)
    ends: time = time(8)

    def allowed_from(self, at: datetime) -> datetime:
        """The first moment from `at` on that is not within the quiet hours; `at` itself where it is not."""
        there = at.astimezone(LOCAL)
        if not self._within(there.time()):
            return at
        morning = there.replace(hour=self.ends.hour, minute=self.ends.minute, second=0, microsecond=0)
        return morning if morning > there else morning + timedelta(days=1)

    def _within(self, clock: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends
