"""`kuayu user add`."""

import getpass
import sys
from typing import Annotated

import typer

from cli.acting import acting
from domain.terms import Role
from runtime.settings import load_settings
from storage.people.passwords import hashed
from storage.people.users import put_user

app = typer.Typer(help="用户", no_args_is_help=True)

MIN_PASSWORD = 10


@app.callback()
def users() -> None:
    """Users of this hall."""


@app.command()
def add(username: str, role: Annotated[Role, typer.Option(help="岗位")]) -> None:
    """Add a user, or set a new password; the password is asked for, or read from standard input."""
    password = getpass.getpass("密码：") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < MIN_PASSWORD:
        typer.echo(f"密码至少 {MIN_PASSWORD} 位", err=True)
        raise typer.Exit(2)
    parts = acting(load_settings(), "kuayu user add", username)
    made = hashed(password)
    with parts.database.write() as session:
        put_user(session, username, role, made)
    typer.echo(f"{username} {role}")
