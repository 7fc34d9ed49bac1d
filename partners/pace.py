"""How often a network that never calls us is asked: 60 s ± 20 %, slower up to 600 s while nothing comes."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

_SPREAD = 0.2


class PollPace:
    """Says whether a poll is due; asked at every turn of a job that comes each `base_s` seconds (contracts.md B).

    While nothing comes the interval doubles, to `most_s` seconds; each is spread by ± 20 %.
    """

    def __init__(self, base_s: float, most_s: float, spread: Callable[[float, float], float] = random.uniform) -> None:
        self._base_s = base_s
        self._most_s = most_s
        self._spread = spread
        self._interval_s = base_s
        self._next_at: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether to poll at this turn; always the first time."""
        return self._next_at is None or now >= self._next_at

    def polled(self, now: datetime, *, came: bool) -> None:
        """Note a poll. `came`: something came, or is waited for: back to the base; else twice as long as before."""
        self._interval_s = self._base_s if came else min(2 * self._interval_s, self._most_s)
        spread = self._interval_s * self._spread(1 - _SPREAD, 1 + _SPREAD)
        # The tick itself is the base interval; half of one is taken off so that a poll is never a whole tick late.
        self._next_at = None if came else now + timedelta(seconds=spread - self._base_s / 2)
