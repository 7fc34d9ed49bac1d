"""`kuayu inbox list|replay` and `kuayu partner reconcile`: what an operator sees and may do."""

import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.errors import Conflict, NotFound, PartnerUnavailable
from domain.terms import Partner, WireEvent
from relay.delivery_record import MAX_REFUSALS
from runtime.container import container_of
from runtime.network import Network
from runtime.settings import load_settings
from storage.base import Base
from storage.exchange.exchange_log import SecurityEventRow
from storage.exchange.gaps import give_up_parked
from storage.exchange.inbox_row import InboxRow, InboxState
from tests.unit.storage.casework import CASE, TO_COME, later, message, register, take


@pytest.fixture
def parts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "PORT", "TIME_SCALE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SANDBOX", "1")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    made = container_of(load_settings())
    Base.metadata.create_all(made.database.engine)
    register(made.database)
    yield made
    made.database.close()


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(args), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def row(parts) -> InboxRow:
    with parts.database.read() as session:
        return session.scalars(select(InboxRow)).one()


def bury(parts) -> int:
    """One message that its case has refused for good."""
    take(parts.database, parts.inbox, message())
    with parts.database.write() as session:
        dead = session.scalars(select(InboxRow)).one()
        dead.state, dead.attempts, dead.error = InboxState.DEAD, MAX_REFUSALS, "NO"
        return dead.id


def test_the_list_names_messages_and_no_person(parts):
    bury(parts)
    (listed,) = json.loads(run("inbox", "list", "--json"))
    assert (listed["state"], listed["handlingNo"], listed["error"]) == ("DEAD", CASE, "NO")
    assert set(listed) == {
        "id",
        "sender",
        "messageId",
        "handlingNo",
        "event",
        "seq",
        "state",
        "verdict",
        "attempts",
        "error",
    }
    assert CASE in run("inbox", "list", "--state", "DEAD")
    assert json.loads(run("inbox", "list", "--state", "NEW", "--json")) == []


def test_a_replayed_message_is_told_once_more_and_somebody_is_named(parts):
    number = bury(parts)
    assert "NEW" in run("inbox", "replay", str(number))
    assert (row(parts).state, row(parts).attempts, row(parts).error) == (InboxState.NEW, 0, None)
    with parts.database.read() as session:
        seen = session.scalars(select(SecurityEventRow)).one()
    assert (seen.code, seen.handling_no) == ("INBOX_REPLAY", CASE)
    assert seen.detail


def test_only_what_is_dead_is_replayed(parts):
    take(parts.database, parts.inbox, message())
    with pytest.raises(Conflict):
        run("inbox", "replay", str(row(parts).id))
    with pytest.raises(NotFound):
        run("inbox", "replay", "99")
    assert row(parts).state == InboxState.NEW


def test_a_message_that_was_given_up_is_judged_when_its_case_has_come(parts):
    take(parts.database, parts.inbox, message(handling_no=TO_COME))
    assert give_up_parked(parts.database, later(hours=72)) == 1
    number = str(row(parts).id)
    with pytest.raises(Conflict):
        run("inbox", "replay", number)
    assert row(parts).state == InboxState.DEAD
    register(parts.database, TO_COME)
    assert "NEW" in run("inbox", "replay", number)
    assert row(parts).case_no == TO_COME


class Authority:
    def query(self, handling):
        return message(WireEvent.RECEIVED, 1, f"query-{handling.handling_no}-1")


class Away:
    def query(self, handling):
        raise PartnerUnavailable("忙")


def networks(monkeypatch, adapter):
    monkeypatch.setattr("cli.partners.networks_of", lambda _: {Partner.SICHUAN: Network(adapter, per_second=1)})


def test_books_are_compared_on_demand(parts, monkeypatch):
    networks(monkeypatch, Authority())
    said = run("partner", "reconcile", "sichuan", "--day", "2026-11-23")
    assert "核对 1 项，未答复 0 项" in said
    assert f"{CASE}  我方 0  对方 1 RECEIVED  已修复" in said
    report = json.loads(run("partner", "reconcile", "sichuan", "--day", "2026-11-23", "--json"))
    assert (report["compared"], report["differences"]) == (1, [])


def test_a_network_that_is_away_is_told_by_the_exit_code(parts, monkeypatch):
    networks(monkeypatch, Away())
    assert "未答复 1 项" in run("partner", "reconcile", "sichuan", code=1)
