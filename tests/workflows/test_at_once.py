"""Steps on our own database are taken where the workflow is; what can't be is tried again as ever."""

from collections import Counter

import pytest
from temporalio.api.enums.v1 import EventType

from domain.terms import CaseStatus, Leg, ParcelStage
from workflows.at_once import AT_ONCE_SINCE

pytestmark = pytest.mark.temporal
S, P = CaseStatus, ParcelStage


async def scheduled(handle) -> Counter[str]:
    """Activities that went over a task queue, by name."""
    history = await handle.fetch_history()
    kind = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    return Counter(
        one.activity_task_scheduled_event_attributes.activity_type.name
        for one in history.events
        if one.event_type == kind
    )


async def decided(case):
    await case.until_status(S.SUBMITTED)
    for event in ("RECEIVED", "ACCEPTED"):
        await case.says(event)
    await case.says("APPROVED", result_form="electronic")
    await case.collects()
    assert await case.closed() is S.APPROVED


async def test_what_happens_is_written_without_a_task(register):
    case = await register()
    await decided(case)
    assert await scheduled(case.handle) == {"pass_on": 1}
    assert case.folder.kinds[-1] == "CLOSED"


async def test_what_cannot_be_written_at_once_is_written_as_ever_and_once(register):
    case = await register(prepare=lambda folder: setattr(folder, "locked", True))
    await decided(case)
    assert (await scheduled(case.handle))["record_all"] >= 4
    keys = [change.key for change in case.folder.changes]
    assert len(keys) == len(set(keys))


async def test_a_case_that_began_before_goes_on_as_it_began(register):
    case = await register(edition=AT_ONCE_SINCE - 1)
    await decided(case)
    assert (await scheduled(case.handle))["record_all"] >= 4


async def test_a_leg_looks_at_once_when_it_has_moved(register):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP, P.DELIVERED, P.HALL_CHECKED)
    assert (await pickup.handle.result())["outcome"] == "DELIVERED"
    assert len(case.folder.looks) > 1
    assert await scheduled(pickup.handle) == {"begin_leg": 1}
