"""A visit that somebody has cancelled alone: the leg ends, the case goes on at the hall."""

import pytest

from domain.messages import PapersLook, VisitCancelled
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import PAPER, SUBMIT, tell

pytestmark = pytest.mark.timeskipping
P, S = ParcelStage, CaseStatus
AWAITED, NOTHING = PapersLook(awaited=True), PapersLook()


async def called_off(leg):
    await tell(leg.handle, "call_off", VisitCancelled(version=1), id=f"{leg.leg_id}-cancelled-1")


@pytest.mark.parametrize("edition", [0, 2, 4])
async def test_a_cancelled_pickup_waits_for_the_papers_at_the_window(skipping, edition):
    case = await skipping.register(pickup=True, edition=edition)
    case.folder.papers = AWAITED
    pickup = await case.until_leg(Leg.PICKUP)
    await called_off(pickup)
    awaited = await case.until_kind("PAPERS_AWAITED")
    assert ([order.kind for order in awaited.start], awaited.on_hold) == (["MISSING_PAPER"], False)
    assert awaited.case_status is S.REGISTERED
    assert [end.outcome for end in case.folder.ends] == ["CANCELLED"]
    await case.passes(days=1)
    assert case.folder.said == []
    await case.counts("P1", NOTHING)
    assert (await case.until_kind("PAPERS_BROUGHT")).stop == ("MISSING_PAPER",)
    await case.until_status(S.SUBMITTED)
    assert case.folder.said == [SUBMIT]
    assert not {"PAPERS_NEVER_CAME", "PAPERS_DIFFER"} & set(case.folder.kinds)


async def test_what_is_never_brought_is_asked_about(skipping):
    case = await skipping.register(pickup=True)
    case.folder.papers = AWAITED
    await called_off(await case.until_leg(Leg.PICKUP))
    await case.until_kind("PAPERS_AWAITED")
    await case.passes(days=6)
    assert case.folder.tasks.count("PAPERS_LAPSED") == 1


async def test_a_case_without_papers_to_bring_goes_on_at_once(skipping):
    case = await skipping.register(pickup=True)
    await called_off(await case.until_leg(Leg.PICKUP))
    await case.until_status(S.SUBMITTED)


async def test_who_has_taken_the_papers_meanwhile_brings_them_to_the_hall(skipping):
    case = await skipping.register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP)
    await called_off(pickup)
    await pickup.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.until_status(S.SUBMITTED)
    assert [end.outcome for end in case.folder.ends] == ["DELIVERED"]


async def test_a_cancelled_delivery_waits_at_the_hall(skipping):
    case = await skipping.register(delivery=True)
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", **PAPER)
    await case.says("RESULT_SENT", tracking_no="EB1")
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await called_off(await case.until_leg(Leg.DELIVERY))
    await case.until_kind("AWAITING_COLLECTION")
    await case.collects()
    assert await case.closed() is S.APPROVED
    assert case.folder.ends[-1].outcome == "CANCELLED"
