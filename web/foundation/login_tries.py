"""Who has to wait for a login (登录失败处理) is told so slowly: asking again would else cost more than a hash."""

import asyncio
import math
from datetime import timedelta
from typing import Final, NoReturn

from exchange.buckets import Buckets
from web.foundation.problems import TooBusy

PAUSE_S: Final = 2.0
_MAY_PAUSE: Final = 200
_HOUR_S: Final = 3600


class TooManyLogins(TooBusy):
    """Too many wrong passwords; a right one is not looked at either until then (`LOGIN_LOCKED`)."""

    def __init__(self, wait: timedelta) -> None:
        self.retry_after_s = max(1, math.ceil(wait.total_seconds()))
        minutes = math.ceil(self.retry_after_s / 60)
        super().__init__(f"密码多次不对，请{minutes}分钟后再试；忘记密码请找本单位的管理员重设。", code="LOGIN_LOCKED")


class LoginTries:
    """Refuses after a pause, for so many at once; one per process."""

    def __init__(self) -> None:
        self._pausing = 0
        self._told = Buckets(1 / _HOUR_S, most=1)

    async def refuse(self, wait: timedelta) -> NoReturn:
        """Refuse without a look at the password.

        Raises:
            TooManyLogins: always; after a pause.
        """
        if self._pausing < _MAY_PAUSE:
            self._pausing += 1
            try:
                await asyncio.sleep(PAUSE_S)
            finally:
                self._pausing -= 1
        raise TooManyLogins(wait)

    def is_news(self, about: str) -> bool:
        """Whether nobody was told of this for an hour; he is now."""
        return self._told.take(about) is None
