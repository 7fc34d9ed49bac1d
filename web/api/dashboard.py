"""`/dashboard`: how the hall stands, in numbers that each open a list (supervisors)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from domain.terms import CaseStatus, Partner, Scheme
from logistics.promise_model import PromiseVerdict
from logistics.promise_report import KEPT
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.parcels.legs import LegRow
from storage.quarter_rows import DOOR_WITH_VERDICT
from storage.tasks.rows import TaskRow
from web.answers.dashboards import Dashboard
from web.foundation.context import Ctx
from web.security.session import Watcher

router = APIRouter(prefix="/api/v1/dashboard", tags=["督办"])

_DUE_SOON = timedelta(hours=24)


@router.get("", operation_id="getDashboard", response_model=Dashboard)
def dashboard(_watcher: Watcher, ctx: Ctx) -> dict[str, Any]:
    """Counts by status and scheme, what is overdue or due within a day, door promises, networks that are waited for."""
    with ctx.database.read() as session:
        return figures(session, ctx.now())


def figures(session: Session, now: datetime) -> dict[str, Any]:
    """The dashboard's numbers at `now`.

    `overdue` and `dueSoon` (24 h) count cases with such a running clock. Shares: 0 … 1, None where nothing counted.
    """
    status, scheme = _cases(session)
    return {
        "at": now.isoformat(),
        "open": _count(session, CaseRow.case_no, CaseRow.closed_at.is_(None)),
        "byStatus": [
            {"status": name, "label": CaseStatus(name).label, "count": count} for name, count in _largest(status)
        ],
        "byScheme": [{"scheme": name, "label": Scheme(name).label, "count": count} for name, count in _largest(scheme)],
        "overdue": _due(session, DeadlineRow.due_at <= now),
        "dueSoon": _due(session, DeadlineRow.due_at > now, DeadlineRow.due_at <= now + _DUE_SOON),
        "tasks": _count(session, TaskRow.id, TaskRow.resolved_at.is_(None)),
        "door": _door(session),
        "waitingPartners": _waiting(session),
    }


def _count(session: Session, column: Any, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(column)).where(*conditions)) or 0


def _cases(session: Session) -> tuple[Counter[str], Counter[str]]:
    """Cases by status and by scheme, counted together: one walk through one index."""
    status, scheme = Counter[str](), Counter[str]()
    both = select(CaseRow.scheme, CaseRow.status, func.count()).group_by(CaseRow.scheme, CaseRow.status)
    for of_scheme, of_status, count in session.execute(both):
        status[of_status] += count
        scheme[of_scheme] += count
    return status, scheme


def _largest(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


def _due(session: Session, *conditions: ColumnElement[bool]) -> int:
    """Cases (not clocks) with a running clock that fits."""
    return (
        session.scalar(
            select(func.count(DeadlineRow.case_no.distinct())).where(DeadlineRow.stopped_at.is_(None), *conditions)
        )
        or 0
    )


def _door(session: Session) -> dict[str, Any]:
    """How the one-hour promise was kept on door legs whose verdict is in; a cancelled order counts on neither side."""
    counted = select(LegRow.verdict, func.count()).where(DOOR_WITH_VERDICT).group_by(LegRow.verdict)
    verdicts: dict[str | None, int] = dict(session.execute(counted).tuples().all())
    kept = sum(verdicts.get(each, 0) for each in KEPT)
    broken = verdicts.get(PromiseVerdict.BREACHED, 0)
    judged = kept + broken
    return {
        "promised": sum(verdicts.values()),
        "kept": kept,
        "broken": broken,
        "atRisk": verdicts.get(PromiseVerdict.AT_RISK, 0),
        "share": round(kept / judged, 4) if judged else None,
    }


def _waiting(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(
        select(HandlingRow.partner, func.count(), func.min(HandlingRow.waiting_since))
        .where(HandlingRow.waiting_since.is_not(None), HandlingRow.partner.is_not(None))
        .group_by(HandlingRow.partner)
    )
    return [
        {"partner": Partner(partner), "handlings": count, "since": since.isoformat()}
        for partner, count, since in rows
        if partner is not None and since is not None
    ]
