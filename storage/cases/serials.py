"""Serial numbers (流水号) of a day, for cases, handlings and seals."""

import threading
from typing import Final

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, Database

_TOGETHER: Final = 8


class SerialRow(Base):
    """The last serial number that was given out on a day (yyyyMMdd), for cases and handlings together."""

    __tablename__ = "serial"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]


# One statement, the same for SQLite and PostgreSQL: the day's first number too may be asked for by many at once.
_TAKE_SERIALS: Final = text(
    "INSERT INTO serial (day, last) VALUES (:day, :count) "
    "ON CONFLICT (day) DO UPDATE SET last = serial.last + excluded.last RETURNING last"
)


def next_serials(session: Session, day: str, count: int) -> list[int]:
    """Take the next `count` serial numbers of `day` (yyyyMMdd), from 1 on; two callers never get the same.

    Needs a writing transaction: the row stays locked until its end, and a rollback gives the numbers back.
    """
    last = session.scalars(_TAKE_SERIALS, {"day": day, "count": count}).one()
    return list(range(last - count + 1, last + 1))


class SerialPool:
    """Serial numbers that this process has taken ahead, some at a time, each time in a transaction of its own.

    Else every registration would wait for the end of the one before, which holds the day's row. Nobody gets a number
    twice; those that are left at the end of the process, or of a transaction that fails, are skipped.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._day = ""
        self._left: list[int] = []

    def take(self, session: Session, day: str, count: int) -> list[int]:
        """`count` numbers of `day` (yyyyMMdd) in rising order, for the caller's writing transaction.

        SQLite has one writer, who waits for nobody's row: there they are the transaction's own.
        """
        if session.get_bind().dialect.name == "sqlite":
            return next_serials(session, day, count)
        with self._lock:
            if day != self._day:
                self._day, self._left = day, []
            if len(self._left) < count:
                with self._database.write_aside() as aside:
                    self._left += next_serials(aside, day, max(count, _TOGETHER))
            numbers, self._left = self._left[:count], self._left[count:]
            return numbers
