"""Kept reports of reconciliation (对账报告), one per network and day; made again, the later one counts."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.reconciliation import ReconciliationReport
from domain.terms import Partner
from storage.base import Base


class ReconciliationRow(Base):
    """The report of one network and day. `day`: ISO, of Asia/Shanghai; `report`: a ReconciliationReport as JSON.

    `clean`: all was compared, and what differed is repaired.
    """

    __tablename__ = "reconciliation"

    partner: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    made_at: Mapped[datetime]
    clean: Mapped[bool]
    report: Mapped[dict[str, Any]]


def keep_report(session: Session, report: ReconciliationReport) -> None:
    """Keep a report; one of the same network and day is replaced."""
    session.merge(
        ReconciliationRow(
            partner=report.partner,
            day=report.day.isoformat(),
            made_at=report.made_at,
            clean=report.clean,
            report=report.model_dump(mode="json"),
        )
    )


def kept_reports(session: Session, partner: Partner, limit: int = 31) -> list[ReconciliationReport]:
    """The reports of a network, latest day first, `limit` at most."""
    query = select(ReconciliationRow).filter_by(partner=partner).order_by(ReconciliationRow.day.desc()).limit(limit)
    return [ReconciliationReport.model_validate(row.report) for row in session.scalars(query)]
