"""`kuayu audit verify`: whether the audit trail is whole."""

import json
from typing import Annotated

import typer

from runtime.container import audit_trail, container_of
from runtime.settings import load_settings
from storage.audit.verification import verify_trail
from web.views.audit_words import verdict_said

app = typer.Typer(help="审计", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """The audit trail (审计记录)."""


@app.command()
def verify(
    expect: Annotated[list[str] | None, typer.Option(help="SEQ:DIGEST, as noted before; may be repeated")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """Read every entry once; exit 1 and name the first that is not as it was written. Note what it says at the end."""
    settings = load_settings()
    parts = container_of(settings)
    with parts.database.read_one_moment() as session:
        verdict = verify_trail(session, audit_trail(settings).signer, _expected(expect or []))
    typer.echo(json.dumps(verdict.model_dump(), ensure_ascii=False) if as_json else verdict_said(verdict))
    raise typer.Exit(0 if verdict.is_whole else 1)


def _expected(given: list[str]) -> dict[int, str]:
    found = {}
    for one in given:
        seq, _, digest = one.partition(":")
        if not seq.isdigit() or not digest:
            raise typer.BadParameter("请写成 序号:摘要")
        found[int(seq)] = digest
    return found
