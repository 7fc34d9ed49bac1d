"""`kuayu unit …`: the tree of units, from the server; what is changed is on the audit trail."""

import json
import re
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from cli.acting import acting
from domain.errors import BadInput
from domain.units import UNIT_ID, Misplaced, Unit, UnitKind, misplaced, reach_of
from runtime.container import container_of
from runtime.settings import load_settings
from storage.people import units as stored
from storage.people.accounts import end_sessions_at

app = typer.Typer(help="单位：列出、增加、停用", no_args_is_help=True)

UnitId = Annotated[str, typer.Argument(help="单位编号，例如 jiefangbei-street", metavar="编号")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取")]

_WHY = {
    Misplaced.KIND: "区和邮政各只有一个，已经有了",
    Misplaced.PARENT: "这类单位不能设在这个上级下面；kuayu unit list 列出全部",
    Misplaced.REF: "部门、邮政网点和协作网络用 --ref 写明对应哪一个，不能重复；其他单位不用写",
}


@app.command("list", help="列出单位：编号、类别、名称、上级。")
def list_(as_json: AsJson = False) -> None:
    """Every unit, each below the one above it."""
    parts = container_of(load_settings())
    with parts.database.read() as session:
        units = list(stored.units_now(session).values())
    if as_json:
        typer.echo(json.dumps([unit.model_dump(mode="json") for unit in units], ensure_ascii=False, indent=2))
        return
    for unit in sorted(units, key=lambda unit: (list(UnitKind).index(unit.kind), unit.id)):
        typer.echo(_line(unit))


@app.command(help="增加单位，设在一个已有的单位下面。")
def add(
    unit_id: UnitId,
    kind: Annotated[UnitKind, typer.Option(help="类别")],
    name: Annotated[str, typer.Option(help="名称")],
    parent: Annotated[str, typer.Option(help="上级单位的编号")],
    ref: Annotated[str, typer.Option(help="部门名称、网点编号或协作网络")] = "",
    as_json: AsJson = False,
) -> None:
    """Add a unit below one that is there."""
    if not re.fullmatch(UNIT_ID, unit_id):
        raise BadInput("编号用2到32个小写字母、数字或短横，以字母或数字开头。")
    if not 1 <= len(name) <= 60:
        raise BadInput("名称用1到60个字。")
    unit = Unit(id=unit_id, kind=kind, name=name, parent=parent, ref=ref)
    parts = acting(load_settings(), "kuayu unit add", unit_id)
    with parts.database.write() as session:
        tree = stored.units_now(session)
        if unit_id in tree:
            raise BadInput(f"已有单位 {unit_id}：{tree[unit_id].name}。")
        why = misplaced(tree, unit)
        if why is not None:
            raise BadInput(f"{_WHY[why]}。")
        stored.add_units(session, [unit])
    _say(unit, as_json=as_json)


@app.command(help="停用单位：在那里和它下面的账号马上退出；办过的事由上级单位接着看。")
def disable(unit_id: UnitId, as_json: AsJson = False) -> None:
    """Close a unit."""
    _say(_set(unit_id, "disable", active=False), as_json=as_json)


@app.command(help="重新启用单位。")
def enable(unit_id: UnitId, as_json: AsJson = False) -> None:
    """Open a closed unit again."""
    _say(_set(unit_id, "enable", active=True), as_json=as_json)


def _set(unit_id: str, command: str, *, active: bool) -> Unit:
    parts = acting(load_settings(), f"kuayu unit {command}", unit_id)
    with parts.database.write() as session:
        below = reach_of(stored.units_now(session), unit_id).units
        if not stored.set_active(session, unit_id, active=active):
            raise BadInput(f"没有单位 {unit_id}；kuayu unit list 列出全部。")
        if not active:
            end_sessions_at(session, below)
        return _unit(session, unit_id)


def _unit(session: Session, unit_id: str) -> Unit:
    session.flush()
    unit = stored.unit_of(session, unit_id)
    if unit is None:
        raise BadInput(f"没有单位 {unit_id}；kuayu unit list 列出全部。")
    return unit


def _say(unit: Unit, *, as_json: bool) -> None:
    typer.echo(json.dumps(unit.model_dump(mode="json"), ensure_ascii=False) if as_json else _line(unit))


def _line(unit: Unit) -> str:
    below = f"  上级 {unit.parent}" if unit.parent else ""
    return f"{unit.id}  {unit.kind.label}  {unit.name}{below}{'' if unit.active else '  已停用'}"
