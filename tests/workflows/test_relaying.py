"""The relay against the real server: what is in our database reaches real workflows, in order and once."""

import asyncio

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey

from domain.messages import SupplementGiven
from domain.naming import case_workflow_id
from domain.terms import CaseStatus, Leg, Partner
from storage.exchange.inbox_row import InboxState
from storage.pending_updates import UpdateRow, queue_update
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import NOW

pytestmark = pytest.mark.temporal
S = CaseStatus


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
    await house.relay().start_cases()
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
    await asyncio.gather(house.relay().deliver(), house.relay().deliver())
    house.forgets_that_it_told()
    await house.relay().deliver()
    await case.until_kind("RESUMED")
    assert [kind for kind in case.folder.kinds if kind in story] == story
    assert house.states() == [InboxState.APPLIED] * 5


async def test_what_comes_before_the_case_runs_waits_for_it(house):
    case = house.registers()
    house.takes(case.case_no, "RECEIVED", 1)
    assert await house.relay().deliver() == 0
    assert house.states() == [InboxState.NEW]
    await house.relay().start_cases()
    await house.relay().deliver()
    await case.until_kind("RECEIVED")
    assert house.states() == [InboxState.APPLIED]


async def test_a_case_that_has_ended_takes_what_comes_all_the_same(house):
    case = house.registers()
    await house.relay().start_cases()
    await case.until_status(S.SUBMITTED)
    house.takes(case.case_no, "NOT_ACCEPTED", 1)
    await house.relay().deliver()
    await case.collects()
    await case.closed()
    house.takes(case.case_no, "RESULT_SENT", 2)
    await house.relay().deliver()
    assert house.states() == [InboxState.APPLIED, InboxState.APPLIED]
    await case.until_leg(Leg.BACK)
    with house.database.read() as session:
        assert session.scalars(select(TaskRow.kind)).all() == []


async def test_two_networks_of_one_case_may_use_the_same_message_ids(house):
    case = house.registers(Partner.SICHUAN, Partner.INTERPROVINCIAL)
    await house.relay().start_cases()
    await case.hall.until(lambda: case.folder.kinds.count("SUBMITTED") == 2)
    for place, partner in ((0, Partner.SICHUAN), (1, Partner.INTERPROVINCIAL)):
        house.takes(case.handling(place), "RECEIVED", 1, partner, "0000000001")
    await house.relay().deliver()
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
    assert await house.relay().deliver() == 2
    with house.database.read() as session:
        rows = list(session.scalars(select(UpdateRow)))
    assert [row.refusal for row in rows] == ["SUPPLEMENT_NOT_OPEN"] * 2
    assert all(row.delivered_at for row in rows)
