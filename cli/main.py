"""`kuayu …`: start, migrate, look after and ask the system; `--json` where a program would read it."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import (
    audit,
    cases,
    catalog,
    devices,
    inbox,
    keys,
    parcels,
    partners,
    personal,
    reports,
    units,
    user_factors,
    users,
)
from cli.doctor import examine
from domain.errors import KuayuError, Misconfigured
from runtime.condition import LEVELS, worst
from runtime.private_files import keep_private
from runtime.settings import UP_DEFAULTS, Settings, load_settings

app = typer.Typer(help="跨域通办 Kuayu", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(audit.app, name="audit")
app.add_typer(cases.app, name="case")
app.add_typer(catalog.app, name="catalog")
app.add_typer(devices.app, name="device")
app.add_typer(inbox.app, name="inbox")
app.add_typer(keys.app, name="keys")
app.add_typer(parcels.app, name="parcel")
app.add_typer(partners.app, name="partner")
app.add_typer(personal.app, name="personal")
users.app.command("factors", help="看账号的第二因素；--reset 全部解除")(user_factors.factors)
users.app.command("certificate", help="把 UKey 里的证书绑定到账号")(user_factors.certificate)
app.add_typer(units.app, name="unit")
app.add_typer(users.app, name="user")
app.command("report")(reports.report)


def settings_or_exit() -> Settings:
    """The settings of this process.

    Raises:
        typer.Exit: 2, after each wrong variable was printed.
    """
    try:
        return load_settings()
    except Misconfigured as fault:
        typer.echo(fault.sentence, err=True)
        raise typer.Exit(2) from fault


@app.command()
def up() -> None:
    """Start everything on this machine (what `make run` does)."""
    from runtime.processes import ProcessFailed
    from runtime.up import run_up

    try:
        settings = load_settings(**UP_DEFAULTS)
        asyncio.run(run_up(settings, lambda line: typer.echo(line)))
    except (Misconfigured, ProcessFailed) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from fault


@app.command()
def worker() -> None:
    """Start the worker alone."""
    settings_or_exit()
    from worker import run

    run()


@app.command()
def web() -> None:
    """Start the web process alone."""
    from web.app import serve

    serve(settings_or_exit())


@app.command()
def sandbox(
    part: Annotated[str, typer.Argument(help="partners | couriers")],
    port: Annotated[int, typer.Option(help="port to listen on")] = 0,
    state: Annotated[Path | None, typer.Option(help="file that survives a kill")] = None,
) -> None:
    """Play the partner networks or the postal carrier (separate programs over real HTTP)."""
    from runtime.up import sandbox_argv

    settings = settings_or_exit()
    if part not in ("partners", "couriers"):
        typer.echo("请选择 partners 或 couriers", err=True)
        raise typer.Exit(2)
    raise typer.Exit(subprocess.call(sandbox_argv(settings, part, port=port, state=state)))


@app.command()
def migrate() -> None:
    """Bring the database to the newest form, count the catalogue, seed couriers and demo users."""
    from cli.migration import run_migration

    for line in run_migration(settings_or_exit()):
        typer.echo(line)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False) -> None:
    """Examine the installation: every line pass, warn or fail, with one fix. Exit 0, 1 (warn) or 2 (fail)."""
    findings = asyncio.run(examine())
    if as_json:
        typer.echo(json.dumps([finding.model_dump() for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            fix = f"  → {finding.fix}" if finding.fix else ""
            typer.echo(f"[{finding.level:4}] {finding.what}：{finding.detail}{fix}")
    raise typer.Exit(LEVELS.index(worst(findings)))


def run() -> None:
    """The program; an error of ours is printed as one sentence and ends it with 1."""
    keep_private()
    try:
        app()
    except KuayuError as fault:
        typer.echo(fault.sentence, err=True)
        sys.exit(1)
