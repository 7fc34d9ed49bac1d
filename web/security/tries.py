"""Guessing at an applicant's case without a login: after ten wrong tries it waits (错误次数限制).

Counted by number and address together, so that nobody makes a case's owner wait; wider bounds hold for one address
over all numbers and for one number from everywhere. A right token of a receipt passes all of them.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fastapi import Request
from sqlalchemy.orm import Session

from domain.errors import BadInput
from domain.identifiers import is_case_number
from runtime.container import tries_key
from storage.people.wrong_tries import Counted, give_back, slot_of, take_try
from web.foundation.context import Context
from web.foundation.problems import TooBusy
from web.security.callers import network_of

WRONG = "TRACK"
"""The code of the error that a wrong number and a wrong code have in common."""

_COUNTS = (WRONG, "CODE_WRONG")


class TooManyTries(TooBusy):
    """Number and code did not fit too often; for so long nothing is looked at, right or wrong (`TRACK_LOCKED`)."""

    def __init__(self, wait: timedelta) -> None:
        minutes = max(1, math.ceil(wait.total_seconds() / 60))
        self.retry_after_s = minutes * 60
        super().__init__(
            f"编号或领取码多次不符。为保护办事人的信息，请{minutes}分钟后再查；扫回执上的二维码不受影响，也可致电大厅。",
            code="TRACK_LOCKED",
        )


@contextmanager
def counted(ctx: Context, request: Request, case_no: str = "", *, always: bool = False) -> Iterator[None]:
    """Count what happens within as a try on this number from this address, unless it was right or `always`.

    Raises:
        TooManyTries: more than ten wrong ones within a quarter of an hour, or one of the wider bounds is reached.
    """
    key, network = tries_key(ctx.settings), network_of(request)
    slots = {slot_of(key, Counted.ADDRESS, network)}
    if is_case_number(case_no):
        slots |= {slot_of(key, Counted.PAIR, f"{case_no}/{network}"), slot_of(key, Counted.NUMBER, case_no)}
    with ctx.database.write_plainly() as session:
        wait = take_try(session, slots, ctx.now())  # counting is nobody's act: the audit trail is not told
    if wait is not None:
        raise TooManyTries(wait)
    wrong = always
    try:
        yield
    except BadInput as refused:
        wrong = wrong or refused.code in _COUNTS
        raise
    finally:
        if not wrong:
            with ctx.database.write_plainly() as session:
                give_back(session, slots)


def may_send(ctx: Context, session: Session, case_no: str) -> bool:
    """Whether one more message may go to the phone of a case today; counts it, in the caller's transaction."""
    slot = slot_of(tries_key(ctx.settings), Counted.SENT, case_no)
    return take_try(session, {slot}, ctx.now()) is None
