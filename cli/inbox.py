"""`kuayu inbox list|replay`: what the networks said, and delivering a dead message again."""

import getpass
import json
from typing import Annotated

import typer
from sqlalchemy import select

from cli.acting import acting
from exchange.dead_letters import replay as replay_message
from runtime.container import container_of, now
from runtime.settings import load_settings
from storage.exchange.inbox_row import InboxRow, InboxState

app = typer.Typer(help="收件箱", no_args_is_help=True)


@app.command("list")
def list_(
    state: Annotated[InboxState | None, typer.Option(help="only this state")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """The last 200 messages, newest first."""
    parts = container_of(load_settings())
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
            "attempts": row.attempts,
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
    """Let a dead message be delivered to its case once more; the Update's id keeps it from counting twice."""
    parts = acting(load_settings(), "kuayu inbox replay", str(row_id))
    with parts.database.write() as session:
        state = replay_message(session, parts.inbox, row_id, by=getpass.getuser(), now=now())
    typer.echo(f"{row_id} {state}")
