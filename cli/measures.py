"""`kuayu report kpi --month`: the five measures of a month as the supervisor's page has them, down to case numbers."""

import json
from pathlib import Path
from typing import Any, Final

import typer

from cli.http import Kuayu

KPI: Final = "kpi"
_AT_ONCE: Final = 500


def kpi(kuayu: Kuayu, month: str | None, *, as_json: bool, explain: str | None, xlsx: Path | None) -> None:
    """Print, or write, the measures of `month` (None: this one); `explain`: one of them with its case numbers.

    Raises:
        typer.Exit: 2 for a measure that there is not.
    """
    path = "/api/v1/measures" + (f"?month={month}" if month else "")
    if xlsx is not None:
        xlsx.write_bytes(kuayu.download(f"{path}{'&' if month else '?'}format=xlsx"))
        typer.echo(str(xlsx))
        return
    answer = kuayu.call("GET", path)
    if explain is not None:
        _explained(kuayu, answer, explain)
    elif as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        typer.echo(answer["month"])
        for each in answer["measures"]:
            typer.echo(f"{each['label']}：{_said(each)}（{each['of']} 件；目标 {_target(each)}）")


def _said(each: dict[str, Any]) -> str:
    return _in_unit(each["unit"], each["value"])


def _target(each: dict[str, Any]) -> str:
    target = each["target"]
    return f"{'≤' if target['atMost'] else '≥'} {_in_unit(each['unit'], target['value'])}"


def _in_unit(unit: str, value: float | None) -> str:
    if value is None:
        return "暂无"
    return f"{round(100 * value, 2):g}%" if unit == "比例" else f"{value:g} {unit}"


def _explained(kuayu: Kuayu, answer: dict[str, Any], name: str) -> None:
    measure = next((each for each in answer["measures"] if each["name"] == name), None)
    if measure is None:
        typer.echo("没有这个指标，可选：" + "、".join(each["name"] for each in answer["measures"]), err=True)
        raise typer.Exit(2)
    typer.echo(f"{measure['label']}：{_said(measure)}\n{measure['method']}")
    for part in measure["parts"]:
        typer.echo(f"{part['label']}：{part['count']}")
        for case_no in _cases(kuayu, answer["month"], name, part["part"]):
            typer.echo(f"  {case_no}")


def _cases(kuayu: Kuayu, month: str, name: str, part: str) -> list[str]:
    """Every number behind a part, page by page."""
    path = f"/api/v1/measures/{name}/cases?month={month}&part={part}&size={_AT_ONCE}"
    found: list[str] = []
    after = ""
    while True:
        page = kuayu.call("GET", path + (f"&after={after}" if after else ""))
        found += page["cases"]
        if page["next"] is None:
            return found
        after = page["next"]
