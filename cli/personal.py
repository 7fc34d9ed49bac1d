"""`kuayu personal …`: what would be erased when, what holds it, and erasing a case at once."""

import json
from datetime import date, datetime, time, timedelta
from time import sleep
from typing import Annotated

import typer

from cli.acting import acting
from domain.errors import Conflict, KuayuError
from domain.personal import EraseReason, HoldKind
from domain.terms import Role
from logistics.service_calendar import CHINA
from runtime.container import Container, container_of, now, retention_terms
from runtime.four_eyes import needs_two
from runtime.settings import Settings, load_settings
from storage.people.passwords import verify
from storage.people.users import UserRow, password_of
from storage.personal.due import Stage, due_cases
from storage.personal.eraser import Eraser, Order
from storage.personal.holds import OPEN_CASE, OPEN_CLAIM, OPEN_TASK, lift_hold, set_hold
from web.views.cases import find_case

app = typer.Typer(help="个人信息", no_args_is_help=True)

_HELD = {OPEN_CASE: "未办结", OPEN_TASK: "有待办未了结", OPEN_CLAIM: "有理赔未了结"} | {
    kind.value: kind.label for kind in HoldKind
}
_STAGES = {Stage.DOCUMENTS: "材料扫描件", Stage.WHOLE: "全部个人信息"}


@app.callback()
def personal() -> None:
    """Personal data (个人信息): its end."""


@app.command()
def due(
    days: Annotated[int, typer.Option(help="look so many days ahead")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
) -> None:
    """What would be erased by then, since when it is over, and what holds it up; nothing is changed."""
    settings = load_settings()
    parts = container_of(settings)
    found = list(due_cases(parts.database, retention_terms(settings), now() + timedelta(days=days)))
    parts.database.close()
    if as_json:
        lines = [{"caseNo": d.case_no, "stage": d.stage, "on": d.on.isoformat(), "held": d.held} for d in found]
        typer.echo(json.dumps(lines, ensure_ascii=False))
        return
    for one in found:
        held = f"  暂缓：{_HELD.get(one.held, one.held)}" if one.held else ""
        typer.echo(f"{one.case_no}  {one.on.astimezone(CHINA):%Y-%m-%d} 到期  {_STAGES[one.stage]}{held}")
    typer.echo(f"共 {len(found)} 件")


@app.command()
def erase(
    case_no: str,
    reason: Annotated[EraseReason, typer.Option(help="为什么删除")],
    yes: Annotated[bool, typer.Option("--yes", help="没有它只说会删什么")] = False,
    approved_by: Annotated[str, typer.Option(help="同意删除的督办人员账号；FOUR_EYES 开启时必填")] = "",
) -> None:
    """Erase everything personal of a closed case now; it can't be brought back. On the audit trail."""
    settings = load_settings()
    if not yes:
        typer.echo(f"将删除 {case_no} 的全部个人信息和文件，不能恢复；确定请加 --yes")
        raise typer.Exit(1)
    approver = _approved(settings, approved_by)
    parts = acting(settings, "kuayu personal erase", f"{case_no} {approver}".strip())
    eraser = Eraser(parts.database, parts.sealer, parts.documents, now, pause=_pause)
    try:
        gone = eraser.erase(Order(case_no, Stage.WHOLE, reason, approver or "os"))
    except Conflict as held:
        if held.code != "ERASURE_HELD":
            raise
        raise KuayuError(_said(held)) from held
    finally:
        parts.database.close()
    typer.echo(f"{case_no} 的个人信息已删除，文件 {gone} 份，密钥已销毁")


@app.command()
def hold(
    case_no: str,
    kind: Annotated[HoldKind | None, typer.Option(help="为什么暂缓")] = None,
    until: Annotated[str, typer.Option(help="到哪一天为止，YYYY-MM-DD；不写：直到解除")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="解除")] = False,
) -> None:
    """Hold the data of a case beyond its day, or lift the hold. On the audit trail."""
    if lift is (kind is not None):
        raise typer.BadParameter("请写 --kind 或 --lift")
    ends = _day_after(until) if until else None
    parts = acting(load_settings(), "kuayu personal hold", case_no)
    with parts.database.write() as session:
        find_case(session, case_no)
        if kind is None:
            lift_hold(session, case_no, "os", now())
        else:
            set_hold(session, case_no, kind, "os", now(), ends)
    parts.database.close()
    typer.echo(f"{case_no} " + (f"暂缓删除：{kind.label}" if kind is not None else "不再暂缓"))


def _pause(seconds: float) -> None:
    typer.echo(f"等各进程放下这个办件的旧密钥（{seconds:.0f} 秒）……")
    sleep(seconds)


def _said(held: Conflict) -> str:
    start, _, why = held.sentence.rpartition("：")
    return f"{start}：{_HELD.get(why, why)}"


def _day_after(day: str) -> datetime:
    try:
        last = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter("日期请写成 YYYY-MM-DD") from None
    return datetime.combine(last + timedelta(days=1), time(), CHINA)


def _approved(settings: Settings, username: str) -> str:
    """The second person, who has typed his password here; "" where one is enough.

    Raises:
        KuayuError: nobody, or not this person.
    """
    if not username and not needs_two(settings.four_eyes, played=settings.sandbox):
        return ""
    if not username:
        raise KuayuError("需要另一人同意：请用 --approved-by 写督办人员账号")
    password = typer.prompt("督办人员密码", hide_input=True)
    if not _is_supervisors(container_of(settings), username, password):
        raise KuayuError("督办人员账号或密码不对")
    return username


def _is_supervisors(parts: Container, username: str, password: str) -> bool:
    with parts.database.read() as session:
        stored = password_of(session, username)
        user = session.get(UserRow, username)
    parts.database.close()
    right = verify(stored, password).right
    return right and user is not None and user.active and user.role == Role.SUPERVISOR
