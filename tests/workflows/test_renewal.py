"""Every way of a case and of a leg once more, with histories so short that they go on in new runs all the time.

The tests are those of the long histories, word for word: nobody outside may notice a new run.
"""

import pytest

from domain.messages import TaskOutcome
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import PAPER
from tests.workflows.test_case_updates import *  # noqa: F403  # the same tests, under other conditions
from tests.workflows.test_joint_order import *  # noqa: F403
from tests.workflows.test_legs import *  # noqa: F403
from workflows import policies

pytestmark = pytest.mark.temporal


@pytest.fixture(autouse=True)
def short_histories(monkeypatch):
    monkeypatch.setattr(policies, "RENEW_AT_EVENTS", 24)


async def runs(client, workflow_id: str) -> int:
    query = f"WorkflowId = '{workflow_id}'"
    return (await client.count_workflows(query)).count


async def test_a_case_with_both_ways_takes_many_runs(register):
    case = await register(pickup=True, delivery=True, originals_travel=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(ParcelStage.PICKED_UP, ParcelStage.DELIVERED, ParcelStage.HALL_CHECKED)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(ParcelStage.PICKED_UP)
    await case.until_said("PAPERS_SENT")
    await forward.scan(ParcelStage.DELIVERED)
    for event in ("RECEIVED", "ACCEPTED", "REVIEWING"):
        await case.says(event)
        await case.until_kind(event)
    await case.says("APPROVED", **PAPER)
    await case.until_kind("APPROVED")
    await case.says("RESULT_SENT", tracking_no="EB9")
    back = await case.until_leg(Leg.BACK)
    await back.scan(ParcelStage.DELIVERED, ParcelStage.HALL_CHECKED)
    delivery = await case.until_leg(Leg.DELIVERY)
    await delivery.scan(ParcelStage.PICKED_UP, ParcelStage.DELIVERED)
    assert await case.closed() is CaseStatus.APPROVED
    assert len({change.key for change in case.folder.changes}) == len(case.folder.changes)
    while await runs(case.client, case.handle.id) < 4:  # the server's index is a little behind
        pass
    assert case.folder.said.count("submit") == 1


async def test_a_word_that_a_run_before_has_heard_counts_once(register):
    case = await register()
    await case.until_status(CaseStatus.SUBMITTED)
    for event in ("RECEIVED", "ACCEPTED", "REVIEWING"):
        await case.says(event, message_id=f"same-{event}")
        await case.until_kind(event)
    for event in ("RECEIVED", "ACCEPTED", "REVIEWING"):
        await case.says(event, message_id=f"same-{event}")
    await case.says("APPROVED", result_form="electronic")
    await case.collects()
    assert await case.closed() is CaseStatus.APPROVED
    assert [case.folder.kinds.count(event) for event in ("RECEIVED", "ACCEPTED", "REVIEWING")] == [1, 1, 1]


async def test_a_leg_looked_at_for_long_takes_many_runs_and_its_case_hears_of_the_end(register):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    for look in range(6):
        await pickup.resolve(TaskOutcome.ACKNOWLEDGE, f"t{look}")
        await case.hall.until(lambda n=look: len(case.folder.looks) >= n + 2)
    await pickup.scan(ParcelStage.PICKED_UP, ParcelStage.DELIVERED, ParcelStage.HALL_CHECKED)
    await case.until_status(CaseStatus.SUBMITTED)
    while await runs(case.client, pickup.handle.id) < 3:
        pass
