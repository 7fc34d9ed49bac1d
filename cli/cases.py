"""`kuayu case start|upload|show|list`."""

import json
import sys
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.http import Kuayu

app = typer.Typer(help="办件", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="machine-readable")]


@app.command()
def start(
    body: Annotated[Path, typer.Argument(help="JSON file with the body of POST /cases; - for standard input")],
    key: Annotated[str | None, typer.Option(help="Idempotency-Key; a fresh one by default")] = None,
    as_json: AsJson = False,
) -> None:
    """Register a case."""
    text = sys.stdin.read() if str(body) == "-" else body.read_text("utf-8")
    answer = Kuayu().call("POST", "/api/v1/cases", json.loads(text), key or uuid.uuid4().hex)
    _say(answer, as_json, f"{answer['caseNo']} {answer['status']}")


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(help="PDF, OFD, JPEG or PNG, at most 20 MB")], as_json: AsJson = False
) -> None:
    """Upload the file of an electronic material; prints the sha256 that the body of `case start` names."""
    answer = Kuayu().upload(file.read_bytes())
    _say(answer, as_json, answer["sha256"])


@app.command()
def show(case_no: str, as_json: AsJson = False) -> None:
    """One case with its history."""
    kuayu = Kuayu()
    case = kuayu.call("GET", f"/api/v1/cases/{case_no}")
    events = kuayu.call("GET", f"/api/v1/cases/{case_no}/events")["events"]
    lines = [f"{case['caseNo']} {case['itemName']} {case['statusLabel']}"]
    lines += [f"  {h['handlingNo']} {h['region']} {h['scheme']} {h['statusLabel']}" for h in case["handlings"]]
    lines += [f"  {p['leg']:8} {p['trackingNo']} {p['stage']}" for p in case["parcels"]]
    lines += [f"  {e['at'][:19]} {e['kind']} {e['handlingNo'] or ''}" for e in events]
    _say(case | {"events": events}, as_json, "\n".join(lines))


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="only this status")] = None,
    size: Annotated[int, typer.Option(help="how many")] = 50,
    as_json: AsJson = False,
) -> None:
    """The work list, most urgent first."""
    query = f"?size={size}" + (f"&status={status}" if status else "")
    answer = Kuayu().call("GET", f"/api/v1/cases{query}")
    lines = [f"{c['caseNo']} {c['statusLabel']:10} {c['itemName']}" for c in answer["cases"]]
    _say(answer, as_json, "\n".join([*lines, f"{answer['total']} 件"]))


def _say(answer: dict[str, Any], as_json: bool, text: str) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else text)
