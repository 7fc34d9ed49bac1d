"""Counts (计数) that are kept with what they count, so that nobody counts a whole table to show a number.

Kept by triggers of the database in the transaction that writes (migrations 0017, 0031 and 0032). On PostgreSQL each
transaction at work has a slot of its own, so two writers never wait for each other; a count is the sum of its slots.
"""

from collections import defaultdict
from enum import StrEnum

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class Tally(StrEnum):
    """CASE: cases by `{scheme}/{status}`. DOOR: judged door legs by verdict. OPEN: open cases.

    NETWORK: handlings that a network carries by `{partner}/{status}`. WAITING: those that wait for it, by partner.
    TASK: open tasks by owner. CARRIED: cases by `{month of registration}/{scheme}`; one of two networks is in both.
    """

    CARRIED = "carried"
    CASE = "case"
    DOOR = "door"
    NETWORK = "network"
    OPEN = "open"
    TASK = "task"
    WAITING = "waiting"


class TallyRow(Base):
    """A part of a count; read only. `key`: what is counted apart, or empty. `count` may be negative."""

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(48), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]


class ItemNameRow(Base):
    """A name that an item of some case has or had; read only, kept by a trigger (migration 0017)."""

    __tablename__ = "item_name"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: Mapped[str] = mapped_column(primary_key=True)


def tallies(session: Session, *only: Tally) -> dict[Tally, dict[str, int]]:
    """Every count, or `only` these, by its name and key; one that is 0 is left out."""
    found: dict[Tally, dict[str, int]] = defaultdict(dict)
    summed = select(TallyRow.name, TallyRow.key, func.sum(TallyRow.count)).group_by(TallyRow.name, TallyRow.key)
    if only:
        summed = summed.where(TallyRow.name.in_(only))
    for name, key, count in session.execute(summed):
        if count:
            found[Tally(name)][key] = int(count)
    return found
