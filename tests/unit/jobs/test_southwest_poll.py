"""What the southwest hub's receipts say about our commands reaches the case, or a person when the case is closed."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from domain.messages import HoldNotice, HoldReason
from domain.outbound import Rendered
from domain.terms import CommandKind, Partner
from jobs.southwest_poll import SouthwestJob
from partners.southwest import CommandVerdict
from storage.cases.rows import CaseRow
from storage.exchange.outbox import CommandRow, store_rendered
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import CASE, NOW, SEALER, register

KEY = f"{CASE}-submit-1"


class Intake:
    """A poll that brings these verdicts, again and again until they were told."""

    def __init__(self, *verdicts):
        self.verdicts, self.heard = list(verdicts), []

    def poll_if_due(self):
        return SimpleNamespace(verdicts=self.verdicts, rows=0)

    def mark_reported(self, keys):
        self.heard += keys


class Relay:
    delivered = 0

    async def deliver(self):
        self.delivered += 1


def verdict(ok: bool = False) -> CommandVerdict:
    return CommandVerdict(key=KEY, handling_no=CASE, ok=ok, code="SW200101", sentence="字段缺失")


@pytest.fixture
def poll(database):
    register(database, partner=Partner.SOUTHWEST)
    with database.write() as session:
        rendered = Rendered(
            partner=Partner.SOUTHWEST, key=KEY, kind=CommandKind.SUBMIT, handling_no=CASE, content=b"x", meta={}
        )
        store_rendered(session, SEALER, rendered, NOW)
        session.get_one(CommandRow, KEY).attempts = 1

    async def poll(*verdicts):
        intake, relay = Intake(*verdicts), Relay()
        await SouthwestJob(database, intake, relay, lambda: NOW).poll()
        return intake, relay

    return poll


def found(database, column):
    with database.read() as session:
        return list(session.scalars(select(column)))


async def test_a_refused_command_holds_its_case_once_per_attempt(poll, database):
    for _ in range(2):  # as after a kill between our commit and the intake's note
        intake, relay = await poll(verdict())
    assert (intake.heard, relay.delivered) == ([KEY], 1)
    [argument] = found(database, UpdateRow.argument)
    notice = HoldNotice.model_validate(argument)
    assert (notice.reason_code, notice.message_id, notice.theirs) == (HoldReason.COMMAND_REFUSED, KEY, None)
    with database.write() as session:
        session.get_one(CommandRow, KEY).attempts = 2
    await poll(verdict())
    assert found(database, UpdateRow.update_id) == [f"receipt/{KEY}/1", f"receipt/{KEY}/2"]
    assert found(database, TaskRow.kind) == []


async def test_after_closing_a_person_hears_of_it(poll, database):
    with database.write() as session:
        session.get_one(CaseRow, CASE).closed_at = NOW
    for _ in range(2):
        await poll(verdict())
    assert found(database, TaskRow.kind) == ["COMMAND_REFUSED"]
    assert found(database, UpdateRow.id) == []


async def test_a_good_receipt_is_only_noted(poll, database):
    intake, _ = await poll(verdict(ok=True))
    assert intake.heard == [KEY]
    assert found(database, UpdateRow.id) == found(database, TaskRow.id) == []


async def test_a_verdict_on_nothing_of_ours_leaves_the_others_heard(poll, database):
    """It comes again with every poll, and a person hears of it."""
    foreign = verdict().model_copy(update={"key": "foreign", "handling_no": "500103202611999996"})
    with pytest.raises(ExceptionGroup) as failed:
        await poll(foreign, verdict())
    [row] = failed.value.exceptions
    assert (row.subject.handling_no, type(row.failure)) == (foreign.handling_no, NoResultFound)
    assert found(database, UpdateRow.update_id) == [f"receipt/{KEY}/1"]
