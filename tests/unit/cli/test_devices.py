"""`kuayu device …`: codes, the list and the end of a device from the server; each change is on the trail."""

import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.errors import KuayuError
from domain.terms import Role
from runtime.container import device_key, now
from runtime.settings import load_settings
from storage.audit.chain import AuditRow
from storage.people.devices import bind, enrol, take_code
from storage.people.passwords import hashed
from storage.people.sessions import login_id, open_session, who
from storage.people.users import put_user


def run(*words):
    result = CliRunner().invoke(app, ["device", *words])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refused(*words):
    result = CliRunner().invoke(app, ["device", *words])
    assert isinstance(result.exception, KuayuError), (result.output, result.exception)
    return result.exception.sentence


def trail(parts):
    with parts.database.read() as session:
        return [(row.action, row.subject) for row in session.scalars(select(AuditRow).order_by(AuditRow.seq))]


def enrolled(parts, typed, device_id="web-1"):
    with parts.database.write() as session:
        invitation = take_code(session, device_key(load_settings()), typed, now())
        enrol(session, device_id, invitation, b"public", "shiyoulu-1", now())


def test_a_code_enrols_and_the_device_is_listed_and_stopped(parts):
    said = json.loads(run("invite", "1号手持机", "--outlet", "shiyoulu", "--json"))
    assert "只显示这一次" in run("invite", "2号手持机", "--outlet", "hall")
    enrolled(parts, said["code"])
    hash_ = hashed("nine blue kettles")
    with parts.database.write() as session:
        put_user(session, "shiyoulu-1", Role.COURIER, hash_, "shiyoulu", "shiyoulu-1")
        token = open_session(session, "shiyoulu-1", hash_, None, now()).token
        bind(session, "web-1", login_id(token))
    (one,) = json.loads(run("list", "--json"))
    assert (one["deviceId"], one["name"], one["outletId"], one["invitedBy"][:3]) == (
        *("web-1", "1号手持机", "shiyoulu", "os:"),
    )
    assert run("list", "--outlet", "hall") == ""
    assert "结束登录 1 个" in run("revoke", "web-1", "--reason", "lost")
    with parts.database.read() as session:
        assert who(session, token, now()) is None
    assert "已停用（丢失或被盗" in run("list")
    assert trail(parts) == [
        ("kuayu device invite", "shiyoulu"),
        ("kuayu device invite", "hall"),
        ("kuayu device revoke", "web-1"),
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("invite", "1号", "--outlet", "nowhere"), "没有这个网点"),
        (("invite", "1号", "--outlet", "hall", "--user", "nobody"), "不能在这里扫描"),
        (("invite", "名" * 41, "--outlet", "hall"), "最多40个字"),
        (("revoke", "web-9"), "没有在用的设备 web-9"),
    ],
)
def test_what_can_not_be_is_said_and_changes_nothing(parts, words, why):
    assert why in refused(*words)
    assert trail(parts) == []
