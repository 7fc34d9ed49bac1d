"""The expiring secret that keys our seal: renewed 180 s before its end, by one caller at a time.

contracts.md C "Secret"; reliability.md F33: fifty workers with an expired secret make one call. An old secret
stays valid to its own end, so nobody waits for a renewal while there is one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretBytes

from domain.errors import PartnerError
from domain.model import Frozen


class Secret(Frozen):
    """Key bytes of the seal and the moment up to which they count (its end included)."""

    key: SecretBytes
    ends_at: datetime

    def counts_at(self, moment: datetime) -> bool:
        """Whether it may seal at this moment, its end included."""
        return moment <= self.ends_at


class SecretMemory(Protocol):
    """Where secrets are kept, and who may renew them."""

    def held(self) -> tuple[Secret, ...]:
        """Newest first; may hold secrets that have ended."""
        ...

    def renew(self, seen: Secret | None, patience_s: float, fetch: Callable[[], Secret]) -> None:
        """Replace the newest secret, if it still is `seen`, by what one caller's `fetch` brings.

        The others return at once when `patience_s` is 0, else they wait for the one who fetches, at most so long.
        What `fetch` raises goes to its caller; nothing is replaced then.
        """
        ...


class SecretKeeper:
    """Knows which secret seals now and which ones may have sealed an answer."""

    def __init__(
        self, memory: SecretMemory, fetch: Callable[[], Secret], now: Callable[[], datetime], renew_before_s: float
    ) -> None:
        self._memory = memory
        self._fetch = fetch
        self._now = now
        self._renew_before = timedelta(seconds=renew_before_s)

    def current(self, patience_s: float = 15.0) -> Secret | None:
        """The secret to seal with; None when the one who renews has not finished in time.

        Raises what the fetch raises, but only where there is no secret left that counts.
        """
        newest = self._newest()
        if newest is not None and self._now() < newest.ends_at - self._renew_before:
            return newest
        usable = newest is not None and newest.counts_at(self._now())
        try:
            self._memory.renew(newest, 0 if usable else patience_s, self._fetch)
        except PartnerError:
            if not usable:
                raise
        newest = self._newest()
        return newest if newest is not None and newest.counts_at(self._now()) else None

    def replace(self, refused: Secret, patience_s: float = 15.0) -> Secret | None:
        """The secret after the partner has refused one (−50): renewed unless somebody has done so already."""
        self._memory.renew(refused, patience_s, self._fetch)
        newest = self._newest()
        return newest if newest is not None and newest != refused else None

    def counting(self) -> tuple[Secret, ...]:
        """Every secret that counts now, newest first: an answer may carry the seal of any."""
        return tuple(secret for secret in self._memory.held() if secret.counts_at(self._now()))

    def _newest(self) -> Secret | None:
        held = self._memory.held()
        return held[0] if held else None
