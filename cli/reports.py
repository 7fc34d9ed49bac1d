"""`kuayu report`: the quarter's figures, explainable down to case numbers."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.http import Kuayu
from cli.measures import KPI, kpi


def report(
    period: Annotated[str, typer.Argument(help="for example 2026Q4; or kpi")],
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable, with the case numbers")] = False,
    explain: Annotated[str | None, typer.Option(help="one figure with its case numbers, by name")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="write the workbook here", dir_okay=False)] = None,
    month: Annotated[str | None, typer.Option(help="for `kpi`: for example 2026-11; this month if not said")] = None,
) -> None:
    """A quarter's cases, time and trips saved, satisfaction and the rest; or `kpi`: the five measures of a month."""
    kuayu = Kuayu("supervisor")
    if period == KPI:
        kpi(kuayu, month, as_json=as_json, explain=explain, xlsx=xlsx)
        return
    path = f"/api/v1/reports/{period}"
    if xlsx is not None:
        xlsx.write_bytes(kuayu.download(f"{path}?format=xlsx"))
        typer.echo(str(xlsx))
        return
    answer = kuayu.call("GET", path)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    figures: list[dict[str, Any]] = answer["figures"]
    if explain is not None:
        _explained(figures, explain)
        return
    last = datetime.fromisoformat(answer["to"]).date() - timedelta(days=1)
    typer.echo(f"{answer['period']}（{answer['from'][:10]} 至 {last}）")
    for figure in figures:
        typer.echo(f"{figure['label']}：{shown(figure)}")
        for part in figure["parts"] if figure["name"] == "cases" else ():
            typer.echo(f"  {part['label']}：{part['value']:.15g}")
    if answer["scaledCases"]:
        typer.echo(f"其中{answer['scaledCases']}件是加速时间下的演示办件")


def shown(figure: dict[str, Any]) -> str:
    """A value as people read it; shares in per cent."""
    if figure["value"] is None:
        return "暂无"
    if figure["unit"] == "比例":
        return f"{figure['value'] * 100:.2f}%（{figure['of']}）"
    return f"{figure['value']:.15g} {figure['unit']}（{figure['of']}）"


def _explained(figures: list[dict[str, Any]], name: str) -> None:
    figure = next((f for f in figures if f["name"] == name), None)
    if figure is None:
        typer.echo("没有这个指标，可选：" + "、".join(f["name"] for f in figures), err=True)
        raise typer.Exit(2)
    typer.echo(f"{figure['label']}：{shown(figure)}\n{figure['method']}")
    for part in figure["parts"]:
        typer.echo(f"{part['label']}：{part['value']:.15g}")
        for case_no in part["cases"]:
            typer.echo(f"  {case_no}")
