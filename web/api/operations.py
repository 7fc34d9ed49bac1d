"""For operators: alive, ready, metrics, health in words."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.applicant_messages import MessageState
from domain.terms import Partner
from runtime.condition import Engine, Finding
from runtime.condition_checks import examine
from runtime.networks import is_connected
from storage.cases.applicant_messages import MessageRow, tally_since
from storage.cases.rows import CaseRow
from storage.cases.tallies import Tally, tallies
from storage.conditions import ConditionRow, since_when
from storage.exchange.breakers import BreakerRow
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.migrating import standing
from storage.pending_updates import UpdateRow
from storage.watching import waiting_for
from web.answers.operations import Alive, Ready, Status
from web.foundation.context import Context, Ctx
from web.security.session import OfOperations, Watcher
from web.views.messages import today

router = APIRouter(tags=["运维"])


@router.get("/healthz", operation_id="healthz", response_model=Alive)
def healthz() -> dict[str, str]:
    """200 as soon as the process answers; asks nothing else."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    operation_id="readyz",
    response_model=Ready,
    responses={503: {"model": Ready}},
    dependencies=[OfOperations],
)
def readyz(ctx: Ctx, response: Response) -> dict[str, Any]:
    """200 if the database is there and up to date, else 503; from EDGE_OPERATIONS_FROM or with a watcher's login.

    Temporal may be away: cases can be registered all the same.
    """
    current, newest = standing(ctx.database.engine)
    ready = current is not None and current == newest
    response.status_code = 200 if ready else 503
    return {"status": "ok" if ready else "migrate", "revision": current}


def _counts(session: Session) -> dict[str, int]:
    def count(query: Any) -> int:
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    kept = tallies(session, Tally.CASE, Tally.OPEN, Tally.TASK)
    return {
        "cases": sum(kept[Tally.CASE].values()),
        "casesOpen": sum(kept[Tally.OPEN].values()),
        "casesNotStarted": count(select(CaseRow.case_no).filter_by(started=False)),
        "inboxWaiting": count(select(InboxRow.id).where(InboxRow.state.in_((InboxState.NEW, InboxState.DELIVERED)))),
        "inboxParked": count(select(InboxRow.id).filter_by(state=InboxState.PARKED)),
        "inboxDead": count(select(InboxRow.id).filter_by(state=InboxState.DEAD)),
        "updatesWaiting": count(select(UpdateRow.id).filter_by(delivered_at=None)),
        "partnersAway": count(select(BreakerRow.partner).where(BreakerRow.opened_at.is_not(None))),
        "tasksOpen": sum(kept[Tally.TASK].values()),
        "messagesWaiting": count(select(MessageRow.id).filter_by(state=MessageState.QUEUED)),
    }


@router.get("/metrics", operation_id="metrics", include_in_schema=False, dependencies=[OfOperations])
def metrics(ctx: Ctx) -> Response:
    """Counts as Prometheus text, gauges named kuayu_…; no personal data."""
    registry = CollectorRegistry()
    with ctx.database.read() as session:
        for name, value in _counts(session).items():
            Gauge(f"kuayu_{_snake(name)}", name, registry=registry).set(value)
        told = Gauge("kuayu_messages_today", "messages to applicants", ["kind", "state"], registry=registry)
        for (kind, state), value in tally_since(session, today(ctx.now())).items():
            told.labels(kind, state).set(value)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


async def _engine(request: Request) -> Engine:
    said: Engine = await request.app.state.engine()
    return said


EngineSaid = Annotated[Engine, Depends(_engine)]
"""What Temporal says at this moment; asked beside the event loop's other work, before the route begins."""


@router.get("/api/v1/status", operation_id="getStatus", response_model=Status)
def status(_watcher: Watcher, engine: EngineSaid, ctx: Ctx) -> dict[str, Any]:
    """Health in words: what works, what is away and what helps, how much waits."""
    return health(ctx, engine)


def health(ctx: Context, engine: Engine) -> dict[str, Any]:
    """The answer of `GET /status`."""
    return {
        "temporal": "正常" if engine.serving else "不可用",
        **_status(ctx),
        "version": version("kuayu"),
        "findings": _findings(ctx, engine),
    }


def _findings(ctx: Context, engine: Engine) -> list[dict[str, Any]]:
    """What `kuayu doctor` says, each with the time since which it has been so, as far as that was noted."""
    now = ctx.now()
    found = examine(ctx, engine, now)
    with ctx.database.read() as session:
        known = since_when(session, now)
    return [_finding(each, known.get(each.part)) for each in found]


def _finding(each: Finding, known: ConditionRow | None) -> dict[str, Any]:
    since = known.since.isoformat() if known is not None and known.level == each.level else None
    return each.model_dump() | {"since": since}


def _standing(partner: Partner, waiting_since: str | None) -> str:
    if not is_connected(partner):
        return "没有接入"
    return f"等待对方系统，自 {waiting_since}" if waiting_since else "正常"


def _status(ctx: Context) -> dict[str, Any]:
    with ctx.database.read() as session:
        counts = _counts(session)
        told = tally_since(session, today(ctx.now()))
        waiting = {partner: since.isoformat() for partner, since in waiting_for(session, list(Partner)).items()}
    return {
        "database": "正常",
        "partners": {partner: _standing(partner, waiting.get(partner)) for partner in Partner},
        "counts": counts,
        "messagesToday": {state: sum(n for (_, s), n in told.items() if s is state) for state in MessageState},
        "timeScale": ctx.settings.time_scale,
        "sandbox": ctx.settings.sandbox,
        "temporalUi": ctx.settings.temporal_ui_url if ctx.settings.embedded else None,
    }
