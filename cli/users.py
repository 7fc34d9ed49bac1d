"""`kuayu user …`: the accounts of this hall, from the server; what is changed is on the audit trail.

Passwords are asked for, or read from standard input, and never stand in a command line.
"""

import getpass
import json
import re
import sys
from typing import Annotated, Any, Final

import typer
from sqlalchemy.orm import Session

from cli.acting import acting, actor
from domain.errors import BadInput, KuayuError
from domain.people import USERNAME
from domain.terms import Role
from domain.units import DISTRICT, reach_of
from runtime.container import Container, container_of, now
from runtime.settings import load_settings
from storage.people import accounts as stored
from storage.people.account_list import AccountSeen, Wanted, account_of, accounts
from storage.people.passwords import PasswordHash, initial_password, is_printed, judged
from storage.people.session_list import SessionSeen, end_sessions, sessions_of
from storage.people.units import units_now
from storage.people.users import INITIAL_VALID, UserRow
from web.api.units import check_which_courier, place_for

app = typer.Typer(help="账号：增加、停用、改密码、改岗位、改单位、看登录", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="用户名", metavar="用户名")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取")]
Own = Annotated[bool, typer.Option("--own", help="密码由本人亲自输入，首次登录不用再改")]
UnitId = Annotated[
    str | None, typer.Option("--unit", help="单位编号，见 kuayu unit list；没有单位的只能管理自己的账号")
]
CourierId = Annotated[str | None, typer.Option("--courier", help="投递员编号，只有投递员岗位用，例如 daping-1")]
Generate = Annotated[bool, typer.Option("--generate", help="由系统生成初始密码，只显示这一次")]

_AT_ONCE: Final = 500
_HOURS: Final = int(INITIAL_VALID.total_seconds() // 3600)


@app.command(help="增加账号。密码由提示输入或从标准输入读取；别人代设的密码，本人首次登录须在72小时内改掉。")
def add(
    username: Name,
    role: Annotated[Role, typer.Option(help="岗位")],
    unit: UnitId = None,
    courier: CourierId = None,
    own: Own = False,
    generate: Generate = False,
    as_json: AsJson = False,
) -> None:
    """Add an account; one that is there already stays as it is."""
    if not re.fullmatch(USERNAME, username):
        raise BadInput("用户名用2到32个小写字母、数字、点或短横，以字母或数字开头，例如 wangmin。")
    password = _password(username, own=own, generate=generate)
    made = judged(password, username, ())
    parts = acting(load_settings(), "kuayu user add", username)
    with parts.database.write() as session:
        place = _place(session, role, unit, courier)
        if not stored.add_user(session, username, role, made, now(), own=own, place=place):
            raise BadInput(f"已有账号 {username}；改密码用 kuayu user passwd，改岗位用 kuayu user role。")
    _say(parts, username, as_json=as_json, given=password if generate else None)


@app.command("list", help="列出账号：岗位、状态、最近登录、登录数。")
def list_(
    named: Annotated[str, typer.Argument(help="用户名的一部分", metavar="[用户名]")] = "",
    role: Annotated[Role | None, typer.Option(help="只看这个岗位")] = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="只看已停用的")] = False,
    as_json: AsJson = False,
) -> None:
    """All accounts that fit, by name."""
    parts, after, found = container_of(load_settings()), "", list[AccountSeen]()
    wanted = Wanted(named, role, False if disabled else None)
    with parts.database.read() as session:
        while True:
            page = accounts(session, wanted, now(), size=_AT_ONCE, after=after)
            found += page.rows
            if page.next is None:
                break
            after = page.next
    if as_json:
        typer.echo(json.dumps([_facts(each) for each in found], ensure_ascii=False, indent=2))
        return
    for each in found:
        typer.echo(_line(each))


@app.command(help="停用账号：马上不能登录，已有的登录和实时页面全部结束。可以一次写几个用户名。")
def disable(
    usernames: Annotated[list[str], typer.Argument(help="用户名", metavar="用户名…")], as_json: AsJson = False
) -> None:
    """Close accounts; the last operator's too, since this command can add another."""
    for username in usernames:
        parts = acting(load_settings(), "kuayu user disable", username)
        with parts.database.write() as session:
            if not stored.disable(session, username, actor(), now()):
                raise _unknown(username)
        _say(parts, username, as_json=as_json)


@app.command(help="重新启用账号，密码照旧；用演示密码的要先改密码。")
def enable(username: Name, as_json: AsJson = False) -> None:
    """Open a closed account again."""
    settings = load_settings()
    parts = acting(settings, "kuayu user enable", username)
    user = _user(parts, username)
    if not settings.sandbox and not user.vetted and is_printed(user.password):
        raise BadInput(f"{username} 用的是公开的演示密码，请先运行 kuayu user passwd {username}。")
    with parts.database.write() as session:
        stored.enable(session, username)
    _say(parts, username, as_json=as_json)


