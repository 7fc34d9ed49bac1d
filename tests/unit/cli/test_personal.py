"""`kuayu personal`: what would go, what holds it, and erasing at once with a second person."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.terms import Role
from domain.units import FIRST_UNIT
from runtime.container import now
from storage.audit.chain import AuditRow
from storage.cases.rows import CaseRow, write_dossier
from storage.people.passwords import hashed
from storage.people.users import put_user
from storage.personal.erasures import CaseErasureRow
from tests.unit.storage.casework import CASE, DOSSIER, give_case


@pytest.fixture
def parts(parts, monkeypatch):
    monkeypatch.setattr("cli.personal.sleep", lambda _seconds: None)
    with parts.database.write() as session:
        give_case(session, CASE)
        case = session.get_one(CaseRow, CASE)
        write_dossier(case, parts.sealer, DOSSIER)
        case.closed_at = now() - timedelta(days=200)
        put_user(session, "chen", Role.SUPERVISOR, hashed("right"), FIRST_UNIT[Role.SUPERVISOR])
        put_user(session, "wang", Role.CLERK, hashed("right"), FIRST_UNIT[Role.CLERK])
    return parts


def run(*words, code=0, **more):
    result = CliRunner().invoke(app, ["personal", *words], **more)
    assert result.exit_code == code, result.output
    return result


def erased(parts):
    with parts.database.read() as session:
        return session.scalar(select(CaseErasureRow.erased_at)) is not None


def test_what_is_due_is_told_and_nothing_happens(parts):
    [one] = json.loads(run("due", "--json").output)
    assert (one["caseNo"], one["stage"], one["held"]) == (CASE, "documents", None)
    assert [each["stage"] for each in json.loads(run("due", "--days", "200", "--json").output)] == ["whole"]
    assert "共 1 件" in run("due").output and not erased(parts)


def test_a_hold_is_set_and_lifted_on_the_record(parts):
    run("hold", CASE, "--kind", "COMPLAINT", "--until", "2099-12-31")
    assert "暂缓：投诉未了结" in run("due").output
    held = run("erase", CASE, "--reason", "ORDER", "--yes", code=1)
    assert "投诉未了结" in str(held.exception)
    run("hold", CASE, "--lift")
    assert "暂缓" not in run("due").output
    run("hold", CASE, code=2)
    run("hold", CASE, "--kind", "CLAIM", "--until", "31.12.", code=2)
    with parts.database.read() as session:
        assert set(session.scalars(select(AuditRow.action))) == {"kuayu personal hold"}


def test_it_is_erased_when_said_twice_and_is_on_the_record(parts):
    assert "--yes" in run("erase", CASE, "--reason", "REQUEST", code=1).output
    assert not erased(parts)
    run("erase", CASE, "--reason", "REQUEST", "--yes")
    assert erased(parts)
    with parts.database.read() as session:
        entry = session.scalars(select(AuditRow)).one()
    assert (entry.action, entry.subject) == ("kuayu personal erase", CASE)


@pytest.mark.parametrize(("who", "password"), [("", ""), ("chen", "wrong"), ("wang", "right"), ("nobody", "right")])
def test_where_two_are_needed_the_second_is_a_supervisor_with_his_password(parts, monkeypatch, who, password):
    monkeypatch.setenv("FOUR_EYES", "REJECTED")
    second = ["--approved-by", who] if who else []
    run("erase", CASE, "--reason", "ORDER", "--yes", *second, code=1, input=f"{password}\n")
    assert not erased(parts)


def test_with_the_second_person_it_is_done_in_both_names(parts, monkeypatch):
    monkeypatch.setenv("FOUR_EYES", "REJECTED")
    run("erase", CASE, "--reason", "ORDER", "--yes", "--approved-by", "chen", input="right\n")
    with parts.database.read() as session:
        assert session.scalar(select(CaseErasureRow.by)) == "chen"
        assert session.scalars(select(AuditRow)).one().subject == f"{CASE} chen"
