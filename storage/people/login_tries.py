"""Wrong passwords (登录失败处理): each costs a longer wait, and nobody makes the owner of a name wait by guessing.

Counted in the slots of `storage.people.wrong_tries`, whose `since` is here the moment from which the next try is looked
at. From an address that a user has logged in from lately only his own wrong tries there count. Everybody else has three
bounds: his name from this address, the name from everywhere, this address for all names.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from sqlalchemy import Integer, bindparam, delete, select, text
from sqlalchemy.orm import Session

from storage.base import UtcDateTime
from storage.people.wrong_tries import SLOTS, WrongTryRow, slot_of

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15))
"""After the last free try, and after each further one; the last of them from then on."""


class Login(IntEnum):
    """Where a try is counted; the numbers go on from `storage.people.wrong_tries.Counted`.

    `KNOWN`: a name from an address that its owner logs in from. `PAIR`: a name from another one. `NAME`: from all of
    those. `ADDRESS`: whatever else comes from there.
    """

    KNOWN = 4
    PAIR = 5
    NAME = 6
    ADDRESS = 7


class Patience(NamedTuple):
    """So many tries without a wait, and after how long a silence they are free again."""

    free: int
    forgotten: timedelta


PATIENCE: Final[Mapping[Login, Patience]] = {
    Login.KNOWN: Patience(5, timedelta(days=1)),
    Login.PAIR: Patience(5, timedelta(days=1)),
    Login.NAME: Patience(50, timedelta(days=1)),
    Login.ADDRESS: Patience(300, timedelta(hours=1)),
}

_TIMES: Final = ("now", "old", "in1", "in2", "in3", "in4", "in5")
# One statement on either database, so that of many at once none is overlooked. Nothing is changed while it waits.
_COUNT: Final = (
    text(
        "INSERT INTO wrong_try (slot, since, tries) VALUES (:slot, :now, 1) ON CONFLICT (slot) DO UPDATE SET "
        "tries = CASE WHEN wrong_try.since < :old THEN 1 ELSE wrong_try.tries + 1 END, "
        "since = CASE WHEN wrong_try.since < :old OR wrong_try.tries + 1 < :free THEN :now "
        "WHEN wrong_try.tries + 1 = :free THEN :in1 WHEN wrong_try.tries = :free THEN :in2 "
        "WHEN wrong_try.tries - 1 = :free THEN :in3 WHEN wrong_try.tries - 2 = :free THEN :in4 ELSE :in5 END "
        "WHERE wrong_try.since <= :now RETURNING tries"
    )
    .bindparams(*(bindparam(name, type_=UtcDateTime()) for name in _TIMES))
    .columns(tries=Integer)
)
_GIVE_BACK: Final = text(
    "UPDATE wrong_try SET tries = tries - 1, since = CASE WHEN since > :now THEN :now ELSE since END "
    "WHERE slot = :slot AND tries > 0"
).bindparams(bindparam("now", type_=UtcDateTime()))


def slots_of(key: bytes, username: str, network: str, *, known: bool) -> frozenset[int]:
    """Where a try for a name from an address is counted. `known`: its owner has logged in from there lately."""
    pair = f"{username}/{network}"
    if known:
        return frozenset({slot_of(key, Login.KNOWN, pair)})
    keys = {Login.PAIR: pair, Login.NAME: username, Login.ADDRESS: network}
    return frozenset(slot_of(key, kind, value) for kind, value in keys.items())


def waiting(session: Session, slots: Collection[int], now: datetime) -> timedelta | None:
    """How long the next try has to wait; None where it may be. Reads only."""
    latest = select(WrongTryRow.since).where(WrongTryRow.slot.in_(slots), WrongTryRow.since > now)
    until = session.scalar(latest.order_by(WrongTryRow.since.desc()).limit(1))
    return None if until is None else until - now


def count_try(session: Session, slots: Collection[int], now: datetime) -> timedelta | bool:
    """Count a try before it is judged, in the caller's transaction, as wrong until `forgive` says otherwise.

    A wait where somebody was quicker: then nothing is counted. Else whether this try, if it is wrong, begins the waits.
    """
    counted: list[int] = []
    begins = False
    for slot in sorted(slots):  # the same order in every transaction: none waits for another in a circle
        free, forgotten = PATIENCE[Login(slot // SLOTS)]
        times = dict(zip(_TIMES[2:], (now + wait for wait in WAITS), strict=True))
        given = {"slot": slot, "free": free, "now": now, "old": now - forgotten, **times}
        tries = session.execute(_COUNT, given).scalar_one_or_none()
        if tries is None:
            forgive(session, counted, now)
            return waiting(session, [slot], now) or WAITS[0]
        begins = begins or tries == free
        counted.append(slot)
    return begins


def forgive(session: Session, slots: Collection[int], now: datetime) -> None:
    """Take a try back that nobody could judge."""
    for slot in sorted(slots):
        session.execute(_GIVE_BACK, {"slot": slot, "now": now})


def was_right(session: Session, slots: Collection[int], now: datetime) -> None:
    """The password was right: his own wrong tries are forgotten, and others lose nothing by this one."""
    own = [slot for slot in slots if slot // SLOTS in (Login.KNOWN, Login.PAIR)]
    session.execute(delete(WrongTryRow).where(WrongTryRow.slot.in_(own)))
    forgive(session, set(slots) - set(own), now)
