"""Breakers (熔断): which partner network is left in peace now, shared by all processes.

Closed: calls go through. After some failures in a row it opens: nobody calls but for one probe at a time, until a call
is answered (reliability.md F8).
"""

from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, String, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.model import Frozen
from domain.terms import Partner
from storage.base import Base, UtcDateTime


class BreakerRow(Base):
    """The breaker of one network, shared by all processes; no row: it has never failed.

    `failures`: in a row. `opened_at` None: closed. `probe_at`: when the next probe may go; None while closed.
    """

    __tablename__ = "breaker"

    partner: Mapped[str] = mapped_column(String(16), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]


class Standing(Frozen):
    """The breaker of a network as it was read. `failures`: in a row; `opened_at` and `probe_at` None: closed."""

    failures: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None


# One statement, so that of several failures at once none is forgotten and the time of opening stays the first.
_FAILED: Final = text(
    "INSERT INTO breaker (partner, failures, opened_at, probe_at) VALUES (:partner, 1, NULL, NULL) "
    "ON CONFLICT (partner) DO UPDATE SET failures = breaker.failures + 1, "
    "opened_at = CASE WHEN breaker.failures + 1 >= :limit THEN COALESCE(breaker.opened_at, :now) END, "
    "probe_at = CASE WHEN breaker.failures + 1 >= :limit THEN COALESCE(breaker.probe_at, :probe) END"
).bindparams(bindparam("now", type_=UtcDateTime()), bindparam("probe", type_=UtcDateTime()))


def breaker_of(session: Session, partner: Partner) -> Standing:
    """How the breaker of a network stands; closed and without failures where nothing is kept."""
    row = session.execute(select(BreakerRow).filter_by(partner=partner)).scalar_one_or_none()
    if row is None:
        return Standing()
    return Standing(failures=row.failures, opened_at=row.opened_at, probe_at=row.probe_at)


def claim_probe(session: Session, partner: Partner, now: datetime, again_after: timedelta) -> bool:
    """Whether the caller may probe an open network now; of several who ask at once exactly one may.

    The next probe is due `again_after` later. False for a closed breaker, which needs no probe.
    """
    due = update(BreakerRow).where(BreakerRow.partner == partner, BreakerRow.probe_at <= now)
    claimed = session.execute(due.values(probe_at=now + again_after))
    return cast(CursorResult[Any], claimed).rowcount == 1


def note_failure(session: Session, partner: Partner, now: datetime, *, limit: int, probe_at: datetime) -> None:
    """Count one more failure in a row; at `limit` the breaker opens, and the first probe is due at `probe_at`."""
    session.execute(_FAILED, {"partner": partner.value, "limit": limit, "now": now, "probe": probe_at})


def note_answer(session: Session, partner: Partner) -> None:
    """The network has answered: the breaker closes, and failures count from 0 again."""
    session.execute(
        update(BreakerRow).where(BreakerRow.partner == partner).values(failures=0, opened_at=None, probe_at=None)
    )
