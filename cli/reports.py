"""`kuayu report`: the quarter's figures, explainable down to case numbers."""

import json
from typing import Annotated

import typer

from cli.http import Kuayu


def report(
    period: Annotated[str, typer.Argument(help="for example 2026Q4")],
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """Cases per network, on time, satisfaction, one-hour compliance."""
    answer = Kuayu().call("GET", f"/api/v1/reports/{period}")
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for name, value in answer["figures"].items():
        typer.echo(f"{name}: {value}")
