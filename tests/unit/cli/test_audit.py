"""`kuayu audit verify`, and that what a command changes is on the trail."""

import json

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

from cli.main import app
from storage.audit.chain import AuditRow


def run(*words, code=0, **more):
    result = CliRunner().invoke(app, list(words), **more)
    assert result.exit_code == code, result.output
    return result.output


def test_a_user_is_added_on_the_record_and_a_touched_record_is_named(parts):
    run("user", "add", "wang", "--role", "clerk", input="a-long-password\n")
    with parts.database.read() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.kind, row.action, row.subject) == ("CHANGE", "kuayu user add", "wang")
    assert row.actor.startswith("os:")
    whole = json.loads(run("audit", "verify", "--json"))
    assert (whole["entries"], whole["first_bad"]) == (1, None)
    noted = f"1:{whole['digest']}"
    assert "全部完整" in run("audit", "verify", "--expect", noted)
    with parts.database.write() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_update"))
        session.execute(text("UPDATE audit_entry SET subject = 'li'"))
    assert "第 1 条被改动过" in run("audit", "verify", code=1)
    assert json.loads(run("audit", "verify", "--json", code=1))["first_bad"] == 1


def test_an_end_that_was_cut_off_is_found_by_what_was_noted(parts):
    assert "被截断" in run("audit", "verify", "--expect", "5:" + "0" * 64, code=1)


@pytest.mark.parametrize("noted", ["5", "x:1", ":", "5:"])
def test_what_was_noted_wrongly_is_said(parts, noted):
    assert "序号:摘要" in run("audit", "verify", "--expect", noted, code=2)
