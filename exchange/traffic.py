"""How much one network may say to us, and how much of what nobody has signed, or a stranger asks, is written down.

Signed calls have a pace, so that a partner's fault does not drown the others. Of unsigned ones, which anybody can send,
the first of each hour are lines and security events of their own; the rest is counted in memory and written together,
at most every five seconds (the last of a flood with the next one that comes).
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from sqlalchemy.orm import Session

from exchange.buckets import Buckets
from storage.base import Database
from storage.exchange.unsigned import count_unsigned, forget_unsigned

_WRITE_EVERY_S: Final = 5.0
_FORGET_EVERY: Final = timedelta(hours=1)


class Traffic:
    """Of one network; thread-safe.

    `signed_per_s`: 0 for no limit. `unsigned_per_hour`: lines of this process. `codes`: what only unsigned calls are
    answered. `partner`: also `web`, for refusals of people whom nobody knows.
    """

    def __init__(
        self,
        database: Database,
        partner: str,
        *,
        signed_per_s: float,
        unsigned_per_hour: int,
        codes: frozenset[str],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._partner = partner
        self._codes = codes
        self._signed = Buckets(signed_per_s, clock=clock)
        self._most = unsigned_per_hour
        self._clock = clock
        self._lock = threading.Lock()
        self._hour: datetime | None = None
        self._lines = 0
        self._counted: Counter[tuple[str, datetime]] = Counter()
        self._write_at = 0.0
        self._forget_at: datetime | None = None

    def too_fast(self) -> int | None:
        """Of a signed call: None, or the seconds after which the next one is taken."""
        return self._signed.take(self._partner)

    def note_unsigned(self, code: str, now: datetime) -> bool:
        """Whether an unsigned call gets lines of its own; where not it is counted, and the count written soon.

        Raises:
            DBAPIError: the database is away; what was counted is kept.
        """
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            if hour != self._hour:
                self._hour, self._lines = hour, 0
            if self._lines < self._most:
                self._lines += 1
                return True
            self._counted[code, hour] += 1
            if self._clock() < self._write_at:
                return False
            self._write_at = self._clock() + _WRITE_EVERY_S
        self.write(now)
        return False

    def write(self, now: datetime) -> None:
        """Write what was counted, in a transaction of its own, and forget what is old.

        Raises:
            DBAPIError: the database is away; what was counted is kept.
        """
        with self._lock:
            counted, self._counted = self._counted, Counter()
        try:
            with self._database.write_plainly() as session:  # counting is nobody's act
                count_unsigned(session, self._partner, counted)
                self.forget(session, now)
        except BaseException:
            with self._lock:
                self._counted.update(counted)
            raise

    def forget(self, session: Session, now: datetime) -> None:
        """Once an hour delete what is old, in the transaction of a line or a count that is written."""
        if self._forget_at is None or now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY
            forget_unsigned(session, self._partner, self._codes, now)
