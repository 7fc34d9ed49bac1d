"""A parcel that arrives damaged: neither its leg nor its case is over before a person has looked at what was in it."""

from functools import partial

import pytest

from domain.messages import TaskOutcome
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import PAPER

pytestmark = pytest.mark.timeskipping
P = ParcelStage


@pytest.fixture
def register(skipping):
    return partial(skipping.register, papers_kept=False, delivery=True)


async def at_the_door(register, *scans):
    """Approved, the result is in our hall, and on its way to the door a courier sees what is wrong."""
    case = await register()
    await case.until_status(CaseStatus.SUBMITTED)
    await case.says("APPROVED", **PAPER)
    await case.says("RESULT_SENT", tracking_no="EB1")
    await (await case.until_leg(Leg.BACK)).scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    case.folder.damages.add(door.leg_id)
    await door.scan(P.PICKED_UP, *scans)
    return case, door


async def test_it_is_over_once_a_person_has_looked(register):
    case, door = await at_the_door(register, P.DAMAGED, P.DELIVERED)
    await case.passes(hours=5)
    await door.resolve(TaskOutcome.ACKNOWLEDGE, "another task of the leg")
    await case.passes(hours=5)
    assert "CLOSED" not in case.folder.kinds and [end.leg_id for end in case.folder.ends] != [door.leg_id]
    case.folder.damages.clear()
    await door.resolve(TaskOutcome.RESUME, "the damage")
    assert await case.closed() is CaseStatus.APPROVED
    assert case.folder.said[-1] == "DELIVERED"


async def test_a_scan_that_was_taken_back_is_noticed_by_itself(register):
    case, _ = await at_the_door(register, P.DAMAGED, P.DELIVERED)
    await case.passes(minutes=30)
    assert "CLOSED" not in case.folder.kinds
    case.folder.damages.clear()
    await case.passes(hours=1)
    assert await case.closed() is CaseStatus.APPROVED


async def test_who_has_looked_before_it_arrived_is_not_waited_for(register):
    case, door = await at_the_door(register, P.DAMAGED)
    case.folder.damages.clear()
    await door.resolve(TaskOutcome.RESUME, "the damage")
    await door.scan(P.DELIVERED)
    assert await case.closed() is CaseStatus.APPROVED


async def test_what_is_not_damaged_asks_nobody(register):
    case, _ = await at_the_door(register, P.DELIVERED)  # the log may say what it will
    assert await case.closed() is CaseStatus.APPROVED
