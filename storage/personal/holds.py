"""What stops the erasing of a case (暂缓删除): a hold that somebody has set, what is to be done, a case not over."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.personal import HoldKind
from storage.base import Base
from storage.cases.rows import CaseRow
from storage.parcels.claims import ClaimRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow

OPEN_CASE = "OPEN_CASE"
OPEN_TASK = "OPEN_TASK"
OPEN_CLAIM = "OPEN_CLAIM"


class RetentionHoldRow(Base):
    """One hold. `until`: over by itself then, None: until somebody lifts it. `kind`: a `HoldKind`."""

    __tablename__ = "retention_hold"
    __table_args__ = (Index("ix_retention_hold_case", "case_no", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    kind: Mapped[str] = mapped_column(String(16))
    set_by: Mapped[str] = mapped_column(String(64))
    set_at: Mapped[datetime]
    until: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None]


def hold_of(session: Session, case_no: str, now: datetime) -> RetentionHoldRow | None:
    """The hold in force, the last one set; None without one."""
    mine = select(RetentionHoldRow).filter_by(case_no=case_no, lifted_at=None)
    running = mine.where(or_(RetentionHoldRow.until.is_(None), RetentionHoldRow.until > now))
    return session.scalar(running.order_by(RetentionHoldRow.id.desc()).limit(1))


def set_hold(
    session: Session, case_no: str, kind: HoldKind, by: str, now: datetime, until: datetime | None
) -> RetentionHoldRow:
    """Hold the data of a case; whatever held it before is replaced."""
    lift_hold(session, case_no, by, now)
    row = RetentionHoldRow(case_no=case_no, kind=kind, set_by=by, set_at=now, until=until)
    session.add(row)
    session.flush()
    return row


def lift_hold(session: Session, case_no: str, by: str, now: datetime) -> bool:
    """Nothing that was set holds it any more; False where nothing did."""
    rows = list(session.scalars(select(RetentionHoldRow).filter_by(case_no=case_no, lifted_at=None)))
    for row in rows:
        row.lifted_by, row.lifted_at = by, now
    return bool(rows)


def obstacle(session: Session, case_no: str, now: datetime) -> str | None:
    """Why nothing of a case may be erased now: OPEN_CASE, a `HoldKind`, OPEN_CLAIM, OPEN_TASK; None: it may."""
    if session.scalar(select(CaseRow.closed_at).filter_by(case_no=case_no)) is None:
        return OPEN_CASE
    held = hold_of(session, case_no, now)
    if held is not None:
        return held.kind
    claims = select(ClaimRow.claim_id).filter_by(case_no=case_no, closed_at=None)
    if session.scalar(claims.limit(1)) is not None:
        return OPEN_CLAIM
    legs = select(LegRow.leg_id).filter_by(case_no=case_no)
    mine = or_(TaskRow.case_no == case_no, TaskRow.leg_id.in_(legs))
    waits = session.scalar(select(TaskRow.id).where(mine, TaskRow.resolved_at.is_(None)).limit(1))
    return OPEN_TASK if waits is not None else None
