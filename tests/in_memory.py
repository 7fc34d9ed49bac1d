"""What the interprovincial adapter keeps between calls, for one process without restarts."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from partners.interprovincial.numbers import FIRST_MESSAGE_SERIAL
from partners.interprovincial.secret import Secret


class SecretsInMemory:
    """Threads share the secret and one of them renews it."""

    def __init__(self) -> None:
        self._held: tuple[Secret, ...] = ()
        self._lock = threading.Lock()

    def held(self) -> tuple[Secret, ...]:
        return self._held

    def renew(self, seen: Secret | None, patience_s: float, fetch: Callable[[], Secret]) -> None:
        if not self._lock.acquire(blocking=patience_s > 0, timeout=patience_s if patience_s > 0 else -1):
            return
        try:
            if (self._held[0] if self._held else None) == seen:
                self._held = (fetch(), *self._held[:1])
        finally:
            self._lock.release()


class SerialsInMemory:
    """Starts with a serial that nobody has used."""

    def __init__(self, first: int = FIRST_MESSAGE_SERIAL) -> None:
        self._next = first
        self._lock = threading.Lock()

    def next_serial(self) -> int:
        with self._lock:
            serial, self._next = self._next, self._next + 1
            return serial


class NoticeTimesInMemory:
    def __init__(self) -> None:
        self._of_key: dict[str, datetime] = {}
        self._last: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def notice_time(self, handling_no: str, tz: str, key: str, wanted: datetime) -> datetime:
        with self._lock:
            if key not in self._of_key:
                last, second = self._last.get((handling_no, tz)), wanted.replace(microsecond=0)
                taken = second if last is None or second > last else last + timedelta(seconds=1)
                self._of_key[key] = self._last[handling_no, tz] = taken
            return self._of_key[key]
