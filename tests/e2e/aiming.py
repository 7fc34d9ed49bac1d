"""A word that is to come around a closing: when it must be said is learned from the cases before."""

import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta
from statistics import median

_CASES = 9
_AT_FIRST_S = 0.3
_AT_MOST_S = 3.0
"""What took longer was held up by a kill, and tells nothing of the next."""


class Aim:
    """The applicant collects his papers, and the case closes; an authority speaks, and its word comes. Thread-safe.

    How long both take depends on the wire and on the machine; what the last cases took is what the next will take.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._took_s: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_CASES))

    def lead_s(self, partner: str) -> float:
        """How long after the collection it must be said, to come at the closing."""
        with self._lock:
            closing_s = self._usual("collecting") + self._usual("closing")
            return closing_s - self._usual(partner)

    def closed(self, begun: datetime, collected: datetime, closed: datetime | None) -> None:
        """`closed`: None where the word was quicker, so that the case stayed open."""
        self._note("collecting", collected - begun)
        if closed is not None:
            self._note("closing", closed - collected)

    def came(self, partner: str, said: datetime, came: datetime) -> None:
        self._note(partner, came - said)

    def _note(self, what: str, took: timedelta) -> None:
        with self._lock:
            if took.total_seconds() <= _AT_MOST_S:
                self._took_s[what].append(took.total_seconds())

    def _usual(self, what: str) -> float:
        return median(self._took_s[what]) if self._took_s[what] else _AT_FIRST_S
