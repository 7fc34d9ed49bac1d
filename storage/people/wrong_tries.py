"""Wrong tries of people whom we know by what they say alone (错误次数): counted in a table that cannot grow.

Each key (a case number, an address) falls into one of `SLOTS` slots by a keyed hash, so nothing of either is kept, the
count holds over all processes, and nobody fills the table. Two keys rarely share a slot; then they share its patience.
"""

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, UtcDateTime

SLOTS: Final = 65_536
TRIES: Final = 10
"""So many wrong tries are answered within `WITHIN`; what comes then is not even looked at."""

WITHIN: Final = timedelta(minutes=15)


class WrongTryRow(Base):
    """One slot: how many wrong tries since `since`; what is older than `WITHIN` counts no more."""

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


def slot_of(key: bytes, kind: str, value: str) -> int:
    """The slot of one key; `kind` keeps numbers and addresses apart."""
    return int.from_bytes(hmac.digest(key, f"{kind}/{value}".encode(), "sha256")[:4]) % SLOTS


def take_try(session: Session, slots: Collection[int], now: datetime) -> timedelta | None:
    """Count a try before it is judged, in the caller's transaction: None where it may be, else how long to wait.

    Counted first and given back where it was right, so that many at once gain nothing.
    """
    wait = None
    for slot in sorted(slots):  # the same order in every transaction: none waits for another in a circle
        said = _TAKE.columns(tries=Integer, since=UtcDateTime())
        row = session.execute(said, {"slot": slot, "now": now, "old": now - WITHIN}).one()
        if row.tries > TRIES:
            wait = max(wait or timedelta(), row.since + WITHIN - now)
    return wait


def give_back(session: Session, slots: Collection[int]) -> None:
    """Take a try back that was none: it was right, or nobody could judge it."""
    for slot in sorted(slots):
        session.execute(_GIVE_BACK, {"slot": slot})
