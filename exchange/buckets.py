"""So many in a time and no more, per key, in the memory of this process (令牌桶).

Each key has a bucket that holds `most` tokens and fills at `per_s`; whoever comes takes one. At most `KEYS` of them are
remembered, the ones used last, so nobody fills the memory with made-up keys.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

BURST_S: Final = 10
KEYS: Final = 10_000


class Buckets:
    """Buckets of one kind; thread-safe. `per_s` 0: no limit. `most`: ten seconds' worth where not given."""

    def __init__(self, per_s: float, most: float | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._per_s = per_s
        self._most = per_s * BURST_S if most is None else most
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int | None:
        """Take a token: None, or the whole seconds after which there is one again."""
        if not self._per_s:
            return None
        with self._lock:
            now = self._clock()
            left, at = self._left.pop(key, (self._most, now))
            left = min(self._most, left + (now - at) * self._per_s)
            wait = None if left >= 1 else max(1, math.ceil((1 - left) / self._per_s))
            self._left[key] = (left - 1 if wait is None else left, now)
            if len(self._left) > KEYS:
                self._left.popitem(last=False)
        return wait

    def give_back(self, key: str) -> None:
        """Put a token back that was taken for nothing; a bucket that was forgotten meanwhile is full anyway."""
        with self._lock:
            if key in self._left:
                left, at = self._left[key]
                self._left[key] = (min(self._most, left + 1), at)
