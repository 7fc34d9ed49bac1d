"""Wrong tries of people whom we know by what they say alone (错误次数): counted in a table that cannot grow.

Each key (a number with an address, an address, a number) falls into one of `SLOTS` slots of its kind by a keyed hash,
so nothing of either is kept, the count holds over all processes, and nobody fills the table. Two keys rarely share a
slot; then they share its patience.
"""

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, UtcDateTime

SLOTS: Final = 65_536
"""Of each kind of key."""

TRIES: Final = 10
"""So many wrong tries on a number from an address are answered within `WITHIN`; what comes then is not looked at."""

WITHIN: Final = timedelta(minutes=15)


class Counted(IntEnum):
    """What is counted, in the order in which it is: who has to wait for one of them burdens none of the others.

    `ADDRESS`: whatever comes from there. `PAIR`: a number from an address, so that nobody locks its owner out.
    `NUMBER`: from everywhere, a bound for who has many addresses. `SENT`: messages to the phone of one case.
    `FACTOR`, `FACTOR_DAY`: codes at the second step of one account's login, at once and over a day. `DEVICE`: codes
    with which one account enrols a device.
    """

    ADDRESS = 0
    PAIR = 1
    NUMBER = 2
    SENT = 3
    FACTOR = 8  # 4 to 7 are those of storage.people.login_tries
    FACTOR_DAY = 9
    DEVICE = 10


class Bound(NamedTuple):
    """So many tries within so long."""

    tries: int
    within: timedelta


BOUNDS: Final = {
    Counted.ADDRESS: Bound(30, WITHIN),
    Counted.PAIR: Bound(TRIES, WITHIN),
    Counted.NUMBER: Bound(100, timedelta(hours=1)),
    Counted.SENT: Bound(10, timedelta(days=1)),
    Counted.FACTOR: Bound(5, WITHIN),
    Counted.FACTOR_DAY: Bound(30, timedelta(days=1)),
    Counted.DEVICE: Bound(5, WITHIN),
}


class WrongTryRow(Base):
    """One slot: how many wrong tries since `since`; what is older than its bound counts no more.

    Of logins (`storage.people.login_tries`) `since` is when the next try is looked at, which may be to come.
    """

    __tablename__ = "wrong_try"

    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]
    tries: Mapped[int]


# One statement on either database, so that of many at once none is overlooked.
_TAKE: Final = text(
    "INSERT INTO wrong_try (slot, since, tries) VALUES (:slot, :now, 1) ON CONFLICT (slot) DO UPDATE SET "
    "tries = CASE WHEN wrong_try.since < :old THEN 1 ELSE wrong_try.tries + 1 END, "
    "since = CASE WHEN wrong_try.since < :old THEN excluded.since ELSE wrong_try.since END "
    "RETURNING tries, since"
).bindparams(bindparam("now", type_=UtcDateTime()), bindparam("old", type_=UtcDateTime()))
_GIVE_BACK: Final = text("UPDATE wrong_try SET tries = tries - 1 WHERE slot = :slot AND tries > 0")


def slot_of(key: bytes, kind: IntEnum, value: str) -> int:
    """The slot of one key, among those of its kind."""
    said = hmac.digest(key, f"{kind.name}/{value}".encode(), "sha256")
    return kind * SLOTS + int.from_bytes(said[:4]) % SLOTS


def take_try(session: Session, slots: Collection[int], now: datetime) -> timedelta | None:
    """Count a try before it is judged, in the caller's transaction: None where it may be, else how long to wait.

    Counted first and given back where it was right, so that many at once gain nothing. What has to wait is counted
    where it has to, and nowhere else.
    """
    counted: list[int] = []
    for slot in sorted(slots):  # the same order in every transaction: none waits for another in a circle
        tries, within = BOUNDS[Counted(slot // SLOTS)]
        said = _TAKE.columns(tries=Integer, since=UtcDateTime())
        row = session.execute(said, {"slot": slot, "now": now, "old": now - within}).one()
        if row.tries > tries:
            give_back(session, counted)
            since: datetime = row.since
            return since + within - now
        counted.append(slot)
    return None


def give_back(session: Session, slots: Collection[int]) -> None:
    """Take a try back that was none: it was right, or nobody could judge it."""
    for slot in sorted(slots):
        session.execute(_GIVE_BACK, {"slot": slot})
