"""Guessing at the second factor: whoever knows the password has five tries a quarter of an hour and thirty a day.

At three codes that count out of a million, a year of guessing at this pace succeeds once in thirty. That it had to wait
is a security event, once an hour: somebody knows the password.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from runtime.container import tries_key
from storage.exchange.exchange_log import note_security_event
from storage.people.wrong_tries import Counted, give_back, slot_of, take_try
from web.foundation.context import Context
from web.foundation.problems import TooBusy, Unauthenticated

WRONG = "SECOND_FACTOR"
"""The code of the error of whatever was not right."""


class TooManyCodes(TooBusy):
    """Too many codes of this account were wrong; for so long none is looked at, right or wrong (`FACTOR_LOCKED`)."""

    def __init__(self, wait: timedelta) -> None:
        minutes = max(1, math.ceil(wait.total_seconds() / 60))
        self.retry_after_s = minutes * 60
        super().__init__(
            f"验证码多次不对，请{minutes}分钟后再试。手机不在身边的，可用恢复码，或请管理员重置。", code="FACTOR_LOCKED"
        )


@contextmanager
def counted(ctx: Context, username: str) -> Iterator[None]:
    """Count what happens within as a try at the second factor of an account, unless it was right.

    Raises:
        TooManyCodes: more than five wrong ones within a quarter of an hour, or thirty within a day.
    """
    key = tries_key(ctx.settings)
    slots = {slot_of(key, kind, username) for kind in (Counted.FACTOR, Counted.FACTOR_DAY)}
    with ctx.database.write_plainly() as session:
        wait = take_try(session, slots, ctx.now())  # counting is nobody's act: the audit trail is not told
        if wait is not None and ctx.login_tries.is_news(f"second/{username}"):
            note_security_event(session, "login", "SECOND_FACTOR_GUESSING", ctx.now(), detail=username)
    if wait is not None:
        raise TooManyCodes(wait)
    wrong = False
    try:
        yield
    except Unauthenticated as refused:
        wrong = refused.code == WRONG
        raise
    finally:
        if not wrong:
            with ctx.database.write_plainly() as session:
                give_back(session, slots)
