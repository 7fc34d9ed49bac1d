"""`/partners/{partner}/…`: what was exchanged with a network, with verdicts, and how the books compare; no bodies."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select

from domain.errors import NotFound
from domain.reconciliation import REPAIR, ReconciliationReport
from domain.terms import Partner
from partners.standards import CHINA
from relay.replaying import replay
from storage.exchange import EMPTY, ExchangeRow, note_security_event
from storage.inbox_row import InboxRow
from storage.outbox import CommandRow
from storage.reconciliation import kept_reports
from web.context import Ctx
from web.problems import Unprocessable
from web.session import Operator, Watcher
from web.shapes import ReconcileShape

router = APIRouter(prefix="/api/v1/partners", tags=["合作方"])


@router.get("/{partner}/deliveries", operation_id="listDeliveries")
def deliveries(
    partner: Partner, _watcher: Watcher, ctx: Ctx, size: Annotated[int, Query(ge=1, le=500)] = 100, polls: bool = False
) -> dict[str, Any]:
    """The last messages in both directions; `polls`: also those calls that brought nothing."""
    with ctx.database.read() as session:
        inbox = session.scalars(select(InboxRow).filter_by(sender=partner).order_by(InboxRow.id.desc()).limit(size))
        commands = session.scalars(
            select(CommandRow).filter_by(partner=partner).order_by(CommandRow.rendered_at.desc()).limit(size)
        )
        log = select(ExchangeRow).filter_by(partner=partner).order_by(ExchangeRow.id.desc()).limit(size)
        exchanges = session.scalars(log if polls else log.where(ExchangeRow.verdict != EMPTY))
        return {
            "inbox": [_inbox(row) for row in inbox],
            "commands": [_command(row) for row in commands],
            "exchanges": [_exchange(row) for row in exchanges],
        }


@router.post("/{partner}/deliveries/{row_id}/replay", operation_id="replayDelivery")
def replay_delivery(partner: Partner, row_id: int, operator: Operator, ctx: Ctx) -> dict[str, Any]:
    """Let a dead message be told to its case once more. 404 unknown, 409 not dead or its case not here yet."""
    with ctx.database.write() as session:
        row = session.get(InboxRow, row_id)
        if row is None or row.sender != partner:
            raise NotFound("没有这条消息", code="MESSAGE_UNKNOWN")
        state = replay(session, ctx.inbox, row_id, by=operator.username, now=ctx.now())
    ctx.kick()
    return {"id": row_id, "state": state}


@router.get("/{partner}/reconciliations", operation_id="listReconciliations")
def reconciliations(
    partner: Partner, _watcher: Watcher, ctx: Ctx, size: Annotated[int, Query(ge=1, le=366)] = 31
) -> dict[str, Any]:
    """The reports of the last days, latest first."""
    with ctx.database.read() as session:
        return {"reports": [_report(report) for report in kept_reports(session, partner, size)]}


@router.post("/{partner}/reconciliations", operation_id="reconcile")
def reconcile(partner: Partner, asked: ReconcileShape, operator: Operator, ctx: Ctx) -> dict[str, Any]:
    """Compare a day's books now (yesterday's without `day`), repair what never reached us, keep the report."""
    today = ctx.now().astimezone(CHINA).date()
    day = asked.day or today - timedelta(days=1)
    if day > today:
        raise Unprocessable("这一天还没有到，不能核对", code="DAY", field="day")
    report = ctx.reconcile(partner, day)
    with ctx.database.write() as session:
        detail = f"{operator.username} {partner} {day}"
        note_security_event(session, "operator", "RECONCILIATION", ctx.now(), detail=detail)
    ctx.kick()
    return _report(report)


def _report(report: ReconciliationReport) -> dict[str, Any]:
    return {
        "day": report.day.isoformat(),
        "madeAt": report.made_at.isoformat(),
        "compared": report.compared,
        "unanswered": report.unanswered,
        "clean": report.clean,
        "differences": [
            {
                "subject": one.subject,
                "kind": one.kind,
                "ours": one.ours,
                "theirs": one.theirs,
                "repaired": one.repaired,
                "advice": REPAIR[one.kind],
            }
            for one in report.differences
        ],
    }


def _inbox(row: InboxRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "messageId": row.message_id,
        "handlingNo": row.handling_no,
        "event": row.event_name,
        "seq": row.seq,
        "state": row.state,
        "verdict": row.verdict,
        "attempts": row.attempts,
        "error": row.error,
        "receivedAt": row.received_at.isoformat(),
    }


def _command(row: CommandRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "kind": row.kind,
        "handlingNo": row.handling_no,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error,
        "renderedAt": row.rendered_at.isoformat(),
        "sentAt": row.sent_at.isoformat() if row.sent_at else None,
    }


def _exchange(row: ExchangeRow) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "direction": row.direction,
        "kind": row.kind,
        "messageId": row.message_id,
        "handlingNo": row.handling_no,
        "sha256": row.sha256,
        "size": row.size,
        "body": row.body,
        "verdict": row.verdict,
        "durationMs": row.duration_ms,
    }
