"""Which cases are about the same matter: one person, one item, one place (重复办件). Found by a keyed hash alone."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.model import Frozen
from storage.base import Base
from storage.cases.rows import CaseRow, HandlingRow

STILL_THE_SAME: Final = timedelta(days=30)
"""So long after its end a case may still be the same matter; TIME_SCALE shortens it."""
_SHOWN: Final = 20
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


class SameMatterRow(Base):
    """The matter of one handling. `mark`: 64 hex digits, a keyed hash of person, item and region; says nothing alone.

    Written with the case, never changed. Cases of before this table have none.
    """

    __tablename__ = "same_matter"

    handling_no: Mapped[str] = mapped_column(ForeignKey("handling.handling_no"), primary_key=True)
    mark: Mapped[str] = mapped_column(String(64), index=True)


class SameMatter(Frozen):
    """Another case about the same matter. `closed_at` None: it is open. `unit_id`: who registered it."""

    case_no: str
    unit_id: str
    item_name: str
    region: str
    status: str
    registered_at: datetime
    closed_at: datetime | None


def hold_marks(session: Session, marks: Collection[str]) -> None:
    """Keep these marks for the caller's transaction: of two registrations at once the second sees the first one's."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        for mark in sorted(marks):
            session.execute(_LOCK, {"key": int(mark[:15], 16)})


def same_matters(session: Session, marks: Collection[str], ended_since: datetime) -> tuple[SameMatter, ...]:
    """Cases with one of these marks that are open or ended at `ended_since` or later, the latest first; 20 at most."""
    columns = (CaseRow.case_no, CaseRow.unit_id, CaseRow.item_name, HandlingRow.region, CaseRow.status)
    found = (
        select(*columns, CaseRow.registered_at, CaseRow.closed_at)
        .join(HandlingRow, HandlingRow.case_no == CaseRow.case_no)
        .join(SameMatterRow, SameMatterRow.handling_no == HandlingRow.handling_no)
        .where(SameMatterRow.mark.in_(marks), or_(CaseRow.closed_at.is_(None), CaseRow.closed_at >= ended_since))
        .order_by(CaseRow.registered_at.desc(), CaseRow.case_no.desc(), HandlingRow.place)
        .limit(_SHOWN)
    )
    return tuple(SameMatter.model_validate(row._asdict()) for row in session.execute(found))
