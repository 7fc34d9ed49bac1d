"""`kuayu catalog check|import|export`."""

import typer

from catalog.items import load

app = typer.Typer(help="事项清单", no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """The list of items."""


@app.command()
def check() -> None:
    """Count the items in force."""
    typer.echo(f"{len(load().items)} 项")
