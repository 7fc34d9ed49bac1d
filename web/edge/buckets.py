"""So many requests a second and no more, per key, in the memory of this process (令牌桶).

Each key has a bucket of `per_s * BURST_S` tokens that fills at `per_s`; a request takes one. At most `MOST` keys are
remembered, the ones used last, so nobody fills the memory with made-up ones.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

BURST_S: Final = 10
MOST: Final = 10_000


class Buckets:
    """One kind of key. `per_s` 0: no limit. Not for several threads at once, but harmless there: a token too many."""

    def __init__(self, per_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_s = per_s
        self._most = per_s * BURST_S
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int | None:
        """Take a token: None, or the whole seconds after which there is one again."""
        if not self._per_s:
            return None
        now = self._clock()
        left, at = self._left.pop(key, (self._most, now))
        left = min(self._most, left + (now - at) * self._per_s)
        wait = None if left >= 1 else max(1, math.ceil((1 - left) / self._per_s))
        self._left[key] = (left - 1 if wait is None else left, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return wait