@app.command(help="改密码，并结束这个账号的所有登录。别人代设的密码，本人首次登录须在72小时内改掉。")
def passwd(username: Name, own: Own = False, generate: Generate = False, as_json: AsJson = False) -> None:
    """Another password, which is none of the last ones; all sessions end."""
    parts = acting(load_settings(), "kuayu user passwd", username)
    before = PasswordHash(_user(parts, username).password)
    with parts.database.read() as session:
        known = stored.known_passwords(session, username)
    password = _password(username, own=own, generate=generate)
    made = judged(password, username, known)
    with parts.database.write() as session:
        if not stored.set_password(session, username, before, made, now(), own=own):
            raise BadInput("密码刚刚被别人改过，请再看一下。")
    _say(parts, username, as_json=as_json, given=password if generate else None)


@app.command(help="改岗位，并结束这个账号的所有登录。")
def role(username: Name, role: Annotated[Role, typer.Argument(help="新岗位")], as_json: AsJson = False) -> None:
    """Another role."""
    parts = acting(load_settings(), "kuayu user role", username)
    with parts.database.write() as session:
        if not stored.change_role(session, username, role):
            raise _unknown(username)
    _say(parts, username, as_json=as_json)


@app.command("unit", help="改单位，并结束这个账号的所有登录；投递员还要写明是哪一位。")
def put_at(
    username: Name,
    unit: Annotated[str, typer.Argument(help="单位编号，见 kuayu unit list", metavar="单位")],
    courier: CourierId = None,
    as_json: AsJson = False,
) -> None:
    """Another place."""
    parts = acting(load_settings(), "kuayu user unit", username)
    role = Role(_user(parts, username).role)
    with parts.database.write() as session:
        stored.put_at(session, username, _place(session, role, unit, courier))
    _say(parts, username, as_json=as_json)


@app.command(help="列出账号的登录：何时、从哪里、用什么；--end 全部结束。")
def sessions(
    username: Name,
    end: Annotated[bool, typer.Option("--end", help="结束全部登录")] = False,
    as_json: AsJson = False,
) -> None:
    """The sessions of an account that are not over, or their end."""
    settings = load_settings()
    parts = acting(settings, "kuayu user sessions --end", username) if end else container_of(settings)
    _user(parts, username)
    if end:
        with parts.database.write() as session:
            ended = end_sessions(session, username)
        typer.echo(json.dumps({"username": username, "ended": ended}) if as_json else f"已结束 {ended} 个登录")
        return
    with parts.database.read() as session:
        found = sessions_of(session, username, now())
    if as_json:
        typer.echo(json.dumps([_session_facts(each) for each in found], ensure_ascii=False, indent=2))
        return
    for each in found:
        typer.echo(f"{each.opened_at:%Y-%m-%d %H:%M}Z  {each.came_from}  {each.agent}  {each.amr}  {each.stage}")


def _place(session: Session, role: Role, unit: str | None, courier: str | None) -> stored.Place:
    place = place_for(session, reach_of(units_now(session), DISTRICT), role, unit, courier)
    check_which_courier(load_settings(), role, place)
    return place


def _password(username: str, *, own: bool, generate: bool) -> str:
    if generate:
        if own:
            raise typer.BadParameter("--own 和 --generate 只能用一个")
        return initial_password(username)
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("密码：")
    if getpass.getpass("再输一遍：") != password:
        raise BadInput("两次输入的密码不一样，没有改动。")
    return password


def _user(parts: Container, username: str) -> UserRow:
    with parts.database.read() as session:
        user = session.get(UserRow, username)
    if user is None:
        raise _unknown(username)
    return user


def _unknown(username: str) -> KuayuError:
    return BadInput(f"没有账号 {username}；kuayu user list 列出全部。")


def _say(parts: Container, username: str, *, as_json: bool, given: str | None = None) -> None:
    """The account as it is now; `given`: the password that was made for it, shown this once."""
    with parts.database.read() as session:
        seen = account_of(session, username, now())
    if seen is None:
        raise _unknown(username)
    if as_json:
        more = {} if given is None else {"initialPassword": given}
        typer.echo(json.dumps(_facts(seen) | more, ensure_ascii=False))
        return
    typer.echo(_line(seen))
    if given is not None:
        typer.echo(f"初始密码：{given}（只显示这一次，{_HOURS}小时内有效，首次登录时由本人改掉）")


def _line(seen: AccountSeen) -> str:
    state = "" if seen.active else f"  已停用（{seen.disabled_by or '—'}）"
    state += "  待本人改密码" if seen.must_change else ""
    last = f"{seen.last_login_at:%Y-%m-%d %H:%M}Z" if seen.last_login_at else "—"
    place = f"{seen.unit_id or '没有单位'}{f'/{seen.courier_id}' if seen.courier_id else ''}"
    return f"{seen.username}  {seen.role}  {place}  最近登录 {last}  登录 {seen.sessions}{state}"


def _facts(seen: AccountSeen) -> dict[str, Any]:
    return {
        "username": seen.username,
        "role": seen.role,
        "unit": seen.unit_id,
        "courierId": seen.courier_id,
        "active": seen.active,
        "mustChange": seen.must_change,
        "lastLoginAt": seen.last_login_at.isoformat() if seen.last_login_at else None,
        "sessions": seen.sessions,
    }


def _session_facts(seen: SessionSeen) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in seen._asdict().items()}
