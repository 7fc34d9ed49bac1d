"""`kuayu user …`: accounts from the server; passwords come by standard input, and each change is on the trail."""

import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.errors import BadInput
from domain.terms import Role
from domain.units import FIRST_UNIT
from runtime.container import now
from runtime.settings import load_settings
from storage.audit.chain import AuditRow
from storage.people.passwords import hashed, verify
from storage.people.sessions import open_session, who
from storage.people.users import UserRow, put_user

NEW, NEWER = "nine blue kettles", "five red lanterns"


def run(*words, code=0, **more):
    result = CliRunner().invoke(app, ["user", *words], **more)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def refused(*words, **more):
    """What `kuayu` prints before it ends with 1."""
    result = CliRunner().invoke(app, ["user", *words], **more)
    assert isinstance(result.exception, BadInput), (result.output, result.exception)
    return result.exception.sentence


def user(parts, name="wangmin"):
    with parts.database.read() as session:
        return session.get(UserRow, name)


def logged_in(parts, name="wangmin"):
    with parts.database.write() as session:
        return open_session(session, name, user(parts, name).password, None, now()).token


def holds(parts, token):
    with parts.database.read() as session:
        return who(session, token, now()) is not None


def trail(parts):
    with parts.database.read() as session:
        return [(row.kind, row.action, row.subject) for row in session.scalars(select(AuditRow).order_by(AuditRow.seq))]


def test_an_account_is_added_with_a_password_that_its_owner_changes(parts):
    said = json.loads(run("add", "wangmin", "--role", "clerk", "--json", input=f"{NEW}\n"))
    assert (said["username"], said["role"], said["mustChange"]) == ("wangmin", "clerk", True)
    assert verify(user(parts).password, NEW).right
    assert trail(parts) == [("CHANGE", "kuayu user add", "wangmin")]
    assert "已有账号 wangmin" in refused("add", "wangmin", "--role", "operator", input=f"{NEWER}\n")
    assert user(parts).role == Role.CLERK


@pytest.mark.parametrize("name", ["", "Wang", "王敏", "a/b", "w" * 65])
def test_a_name_that_fits_nowhere_is_refused(parts, name):
    assert "小写字母" in refused("add", name, "--role", "clerk", input=f"{NEW}\n")


def test_who_types_his_own_need_not_change_it(parts):
    run("add", "wangmin", "--role", "clerk", "--own", input=f"{NEW}\n")
    assert not user(parts).must_change and user(parts).password_until is None


def test_a_password_is_made_and_told_once(parts):
    said = json.loads(run("add", "wangmin", "--role", "clerk", "--generate", "--json"))
    assert verify(user(parts).password, said["initialPassword"]).right
    assert "initialPassword" not in run("list", "--json")
    plain = run("passwd", "wangmin", "--generate")
    assert "只显示这一次" in plain
    assert run("passwd", "wangmin", "--generate", "--own", code=2)


@pytest.mark.parametrize("password", ["1234567890", "", "password2026", "demo", "wangmin-2026-11"])
def test_a_password_that_is_guessed_is_refused(parts, password):
    sentence = refused("add", "wangmin", "--role", "clerk", input=f"{password}\n")
    assert not password or password not in sentence
    assert user(parts) is None and trail(parts) == []


@pytest.mark.parametrize(
    ("command", "input"),
    [(("passwd", "wangmin"), f"{NEWER}\n"), (("disable", "wangmin"), None), (("role", "wangmin", "outlet"), None)],
)
def test_whoever_is_changed_is_out_at_once(parts, command, input):
    run("add", "wangmin", "--role", "clerk", "--own", input=f"{NEW}\n")
    token = logged_in(parts)
    run(*command, input=input)
    assert not holds(parts, token)
    assert trail(parts)[-1] == ("CHANGE", f"kuayu user {command[0]}", "wangmin")


def test_a_password_of_before_is_not_taken_again(parts):
    run("add", "wangmin", "--role", "clerk", "--own", input=f"{NEW}\n")
    assert "与现在的密码相同" in refused("passwd", "wangmin", input=f"{NEW}\n")
    run("passwd", "wangmin", "--own", input=f"{NEWER}\n")
    assert "最近5次用过" in refused("passwd", "wangmin", input=f"{NEW}\n")


def test_accounts_are_closed_opened_and_listed(parts):
    for name, role in (("wangmin", "clerk"), ("zhaoliqun", "operator")):
        run("add", name, "--role", role, "--own", input=f"{NEW} {name[::-1]} x\n")
    run("disable", "wangmin", "zhaoliqun")
    closed = json.loads(run("list", "--disabled", "--json"))
    assert [(one["username"], one["active"]) for one in closed] == [("wangmin", False), ("zhaoliqun", False)]
    assert user(parts).disabled_by.startswith("os:")
    assert "已停用" in run("list", "wang")
    run("enable", "wangmin")
    assert user(parts).active
    assert [one["username"] for one in json.loads(run("list", "--role", "clerk", "--json"))] == ["wangmin"]


def test_sessions_are_told_and_ended(parts):
    run("add", "wangmin", "--role", "clerk", "--own", input=f"{NEW}\n")
    token = logged_in(parts)
    (one,) = json.loads(run("sessions", "wangmin", "--json"))
    assert (one["stage"], one["amr"]) == ("OPEN", "pwd")
    assert "OPEN" in run("sessions", "wangmin")
    assert holds(parts, token)
    assert json.loads(run("sessions", "wangmin", "--end", "--json")) == {"username": "wangmin", "ended": 1}
    assert not holds(parts, token)
    assert trail(parts)[-1] == ("CHANGE", "kuayu user sessions --end", "wangmin")


@pytest.mark.parametrize(
    "words",
    [
        ("disable", "nobody"),
        ("enable", "nobody"),
        ("passwd", "nobody"),
        ("role", "nobody", "clerk"),
        ("sessions", "nobody"),
    ],
)
def test_an_unknown_name_is_told(parts, words):
    assert "没有账号 nobody" in refused(*words, input=f"{NEW}\n")
    assert trail(parts) == []


def test_no_password_is_taken_from_the_command_line(parts):
    for command in ("add", "passwd"):
        assert "--password" not in run(command, "--help")
    run("passwd", "wangmin", NEW, code=2)


def test_outside_the_sandbox_a_printed_password_is_not_opened_again(parts, monkeypatch):
    with parts.database.write() as session:
        put_user(session, "wangmin", Role.CLERK, hashed("demo"), FIRST_UNIT[Role.CLERK])
    run("disable", "wangmin")
    real = load_settings().model_copy(update={"sandbox": False})
    monkeypatch.setattr("cli.users.load_settings", lambda: real)
    assert "演示密码" in refused("enable", "wangmin")
    run("passwd", "wangmin", input=f"{NEW}\n")
    run("enable", "wangmin")
    assert user(parts).active
