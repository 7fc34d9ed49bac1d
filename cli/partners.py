"""`kuayu partner reconcile`: our books against a network's, whenever somebody wants to know."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from domain.reconciliation import REPAIR, ReconciliationReport
from domain.terms import Partner
from exchange.reconciliation import Reconciliation
from partners.standards import CHINA
from runtime.container import container_of, now
from runtime.networks import adapters_of, books_of, networks_of
from runtime.settings import load_settings

app = typer.Typer(help="合作方", no_args_is_help=True)


@app.callback()
def group() -> None:
    """One command so far; the group keeps its name in the command line."""


@app.command()
def reconcile(
    partner: Partner,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="of Asia/Shanghai; yesterday")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """Compare a day's books with a network's, repair what never reached us, keep the report; exit 1 if not clean."""
    parts = container_of(load_settings())
    asked = day.date() if day else now().astimezone(CHINA).date() - timedelta(days=1)
    networks = networks_of(parts)
    adapters, books = adapters_of(networks), books_of(networks)
    report = Reconciliation(parts.database, parts.inbox, adapters, now, books=books).reconcile(partner, asked)
    typer.echo(report.model_dump_json(indent=2) if as_json else _in_words(report))
    if not report.clean:
        raise typer.Exit(1)


def _in_words(report: ReconciliationReport) -> str:
    head = f"{report.partner} {report.day} 核对 {report.compared} 项，未答复 {report.unanswered} 项"
    lines = [
        f"{one.subject}  我方 {one.ours or '-'}  对方 {one.theirs or '-'}  "
        f"{'已修复' if one.repaired else '待处理'}：{REPAIR[one.kind]}"
        for one in report.differences
    ]
    return "\n".join([head, *lines])
