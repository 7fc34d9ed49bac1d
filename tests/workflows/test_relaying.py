"""The relay against the real server: what is in our database reaches real workflows, in order and once."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey

from domain.inbound import InboundMessage
from domain.messages import SupplementGiven
from domain.naming import case_workflow_id
from domain.terms import CaseStatus, Partner, WireEvent
from domain.wire import WireState
from relay.relay import Relay
from storage.base import Database
from storage.cases import CaseRow, HandlingRow
from storage.inbox import Inbox
from storage.inbox_row import InboxRow, InboxState
from storage.migrating import migrate
from storage.tasks import TaskRow
from storage.updates import UpdateRow, queue_update
from tests.unit.storage.casework import NOW, SEALER, message, register
from tests.workflows.hall import CaseDesk, new_case

pytestmark = pytest.mark.temporal
S = CaseStatus


class House:
    """A database of ours, and the case desks of what is registered in it."""

    def __init__(self, database, client, hall):
        self.database, self.client, self.hall = database, client, hall
        self.inbox = Inbox(SEALER)

    def relay(self) -> Relay:
        return Relay(self.client, self.database, lambda: datetime.now(UTC))

    def registers(self, *partners) -> CaseDesk:
        start = new_case(self.hall, *(partners or (Partner.SICHUAN,)))
        register(self.database, start.case_no, start.handlings[0].partner)
        with self.database.write() as session:
            case = session.get_one(CaseRow, start.case_no)
            case.start = start.model_dump(mode="json")
            for plan in start.handlings:
                if plan.handling_no == start.case_no:
                    continue
                session.add(_handling(start.case_no, plan))
        return CaseDesk(self.client, self.hall, start)

    def takes(self, handling_no: str, event: str, seq: int, partner=Partner.SICHUAN, message_id: str = "") -> None:
        said: InboundMessage = message(
            WireEvent(event),
            seq,
            message_id or f"{handling_no}-{seq}",
            handling_no=handling_no,
            partner=partner,
        )
        with self.database.write() as session:
            self.inbox.take(session, said, raw=b"", now=NOW)

    def states(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(InboxRow.state).order_by(InboxRow.id)))

    def forgets_that_it_told(self) -> None:
        """As after a kill between the answer of the server and our commit."""
        with self.database.write() as session:
            session.execute(update(InboxRow).values(state=InboxState.NEW))
            session.execute(update(UpdateRow).values(delivered_at=None))
            session.execute(update(CaseRow).values(started=False))


def _handling(case_no, plan) -> HandlingRow:
    return HandlingRow(
        handling_no=plan.handling_no,
        case_no=case_no,
        place=1,
        region=plan.region,
        scheme=plan.scheme,
        partner=plan.partner,
        mode=plan.mode,
        originals_travel=False,
        result_travels=False,
        status=S.SUBMITTED,
        wire_state=WireState.SUBMITTED,
        last_seq=0,
        round=0,
        withdrawal_asked=False,
    )


@pytest.fixture
def house(tmp_path, dev_client, hall):
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}")
    migrate(database.engine)
    yield House(database, dev_client, hall)
    database.close()


async def test_every_registered_case_starts_once_however_many_start_it(house):
    cases = [house.registers() for _ in range(3)]
    await asyncio.gather(house.relay().start_cases(), house.relay().start_cases())
    runs = {case.case_no: (await case.handle.describe()).run_id for case in cases}
    house.forgets_that_it_told()
    assert await house.relay().start_cases() == 3
    assert {case.case_no: (await case.handle.describe()).run_id for case in cases} == runs
    assert await house.relay().start_cases() == 0


async def test_operators_find_a_case_by_item_network_and_place(house):
    case = house.registers(Partner.SICHUAN, Partner.INTERPROVINCIAL)
    await house.relay().start_cases()
    found = (await case.handle.describe()).typed_search_attributes
    assert found[SearchAttributeKey.for_keyword("KuayuItem")] == case.start.item.code
    assert set(found[SearchAttributeKey.for_keyword_list("KuayuSchemes")]) == {"chuanyu", "interprovincial"}
    query = f"WorkflowId = '{case_workflow_id(case.case_no)}' AND KuayuSchemes = 'interprovincial'"
    async with asyncio.timeout(10):  # the server's index is a little behind
        while (await house.client.count_workflows(query)).count != 1:
            pass


async def test_a_closed_case_is_not_started_again(house):
    case = house.registers()
    await house.relay().run_once()
    await case.until_status(S.SUBMITTED)
    await case.says("NOT_ACCEPTED")
    await case.collects()
    await case.closed()
    house.forgets_that_it_told()
    assert await house.relay().start_cases() == 1
    assert (await case.handle.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_authorities_are_heard_in_sequence_and_once_by_two_relays_at_once(house):
    case = house.registers()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    story = ["RECEIVED", "ACCEPTED", "REVIEWING", "SUSPENDED", "RESUMED"]
    for seq in (3, 1, 5, 2, 4):
        house.takes(case.case_no, story[seq - 1], seq)
    await asyncio.gather(house.relay().deliver_inbox(), house.relay().deliver_inbox())
    house.forgets_that_it_told()
    await house.relay().deliver_inbox()
    await case.until_kind("RESUMED")
    assert [kind for kind in case.folder.kinds if kind in story] == story
    assert house.states() == [InboxState.APPLIED] * 5


async def test_what_comes_before_the_case_runs_waits_for_it(house):
    case = house.registers()
    house.takes(case.case_no, "RECEIVED", 1)
    assert await house.relay().deliver_inbox() == 0
    assert house.states() == [InboxState.NEW]
    await house.relay().run_once()
    await case.until_kind("RECEIVED")
    assert house.states() == [InboxState.APPLIED]


async def test_a_case_that_has_ended_leaves_a_dead_message_and_a_task(house):
    case = house.registers()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    house.takes(case.case_no, "NOT_ACCEPTED", 1)
    await house.relay().deliver_inbox()
    await case.collects()
    await case.closed()
    house.takes(case.case_no, "RESULT_SENT", 2)
    await house.relay().deliver_inbox()
    assert house.states() == [InboxState.APPLIED, InboxState.DEAD]
    with house.database.read() as session:
        assert session.scalars(select(TaskRow.kind)).all() == ["UNDELIVERABLE_EVENT"]


async def test_two_networks_of_one_case_may_use_the_same_message_ids(house):
    case = house.registers(Partner.SICHUAN, Partner.INTERPROVINCIAL)
    await house.relay().start_cases()
    await case.hall.until(lambda: case.folder.kinds.count("SUBMITTED") == 2)
    for place, partner in ((0, Partner.SICHUAN), (1, Partner.INTERPROVINCIAL)):
        house.takes(case.handling(place), "RECEIVED", 1, partner, "0000000001")
    await house.relay().deliver_inbox()
    await case.until_kind("RECEIVED", 2)


async def test_a_refused_update_says_why_and_does_not_stop_the_next(house):
    case = house.registers()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    for round_ in (1, 2):
        with house.database.write() as session:
            queue_update(
                session,
                update_id=f"{case.case_no}-supplement-{round_}",
                workflow_id=case_workflow_id(case.case_no),
                name="supplement",
                argument=SupplementGiven(handling_no=case.case_no, round=round_),
                now=NOW,
            )
    assert await house.relay().deliver_updates() == 2
    with house.database.read() as session:
        rows = list(session.scalars(select(UpdateRow)))
    assert [row.refusal for row in rows] == ["SUPPLEMENT_NOT_OPEN"] * 2
    assert all(row.delivered_at for row in rows)
