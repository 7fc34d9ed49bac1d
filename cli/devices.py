"""`kuayu device …`: devices that scan, from the server; what is changed is on the audit trail."""

import json
from typing import Annotated, Any, Final

import typer

from cli.acting import acting, actor
from domain.devices import CODE_VALID, NAME_LENGTH, DeviceEnd
from domain.errors import BadInput
from domain.units import HALL
from parcels.outlets import outlet_now
from runtime.container import container_of, device_key, now
from runtime.settings import load_settings
from storage.people import devices as stored
from storage.people.devices import EnrolledDeviceRow, Invitation, Owner
from web.api.devices import check_login, shown
from web.views.device_words import ENDS

app = typer.Typer(help="设备：登记、停用、看谁在用", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取")]

_AT_ONCE: Final = 500
_MINUTES: Final = int(CODE_VALID.total_seconds() // 60)


@app.command("list", help="列出设备：归哪里管、谁最近用过、是否已停用。")
def list_(
    outlet: Annotated[str | None, typer.Option(help="只看这个网点（大厅是 hall）")] = None, as_json: AsJson = False
) -> None:
    """All devices, by name."""
    parts = container_of(load_settings())
    found: list[EnrolledDeviceRow] = []
    with parts.database.read() as session:
        while True:
            mark = (found[-1].name, found[-1].device_id) if found else None
            page = stored.devices(session, None if outlet is None else {outlet}, size=_AT_ONCE, after=mark)
            found += page
            if len(page) < _AT_ONCE:
                break
    if as_json:
        typer.echo(json.dumps([shown(row) for row in found], ensure_ascii=False, indent=2))
        return
    for row in found:
        typer.echo(_line(shown(row)))


@app.command(help=f"取一个登记码：只显示这一次，{_MINUTES}分钟内在那台设备的“扫描”页输入。")
def invite(
    name: Annotated[str, typer.Argument(help="设备名，例如 1号手持机", metavar="设备名")],
    outlet: Annotated[str, typer.Option(help="归哪个网点管（大厅是 hall）")],
    username: Annotated[str | None, typer.Option("--user", help="只给这个账号用")] = None,
    as_json: AsJson = False,
) -> None:
    """A code that enrols one device."""
    if not 0 < len(name.strip()) <= NAME_LENGTH:
        raise BadInput(f"设备名最多{NAME_LENGTH}个字。")
    settings = load_settings()
    parts = acting(settings, "kuayu device invite", f"{outlet} {username or ''}".strip())
    until = now() + CODE_VALID
    with parts.database.write() as session:
        if outlet != HALL:
            outlet_now(session, outlet)
        check_login(session, username, outlet)
        invitation = Invitation(name.strip(), Owner(outlet, username), actor())
        code = stored.invite(session, device_key(settings), invitation, now())
    if as_json:
        typer.echo(json.dumps({"code": code, "name": invitation.name, "outletId": outlet, "username": username,
                               "validUntil": until.isoformat()}, ensure_ascii=False))  # fmt: skip
        return
    typer.echo(f"登记码：{code}（只显示这一次，{_MINUTES}分钟内有效，在那台设备的“扫描 · 更多 · 这台设备”里输入）")


@app.command(help="停用设备：马上不能上传、看不到清单，在它上面的登录全部结束。")
def revoke(
    device_id: Annotated[str, typer.Argument(help="设备编号，见 kuayu device list", metavar="设备编号")],
    reason: Annotated[DeviceEnd, typer.Option(help="原因", case_sensitive=False)] = DeviceEnd.LOST,
    as_json: AsJson = False,
) -> None:
    """Stop a device."""
    parts = acting(load_settings(), "kuayu device revoke", device_id)
    with parts.database.write() as session:
        ended = stored.revoke(session, device_id, actor(), reason, now())
        if ended is None:
            raise BadInput(f"没有在用的设备 {device_id}；kuayu device list 列出全部。")
        facts = shown(session.get_one(EnrolledDeviceRow, device_id)) | {"sessionsEnded": ended}
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else f"{_line(facts)}  结束登录 {ended} 个")


def _line(facts: dict[str, Any]) -> str:
    whose = facts["outletId"] + (f"/{facts['username']}" if facts["username"] else "")
    seen = f"{facts['lastSeenAt'][:16]} {facts['lastSeenBy']}" if facts["lastSeenAt"] else "—"
    state = f"  已停用（{ENDS[DeviceEnd(facts['reason'])]}，{facts['revokedBy']}）" if facts["revokedAt"] else ""
    return f"{facts['deviceId']}  {facts['name']}  {whose}  最近使用 {seen}{state}"
