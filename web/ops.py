"""For operators: alive, ready, metrics, health in words."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.terms import Partner
from runtime.networks import is_connected
from storage.breakers import BreakerRow
from storage.cases import CaseRow, HandlingRow
from storage.inbox_row import InboxRow, InboxState
from storage.migrating import standing
from storage.tasks import TaskRow
from storage.updates import UpdateRow
from web.context import Context, Ctx
from web.session import Watcher

router = APIRouter(tags=["运维"])


@router.get("/healthz", operation_id="healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", operation_id="readyz")
def readyz(ctx: Ctx, response: Response) -> dict[str, Any]:
    """The database is there and up to date. Temporal may be away: cases can be registered all the same."""
    current, newest = standing(ctx.database.engine)
    ready = current is not None and current == newest
    response.status_code = 200 if ready else 503
    return {"status": "ok" if ready else "migrate", "revision": current}


def _counts(session: Session) -> dict[str, int]:
    def count(query: Any) -> int:
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    return {
        "cases": count(select(CaseRow.case_no)),
        "casesOpen": count(select(CaseRow.case_no).filter_by(closed_at=None)),
        "casesNotStarted": count(select(CaseRow.case_no).filter_by(started=False)),
        "inboxWaiting": count(select(InboxRow.id).where(InboxRow.state.in_((InboxState.NEW, InboxState.DELIVERED)))),
        "inboxParked": count(select(InboxRow.id).filter_by(state=InboxState.PARKED)),
        "inboxDead": count(select(InboxRow.id).filter_by(state=InboxState.DEAD)),
        "updatesWaiting": count(select(UpdateRow.id).filter_by(delivered_at=None)),
        "partnersAway": count(select(BreakerRow.partner).where(BreakerRow.opened_at.is_not(None))),
        "tasksOpen": count(select(TaskRow.id).filter_by(resolved_at=None)),
    }


@router.get("/metrics", operation_id="metrics", include_in_schema=False)
def metrics(ctx: Ctx) -> Response:
    """Prometheus text; numbers only."""
    registry = CollectorRegistry()
    with ctx.database.read() as session:
        for name, value in _counts(session).items():
            Gauge(f"kuayu_{_snake(name)}", name, registry=registry).set(value)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


@router.get("/api/v1/status", operation_id="getStatus")
async def status(request: Request, _watcher: Watcher, ctx: Ctx) -> dict[str, Any]:
    """Health in words: what works, what is away, what waits."""
    return await health(request, ctx)


async def health(request: Request, ctx: Context) -> dict[str, Any]:
    temporal = await request.app.state.temporal_serving()
    return {"temporal": "正常" if temporal else "不可用", **await asyncio.to_thread(_status, ctx)}


def _standing(partner: Partner, waiting_since: str | None) -> str:
    if not is_connected(partner):
        return "没有接入"
    return f"等待对方系统，自 {waiting_since}" if waiting_since else "正常"


def _status(ctx: Context) -> dict[str, Any]:
    with ctx.database.read() as session:
        counts = _counts(session)
        waiting = {
            row.partner: row.since.isoformat()
            for row in session.execute(
                select(HandlingRow.partner, func.min(HandlingRow.waiting_since).label("since"))
                .where(HandlingRow.waiting_since.is_not(None))
                .group_by(HandlingRow.partner)
            )
            if row.since is not None
        }
    return {
        "database": "正常",
        "partners": {partner: _standing(partner, waiting.get(partner)) for partner in Partner},
        "counts": counts,
        "timeScale": ctx.settings.time_scale,
        "sandbox": ctx.settings.sandbox,
        "temporalUi": ctx.settings.temporal_ui_url if ctx.settings.embedded else None,
    }
