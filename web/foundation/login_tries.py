"""Wrong passwords (登录失败处理): few at once and few a minute, for one name from one place, and for one name at all.

Counted in the memory of this process: a hash costs more than a guess is worth, and no write waits for a stranger.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from exchange.buckets import Buckets
from web.foundation.problems import TooBusy

PAUSE_S: Final = 2.0
"""Who is refused without a look waits so long for it: else asking again at once would cost more than a hash does."""

_MAY_PAUSE: Final = 200
_HOUR_S: Final = 3600


class TooManyLogins(TooBusy):
    """Too many wrong passwords for this name; a right one is not looked at either until then (`LOGIN_LOCKED`)."""

    def __init__(self, wait_s: int) -> None:
        self.retry_after_s = wait_s
        super().__init__(f"密码多次不对，请{wait_s}秒后再试；忘记密码请找运维人员重设。", code="LOGIN_LOCKED")


class LoginTries:
    """One per process. Fifty wrong ones for a name from one address, then one a minute; from all, 200 and ten.

    What can be guessed in a day hangs on the second figure, and an honest hand never meets the first.
    """

    def __init__(self) -> None:
        self._here = Buckets(1 / 60, most=50)
        self._anywhere = Buckets(1 / 6, most=200)
        self._told = Buckets(1 / _HOUR_S, most=1)
        self._pausing = 0

    async def take(self, place: str, username: str, guessed: Callable[[], None]) -> None:
        """Count a try before it is judged, so that many at once gain nothing.

        `guessed`: called on a thread, once an hour for each name.

        Raises:
            TooManyLogins: there were too many; after a pause.
        """
        wait = self._here.take(f"{place}/{username}")
        if wait is None:
            wait = self._anywhere.take(username)
        if wait is None:
            return
        if self._told.take(username) is None:
            await asyncio.to_thread(guessed)
        if self._pausing < _MAY_PAUSE:
            self._pausing += 1
            try:
                await asyncio.sleep(PAUSE_S)
            finally:
                self._pausing -= 1
        raise TooManyLogins(wait)

    def was_right(self, place: str, username: str) -> None:
        """The try was none, or nobody could judge it."""
        self._here.give_back(f"{place}/{username}")
        self._anywhere.give_back(username)
