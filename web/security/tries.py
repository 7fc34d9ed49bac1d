"""Guessing at an applicant's case without a login: after ten wrong tries it waits (错误次数限制)."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fastapi import Request

from domain.errors import NotFound
from domain.identifiers import is_case_number
from runtime.container import tries_key
from storage.people.wrong_tries import give_back, slot_of, take_try
from web.foundation.context import Context
from web.foundation.problems import TooBusy
from web.security.callers import network_of

WRONG = "TRACK"
"""The code of the error that a wrong number and a wrong tail have in common."""


class TooManyTries(TooBusy):
    """Number and tail did not fit too often; for so long nothing is looked at, right or wrong (`TRACK_LOCKED`)."""

    def __init__(self, wait: timedelta) -> None:
        minutes = max(1, math.ceil(wait.total_seconds() / 60))
        self.retry_after_s = minutes * 60
        super().__init__(
            f"编号或尾号多次不符。为保护办事人的信息，请{minutes}分钟后再查，或致电大厅、带身份证件到大厅查询。",
            code="TRACK_LOCKED",
        )


@contextmanager
def counted(ctx: Context, request: Request, case_no: str) -> Iterator[None]:
    """Count what happens within as a try on this number and from this address, unless it was right.

    Raises:
        TooManyTries: more than ten wrong ones within a quarter of an hour, on the number or from the address.
    """
    key = tries_key(ctx.settings)
    slots = {slot_of(key, "address", network_of(request))}
    if is_case_number(case_no):
        slots.add(slot_of(key, "number", case_no))
    with ctx.database.write() as session:
        wait = take_try(session, slots, ctx.now())
    if wait is not None:
        raise TooManyTries(wait)
    wrong = False
    try:
        yield
    except NotFound as missing:
        wrong = missing.code == WRONG
        raise
    finally:
        if not wrong:
            with ctx.database.write() as session:
                give_back(session, slots)
