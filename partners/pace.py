"""How often a network that never calls us is asked: 60 s ± 20 %, slower up to 600 s while nothing comes."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

_SPREAD = 0.2
QUIET_AFTER: Final = timedelta(minutes=5)
"""After so long without a word of either side nobody waits for the next one."""


class PollPace:
    """Says whether a poll is due; asked at every turn of a job that comes each `base_s` seconds (contracts.md B).

    While nothing comes the interval doubles, to `most_s` seconds; each is spread by ± 20 %. Where nobody has said
    anything for a while it goes on to `quiet_s` (None: it does not), and is back as soon as we say something.
    `last_said`: when we last did; asked only where `quiet_s` is more than `most_s`.
    """

    def __init__(
        self,
        base_s: float,
        most_s: float,
        spread: Callable[[float, float], float] = random.uniform,
        *,
        quiet_s: float | None = None,
        last_said: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._base_s = base_s
        self._most_s = most_s
        self._quiet_s = max(most_s, quiet_s or most_s)
        self._last_said = last_said
        self._spread = spread
        self._interval_s = base_s
        self._next_at: datetime | None = None
        self._last_heard: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether to poll at this turn; always the first time."""
        if self._next_at is None or now >= self._next_at:
            return True
        return self._interval_s > self._most_s and not self._is_quiet(now)

    def polled(self, now: datetime, *, came: bool) -> None:
        """Note a poll. `came`: something came, or is waited for: back to the base; else twice as long as before."""
        if came:
            self._last_heard = now
        most_s = self._quiet_s if self._quiet_s > self._most_s and self._is_quiet(now) else self._most_s
        self._interval_s = self._base_s if came else min(2 * self._interval_s, most_s)
        spread = self._interval_s * self._spread(1 - _SPREAD, 1 + _SPREAD)
        # The tick itself is the base interval; half of one is taken off so that a poll is never a whole tick late.
        self._next_at = None if came else now + timedelta(seconds=spread - self._base_s / 2)

    def _is_quiet(self, now: datetime) -> bool:
        words = (self._last_heard, self._last_said())
        return all(at is None or now - at > QUIET_AFTER for at in words)
