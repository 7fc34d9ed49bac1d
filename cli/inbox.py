"""`kuayu inbox list|replay`: what the networks said, and telling a case again."""

import json
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import select

from domain.terms import Partner
from partners.standards import CHINA
from relay.reconciliation import Reconciliation
from runtime.components import networks_of, now, parts_of
from runtime.settings import load_settings
from storage.exchange import note_security_event
from storage.inbox import InboxRow, InboxState

app = typer.Typer(help="收件箱", no_args_is_help=True)


@app.command("list")
def list_(
    state: Annotated[InboxState | None, typer.Option(help="only this state")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """The last 200 messages, newest first."""
    parts = parts_of(load_settings())
    with parts.database.read() as session:
        query = select(InboxRow).order_by(InboxRow.id.desc()).limit(200)
        rows = session.scalars(query if state is None else query.filter_by(state=state)).all()
    found = [
        {
            "id": row.id,
            "sender": row.sender,
            "messageId": row.message_id,
            "handlingNo": row.handling_no,
            "event": row.event_name,
            "seq": row.seq,
            "state": row.state,
            "verdict": row.verdict,
            "error": row.error,
        }
        for row in rows
    ]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo("  ".join(str(value) for value in one.values() if value is not None))


@app.command()
def replay(row_id: int) -> None:
    """Deliver a dead message to its case once more; the Update's id keeps it from counting twice."""
    parts = parts_of(load_settings())
    with parts.database.write() as session:
        row = session.get(InboxRow, row_id, with_for_update=True)
        if row is None or row.update is None or row.state != InboxState.DEAD:
            typer.echo("没有这条可重放的消息", err=True)
            raise typer.Exit(1)
        row.state, row.attempts = InboxState.NEW, 0
        note_security_event(session, "operator", "INBOX_REPLAY", now(), handling_no=row.handling_no)
    typer.echo(f"{row_id} NEW")


@app.command()
def reconcile(
    partner: Partner,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="of Asia/Shanghai; yesterday")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """Compare a day's books with a network's, repair what never reached us, keep the report; exit 1 if not clean."""
    parts = parts_of(load_settings())
    asked = day.date() if day else now().astimezone(CHINA).date() - timedelta(days=1)
    adapters = networks_of(parts).adapters
    report = Reconciliation(parts.database, parts.inbox, adapters, now).reconcile(partner, asked)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        typer.echo(f"{partner} {asked} 核对 {report.compared} 项，未答复 {report.unanswered} 项")
        for difference in report.differences:
            state = "已修复" if difference.repaired else "待处理"
            typer.echo(
                f"{difference.subject}  {difference.kind}  我方 {difference.ours}  对方 {difference.theirs}  {state}"
            )
    if not report.clean:
        raise typer.Exit(1)
