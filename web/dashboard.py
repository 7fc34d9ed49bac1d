"""`/dashboard`: how the hall stands, in numbers that each open a list (supervisors)."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from domain.terms import DOOR_LEGS, CaseStatus, Partner, Scheme
from logistics.promise_model import PromiseVerdict
from storage.cases import CaseRow, DeadlineRow, HandlingRow
from storage.legs import LegRow
from storage.tasks import TaskRow
from web.context import Ctx
from web.session import Watcher

router = APIRouter(prefix="/api/v1/dashboard", tags=["督办"])

_KEPT = (PromiseVerdict.KEPT, PromiseVerdict.KEPT_LATE_UPLOAD)
_DUE_SOON = timedelta(hours=24)


@router.get("", operation_id="getDashboard")
def dashboard(_watcher: Watcher, ctx: Ctx) -> dict[str, Any]:
    """Counts by status and scheme, what is overdue or due within a day, door promises, networks that are waited for."""
    with ctx.database.read() as session:
        return figures(session, ctx.now())


def figures(session: Session, now: datetime) -> dict[str, Any]:
    """The dashboard's numbers at `now`; shares are of 1 and None where nothing was counted."""
    return {
        "at": now.isoformat(),
        "open": _count(session, CaseRow.case_no, CaseRow.closed_at.is_(None)),
        "byStatus": [
            {"status": status, "label": CaseStatus(status).label, "count": count}
            for status, count in _grouped(session, CaseRow.status)
        ],
        "byScheme": [
            {"scheme": scheme, "label": Scheme(scheme).label, "count": count}
            for scheme, count in _grouped(session, CaseRow.scheme)
        ],
        "overdue": _due(session, DeadlineRow.due_at <= now),
        "dueSoon": _due(session, DeadlineRow.due_at > now, DeadlineRow.due_at <= now + _DUE_SOON),
        "tasks": _count(session, TaskRow.id, TaskRow.resolved_at.is_(None)),
        "door": _door(session),
        "waitingPartners": _waiting(session),
    }


def _count(session: Session, column: Any, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(column)).where(*conditions)) or 0


def _grouped(session: Session, column: Any) -> list[tuple[str, int]]:
    rows = session.execute(select(column, func.count()).group_by(column).order_by(func.count().desc(), column))
    return [(name, count) for name, count in rows]


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
    rows = session.scalars(select(LegRow.promise).where(LegRow.leg.in_(DOOR_LEGS), LegRow.promise.is_not(None)))
    verdicts = [promise["verdict"] for promise in rows if promise and "verdict" in promise]
    kept = sum(verdict in _KEPT for verdict in verdicts)
    broken = verdicts.count(PromiseVerdict.BREACHED)
    judged = kept + broken
    return {
        "promised": len(verdicts),
        "kept": kept,
        "broken": broken,
        "atRisk": verdicts.count(PromiseVerdict.AT_RISK),
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
