"""`kuayu parcel rebuild`: every parcel's state made anew from its event log."""

import json
from typing import Annotated

import typer

from cli.acting import acting
from parcels import projection as parcels
from runtime.settings import load_settings

app = typer.Typer(help="邮件", no_args_is_help=True)


@app.callback()
def group() -> None:
    """One command so far; the group keeps its name in the command line."""


@app.command()
def rebuild(as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False) -> None:
    """Derive the state of every parcel from its scans; exit 1 if one was kept otherwise (it is right now)."""
    wrong = parcels.rebuild(acting(load_settings(), "kuayu parcel rebuild").database)
    if as_json:
        typer.echo(json.dumps({"corrected": wrong}))
    else:
        typer.echo("\n".join([f"与扫描记录不一致、已更正的邮件：{len(wrong)}", *wrong]))
    raise typer.Exit(1 if wrong else 0)
