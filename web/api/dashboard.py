"""`/dashboard`: how the hall stands, in numbers that each open a list (supervisors)."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.terms import CaseStatus, Partner, Scheme
from logistics.promise_model import PromiseVerdict
from logistics.promise_report import KEPT
from storage.cases.facts import CaseFactsRow
from storage.cases.rows import DeadlineRow
from storage.cases.tallies import Tally, tallies
from storage.watching import waiting_for
from web.answers.dashboards import Dashboard
from web.foundation.context import Ctx
from web.security.session import DistrictOverseer

router = APIRouter(prefix="/api/v1/dashboard", tags=["督办"])

_DUE_SOON = timedelta(hours=24)


@router.get("", operation_id="getDashboard", response_model=Dashboard)
def dashboard(_overseer: DistrictOverseer, ctx: Ctx) -> dict[str, Any]:
    """Counts by status and scheme, what is overdue or due within a day, door promises, networks that are waited for."""
    with ctx.database.read() as session:
        return figures(session, ctx.now())


def figures(session: Session, now: datetime) -> dict[str, Any]:
    """The dashboard's numbers at `now`.

    `overdue` and `dueSoon` (24 h) count cases with such a running clock. Shares: 0 … 1, None where nothing counted.
    """
    counted = tallies(session, Tally.CASE, Tally.DOOR, Tally.OPEN, Tally.TASK, Tally.WAITING)
    status, scheme = _cases(counted[Tally.CASE])
    return {
        "at": now.isoformat(),
        "open": sum(counted[Tally.OPEN].values()),
        "byStatus": [
            {"status": name, "label": CaseStatus(name).label, "count": count} for name, count in _largest(status)
        ],
        "byScheme": [{"scheme": name, "label": Scheme(name).label, "count": count} for name, count in _largest(scheme)],
        "overdue": _overdue(session, now),
        "dueSoon": _due_soon(session, now),
        "tasks": sum(counted[Tally.TASK].values()),
        "door": _door(counted[Tally.DOOR]),
        "waitingPartners": _waiting(session, counted[Tally.WAITING]),
    }


def _cases(counted: Mapping[str, int]) -> tuple[Counter[str], Counter[str]]:
    """Cases by status and by scheme, from those of both."""
    status, scheme = Counter[str](), Counter[str]()
    for both, count in counted.items():
        of_scheme, _, of_status = both.partition("/")
        status[of_status] += count
        scheme[of_scheme] += count
    return status, scheme


def _largest(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


def _overdue(session: Session, now: datetime) -> int:
    """Cases of which a running clock has ended: so has the one that ends first."""
    return session.scalar(select(func.count()).where(CaseFactsRow.first_due_at <= now)) or 0


def _due_soon(session: Session, now: datetime) -> int:
    """Cases (not clocks) with a running clock that ends within a day."""
    soon = (DeadlineRow.stopped_at.is_(None), DeadlineRow.due_at > now, DeadlineRow.due_at <= now + _DUE_SOON)
    return session.scalar(select(func.count(DeadlineRow.case_no.distinct())).where(*soon)) or 0


def _door(verdicts: Mapping[str, int]) -> dict[str, Any]:
    """How the one-hour promise was kept on door legs whose verdict is in; a cancelled order counts on neither side."""
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


def _waiting(session: Session, counted: Mapping[str, int]) -> list[dict[str, Any]]:
    since = waiting_for(session, [Partner(each) for each in counted])
    return [
        {"partner": partner, "handlings": counted[partner], "since": since[partner].isoformat()}
        for partner in sorted(since)
    ]
