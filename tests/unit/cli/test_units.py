"""`kuayu unit …` and where accounts stand, from the server."""

import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.errors import BadInput
from domain.terms import Role
from runtime.container import now
from storage.audit.chain import AuditRow
from storage.people.sessions import open_session, who
from storage.people.users import UserRow

PASSWORD = "nine blue kettles"
STREET = ("street-1", "--kind", "street", "--name", "解放碑街道便民中心", "--parent", "hall")


def run(*words, **more):
    result = CliRunner().invoke(app, words, **more)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refused(*words, **more):
    """What `kuayu` prints before it ends with 1."""
    result = CliRunner().invoke(app, words, **more)
    assert isinstance(result.exception, BadInput), (result.output, result.exception)
    return result.exception.sentence


def add(name, role, *more):
    return run("user", "add", name, "--role", role, "--own", *more, input=f"{PASSWORD} {name[::-1]} x\n")


def user(parts, name):
    with parts.database.read() as session:
        return session.get(UserRow, name)


def logged_in(parts, name):
    with parts.database.write() as session:
        return open_session(session, name, user(parts, name).password, None, now()).token


def holds(parts, token):
    with parts.database.read() as session:
        return who(session, token, now()) is not None


def trail(parts):
    with parts.database.read() as session:
        return [(row.action, row.subject) for row in session.scalars(select(AuditRow).order_by(AuditRow.seq))]


def test_units_are_listed_added_closed_and_opened(parts):
    assert "daping  邮政网点  大坪  上级 post" in run("unit", "list")
    assert run("unit", "add", *STREET) == "street-1  街道便民中心  解放碑街道便民中心  上级 hall\n"
    assert "已有单位 street-1" in refused("unit", "add", *STREET)
    assert "已停用" in run("unit", "disable", "street-1")
    listed = {unit["id"]: unit["active"] for unit in json.loads(run("unit", "list", "--json"))}
    assert (listed["street-1"], listed["hall"]) == (False, True)
    assert "已停用" not in run("unit", "enable", "street-1")
    assert trail(parts) == [
        ("kuayu unit add", "street-1"), ("kuayu unit disable", "street-1"), ("kuayu unit enable", "street-1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "Street", *STREET[1:]), "小写字母"),
        (("add", "x1", "--kind", "street", "--name", "x", "--parent", "post"), "上级"),
        (("add", "x1", "--kind", "outlet", "--name", "x", "--parent", "post"), "--ref"),
        (("add", "x1", "--kind", "post", "--name", "x", "--parent", "district"), "只有一个"),
        (("disable", "nowhere"), "没有单位 nowhere"),
        (("enable", "nowhere"), "没有单位 nowhere"),
    ],
)
def test_what_fits_nowhere_is_told(parts, words, why):
    assert why in refused("unit", *words)
    assert trail(parts) == []


def test_who_stands_where_it_is_closed_is_out(parts):
    run("unit", "add", *STREET)
    add("wangmin", "clerk", "--unit", "street-1")
    add("lina", "clerk", "--unit", "hall")
    tokens = [logged_in(parts, name) for name in ("wangmin", "lina")]
    run("unit", "disable", "street-1")
    assert [holds(parts, token) for token in tokens] == [False, True]


def test_an_account_stands_where_it_is_put_and_sessions_end(parts):
    add("zhang", "courier", "--unit", "daping", "--courier", "daping-1")
    assert (user(parts, "zhang").unit_id, user(parts, "zhang").courier_id) == ("daping", "daping-1")
    (told,) = json.loads(run("user", "list", "zhang", "--json"))
    assert (told["unit"], told["courierId"]) == ("daping", "daping-1")
    token = logged_in(parts, "zhang")
    run("user", "unit", "zhang", "caiyuanba", "--courier", "caiyuanba-1")
    assert (user(parts, "zhang").unit_id, user(parts, "zhang").courier_id) == ("caiyuanba", "caiyuanba-1")
    assert not holds(parts, token)
    assert trail(parts)[-1] == ("kuayu user unit", "zhang")


def test_without_a_unit_it_is_nowhere(parts):
    add("wangmin", "clerk")
    assert user(parts, "wangmin").unit_id is None
    assert "没有单位" in run("user", "list", "wangmin")


@pytest.mark.parametrize(
    ("role", "place", "why"),
    [
        ("clerk", ("--unit", "nowhere"), "没有这个单位"),
        ("clerk", ("--unit", "daping"), "岗位"),
        ("officer", ("--unit", "hall"), "岗位"),
        ("operator", ("--unit", "hall"), "岗位"),
        ("courier", ("--unit", "daping", "--courier", "caiyuanba-1"), "投递员"),
        ("clerk", ("--unit", "hall", "--courier", "daping-1"), "投递员"),
        ("courier", ("--courier", "daping-1"), "单位"),
    ],
)
def test_nobody_stands_where_his_role_does_not_work(parts, role, place, why):
    said = refused("user", "add", "wangmin", "--role", role, "--own", *place, input=f"{PASSWORD}\n")
    assert why in said
    assert user(parts, "wangmin") is None


def test_outside_the_sandbox_a_courier_is_one_in_particular(parts, monkeypatch):
    add("zhang", "courier", "--unit", "daping")
    monkeypatch.setenv("SANDBOX", "0")
    monkeypatch.setattr("cli.users.load_settings", lambda: parts.settings.model_copy(update={"sandbox": False}))
    assert "投递员" in refused("user", "unit", "zhang", "daping")
    run("user", "unit", "zhang", "daping", "--courier", "daping-1")
    assert user(parts, "zhang").courier_id == "daping-1"


def test_another_role_keeps_a_place_only_where_it_may_stand(parts):
    add("zhang", "courier", "--unit", "daping", "--courier", "daping-1")
    run("user", "role", "zhang", "outlet")
    assert (user(parts, "zhang").unit_id, user(parts, "zhang").courier_id) == ("daping", None)
    run("user", "role", "zhang", "clerk")
    assert user(parts, "zhang").unit_id is None
    assert user(parts, "zhang").role == Role.CLERK
