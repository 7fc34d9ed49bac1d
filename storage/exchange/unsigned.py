"""Calls that nobody has signed (无签名来电), and refusals of strangers (`web`): counted per network, code and hour.

The first of an hour are lines and security events of their own as well (`exchange.traffic`); both are forgotten after
half a year.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import String, bindparam, delete, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, UtcDateTime
from storage.exchange.exchange_log import BODIES_KEPT, OF_UNSIGNED, ExchangeRow, SecurityEventRow


class UnsignedRow(Base):
    """So many calls (`times`) in the hour that begins at `hour`, beside those that have a line of their own."""

    __tablename__ = "unsigned_call"

    partner: Mapped[str] = mapped_column(String(16), primary_key=True)
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    times: Mapped[int]


_ADD: Final = text(
    "INSERT INTO unsigned_call (partner, code, hour, times) VALUES (:partner, :code, :hour, :times) "
    "ON CONFLICT (partner, code, hour) DO UPDATE SET times = unsigned_call.times + excluded.times"
).bindparams(bindparam("hour", type_=UtcDateTime()))


def count_unsigned(session: Session, partner: str, counts: Mapping[tuple[str, datetime], int]) -> None:
    """Add what was counted in memory; `counts`: (code, hour) → how many."""
    for (code, hour), times in sorted(counts.items()):
        session.execute(_ADD, {"partner": partner, "code": code, "hour": hour, "times": times})


def forget_unsigned(session: Session, partner: str, codes: frozenset[str], now: datetime) -> None:
    """Delete what unsigned calls have left more than 180 days ago; `codes`: those that only such calls are answered."""
    old = now - BODIES_KEPT
    session.execute(delete(UnsignedRow).where(UnsignedRow.hour < old))
    session.execute(delete(ExchangeRow).where(ExchangeRow.partner == partner, ExchangeRow.at < old, OF_UNSIGNED))
    of_them = (SecurityEventRow.source == partner, SecurityEventRow.code.in_(codes))
    session.execute(delete(SecurityEventRow).where(SecurityEventRow.at < old, *of_them))
