"""`/partners/{partner}/…`: what was exchanged with a network, with verdicts, and how the books compare; no bodies."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.reconciliation import REPAIR, ReconciliationReport
from domain.terms import Partner
from exchange.dead_letters import replay
from partners.standards import CHINA
from storage.exchange.exchange_log import ExchangeRow, note_security_event
from storage.exchange.inbox_row import InboxRow
from storage.exchange.outbox import CommandRow
from storage.exchange.reconciliation_reports import kept_reports
from storage.keyset import AnyRow, AnySelect, Mark, Page, Segment, read_page
from storage.work_lists import command_list, exchange_list, inbox_list
from web.answers.partners import Deliveries, Reconciliation, ReconciliationList, Replayed
from web.foundation.context import Ctx
from web.foundation.paging import After, address, mark_of, token_of
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import ReconcileRequest
from web.security.session import NetworkWatcher, Operator

router = APIRouter(prefix="/api/v1/partners", tags=["合作方"])


EXCHANGED: Final = ("inbox", "commands", "exchanges")
"""What was said in both directions: their messages, our commands, the log of all calls."""


@router.get("/{partner}/deliveries", operation_id="listDeliveries", response_model=Deliveries)
def deliveries(
    partner: Partner,
    _watcher: NetworkWatcher,
    ctx: Ctx,
    request: Request,
    response: Response,
    size: Annotated[int, Query(ge=1, le=500)] = 100,
    polls: bool = False,
    inbox: After = None,
    commands: After = None,
    exchanges: After = None,
) -> dict[str, Any]:
    """The last messages in both directions; `polls`: also those calls that brought nothing.

    Each of the three is turned alone: a `Link` header (`rel="next"`, its `title`) leads to its next page.
    """
    marks = {"inbox": mark_of(inbox), "commands": mark_of(commands), "exchanges": mark_of(exchanges)}
    with ctx.database.read() as session:
        pages = {name: exchanged(session, partner, name, size, marks[name], polls=polls) for name in EXCHANGED}
    turned = {name: address(request, name, token_of(page.next)) for name, page in pages.items() if page.next}
    if turned:
        response.headers["Link"] = ", ".join(f'<{to}>; rel="next"; title="{name}"' for name, to in turned.items())
    return {name: page.rows for name, page in pages.items()}


def exchanged(
    session: Session, partner: Partner, name: str, size: int, after: Mark | None, *, polls: bool = False
) -> Page[dict[str, Any]]:
    """One page of one of `EXCHANGED` as JSON, latest first; no bodies are read.

    Raises:
        BadInput: `after` is no mark of this list (`CURSOR`).
    """
    return _page_of(session, name, exchange_segments(partner, name, polls=polls), size, after)


def lines_of(session: Session, segments: tuple[Segment, ...], size: int, after: Mark | None) -> Page[dict[str, Any]]:
    """One page of lines of the log, as of `exchanged`, in the order of `segments`. Raises BadInput (`CURSOR`)."""
    return _page_of(session, "exchanges", segments, size, after)


def _page_of(
    session: Session, name: str, segments: tuple[Segment, ...], size: int, after: Mark | None
) -> Page[dict[str, Any]]:
    query, shown = _SHOWN[name]
    page = read_page(session, query, segments, size=size, after=after)
    return Page(rows=[shown(row) for row in page.rows], next=page.next)


def exchange_segments(partner: Partner, name: str, *, polls: bool = False) -> tuple[Segment, ...]:
    """The segments of one of `EXCHANGED` for a network; `polls` counts for the log only."""
    if name == "inbox":
        return inbox_list(partner)
    return command_list(partner) if name == "commands" else exchange_list(partner, polls=polls)


@router.post("/{partner}/deliveries/{row_id}/replay", operation_id="replayDelivery", response_model=Replayed)
def replay_delivery(partner: Partner, row_id: int, operator: Operator, ctx: Ctx) -> dict[str, Any]:
    """Let a dead message be delivered to its case once more, or judged once more if its case has come since.

    Refused: 404 MESSAGE_UNKNOWN; 409 MESSAGE_NOT_DEAD, CASE_UNKNOWN (its case is still not here).
    """
    with ctx.database.write() as session:
        row = session.get(InboxRow, row_id)
        if row is None or row.sender != partner:
            raise NotFound("没有这条消息", code="MESSAGE_UNKNOWN")
        state = replay(session, ctx.inbox, row_id, by=operator.username, now=ctx.now())
    ctx.notify()
    return {"id": row_id, "state": state}


@router.get("/{partner}/reconciliations", operation_id="listReconciliations", response_model=ReconciliationList)
def reconciliations(
    partner: Partner, _watcher: NetworkWatcher, ctx: Ctx, size: Annotated[int, Query(ge=1, le=366)] = 31
) -> dict[str, Any]:
    """The kept reports (对账报告) of a network, latest day first."""
    with ctx.database.read() as session:
        return {"reports": [_report(report) for report in kept_reports(session, partner, size)]}


@router.post("/{partner}/reconciliations", operation_id="reconcile", response_model=Reconciliation)
def reconcile(partner: Partner, asked: ReconcileRequest, operator: Operator, ctx: Ctx) -> dict[str, Any]:
    """Compare a day's books now (yesterday's without `day`), repair what never reached us, keep the report.

    Refused: 422 DAY for a day to come.
    """
    today = ctx.now().astimezone(CHINA).date()
    day = asked.day or today - timedelta(days=1)
    if day > today:
        raise Unprocessable("这一天还没有到，不能核对", code="DAY", field="day")
    report = ctx.reconcile(partner, day)
    with ctx.database.write() as session:
        detail = f"{operator.username} {partner} {day}"
        note_security_event(session, "operator", "RECONCILIATION", ctx.now(), detail=detail)
    ctx.notify()
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


def _inbox(row: AnyRow) -> dict[str, Any]:
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


def _command(row: AnyRow) -> dict[str, Any]:
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


def _exchange(row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.id,
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


_SHOWN: dict[str, tuple[AnySelect, Callable[[AnyRow], dict[str, Any]]]] = {
    "inbox": (
        select(
            InboxRow.id,
            InboxRow.message_id,
            InboxRow.handling_no,
            InboxRow.event_name,
            InboxRow.seq,
            InboxRow.state,
            InboxRow.verdict,
            InboxRow.attempts,
            InboxRow.error,
            InboxRow.received_at,
        ),
        _inbox,
    ),
    "commands": (
        select(
            CommandRow.key,
            CommandRow.kind,
            CommandRow.handling_no,
            CommandRow.state,
            CommandRow.attempts,
            CommandRow.error,
            CommandRow.rendered_at,
            CommandRow.sent_at,
        ),
        _command,
    ),
    "exchanges": (select(*(column for column in ExchangeRow.__table__.columns if column.name != "signed")), _exchange),
}
"""What is read for each of `EXCHANGED`, and how it is shown: never the sealed messages themselves."""
