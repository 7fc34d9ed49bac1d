"""清点不符: what was not counted as said is agreed upon before anything is passed on."""

import pytest

from domain.messages import HandedOver, PapersCounted, PapersLook, TaskOutcome, TaskResolved
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import SUBMIT, tell

pytestmark = pytest.mark.timeskipping
P, S = ParcelStage, CaseStatus
UNDECIDED, AWAITED, NOTHING = PapersLook(undecided=True), PapersLook(awaited=True), PapersLook()
WITHOUT = PapersLook(without=True)


async def decided(case, outcome, left):
    """A person resolves the task that the scan has opened; `left`: what the database says since then."""
    case.folder.papers = left
    resolved = TaskResolved(task_id=f"short-{outcome}-{left}", outcome=outcome)
    await tell(case.handle, "task_resolved", resolved, id=f"task-{outcome}-{left}")


@pytest.fixture
async def short(skipping):
    """A case of which the hall has counted one paper less than the list says."""
    case = await skipping.register(pickup=True)
    case.folder.papers = UNDECIDED
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP, P.DELIVERED)
    await pickup.scan(P.HALL_CHECKED, discrepancy=True)
    held = await case.until_kind("PAPERS_DIFFER")
    assert (held.on_hold, held.case_status) == (True, S.REGISTERED)
    return case


async def test_nothing_is_passed_on_before_it_is_agreed(short):
    await short.passes(days=3)
    assert "COLLECTED" not in short.folder.kinds
    assert short.folder.said == []


async def test_brought_later_the_case_goes_on_when_it_has_come(short):
    await decided(short, TaskOutcome.BRING_LATER, AWAITED)
    awaited = await short.until_kind("PAPERS_AWAITED")
    assert ([order.kind for order in awaited.start], awaited.on_hold) == (["MISSING_PAPER"], False)
    await short.counts("P2", NOTHING)
    agreed = await short.until_kind("PAPERS_AGREED")
    assert agreed.stop == ("MISSING_PAPER",)
    await short.until_status(S.SUBMITTED)
    assert short.folder.said == [SUBMIT]


async def test_a_count_that_is_still_short_changes_nothing(short):
    await decided(short, TaskOutcome.BRING_LATER, AWAITED)
    await short.until_kind("PAPERS_AWAITED")
    await short.counts("P2", AWAITED)
    await short.passes(days=1)
    assert "PAPERS_AGREED" not in short.folder.kinds


async def test_without_it_the_authority_hears_what_lacks(short):
    await decided(short, TaskOutcome.GO_WITHOUT, WITHOUT)
    await short.until_said("DISCREPANCY")
    assert short.folder.said == [SUBMIT, "DISCREPANCY"]
    notice = short.folder.orders[-1]
    assert notice.leg_id == f"{short.case_no}-PICKUP-1"


async def test_given_up_it_ends_as_withdrawn_and_the_papers_go_back(short):
    await decided(short, TaskOutcome.GIVE_UP, UNDECIDED)
    await short.collects()
    assert await short.closed() is S.WITHDRAWN
    assert short.folder.said == []
    assert not short.folder.changes[-1].on_hold


async def test_what_is_not_brought_in_time_is_asked_about_again(short):
    await decided(short, TaskOutcome.BRING_LATER, AWAITED)
    await short.until_kind("PAPERS_AWAITED")
    await short.passes(days=6)
    assert short.folder.tasks.count("PAPERS_LAPSED") == 1
    await decided(short, TaskOutcome.BRING_LATER, AWAITED.model_copy(update={"without": True}))
    await short.until_kind("PAPERS_AWAITED", times=2)
    await short.passes(days=6)
    assert short.folder.tasks.count("PAPERS_LAPSED") == 2
    await decided(short, TaskOutcome.GO_WITHOUT, WITHOUT)
    await short.until_status(S.SUBMITTED)


async def test_what_nobody_decides_goes_up(short):
    await short.passes(days=10)
    assert short.folder.tasks[:3] == ["DEADLINE_MISSED", "ESCALATED_DEPARTMENT", "ESCALATED_DISTRICT"]


async def test_what_is_counted_as_listed_waits_for_nobody(skipping):
    case = await skipping.register(pickup=True)
    case.folder.papers = UNDECIDED  # asked for nothing
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP, P.DELIVERED, P.HALL_CHECKED)
    await case.until_status(S.SUBMITTED)
    assert "PAPERS_DIFFER" not in case.folder.kinds


async def test_a_case_from_before_the_rule_goes_on(skipping):
    case = await skipping.register(pickup=True, edition=2)
    case.folder.papers = UNDECIDED
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP, P.DELIVERED)
    await pickup.scan(P.HALL_CHECKED, discrepancy=True)
    await case.until_status(S.SUBMITTED)


async def test_originals_that_were_not_in_the_parcel_keep_the_case_open_until_it_is_agreed(skipping):
    case = await skipping.register(originals_travel=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP)
    case.folder.papers = PapersLook(away=(case.case_no,))
    await case.says("APPROVED", result_form="paper")
    await case.says("RESULT_SENT", tracking_no="EB1")
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    asked = await case.until_kind("PAPERS_AWAY")
    assert asked.on_hold
    await case.collects()
    await case.passes(days=1)
    assert "CLOSED" not in case.folder.kinds
    counted = PapersCounted(paper_no="P1", papers_kept=True)
    await tell(case.handle, "papers_counted", counted, id="P1-counted-back")
    await case.until_kind("AWAITING_COLLECTION", times=2)
    handed = HandedOver(request_id="again")
    await tell(case.handle, "handed_over", handed, id=f"{case.case_no}-handed-2")
    await case.resolve(TaskOutcome.ACKNOWLEDGE, "PAPERS_AWAY")
    assert await case.closed() is S.APPROVED


async def test_originals_that_the_authority_keeps_are_not_waited_for(skipping):
    case = await skipping.register(originals_travel=True, originals_kept=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP, P.DELIVERED)
    await case.says("APPROVED", result_form="electronic")
    await case.until_status(S.APPROVED)
    assert await case.closed() is S.APPROVED


async def test_a_parcel_back_that_was_counted_otherwise_is_compared_before_it_is_handed_on(skipping):
    case = await skipping.register()
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", result_form="paper")
    await case.says("RESULT_SENT", tracking_no="EB1")
    back = await case.until_leg(Leg.BACK)
    case.folder.papers = PapersLook(unsettled=(case.case_no,))
    await back.scan(P.DELIVERED)
    await back.scan(P.HALL_CHECKED, discrepancy=True)
    held = await case.until_kind("PAPERS_DIFFER")
    assert held.on_hold
    await case.passes(days=2)
    assert "AWAITING_COLLECTION" not in case.folder.kinds
    await decided(case, TaskOutcome.RESUME, NOTHING)
    agreed = await case.until_kind("PAPERS_AGREED")
    assert not agreed.on_hold
    await case.collects()
    assert await case.closed() is S.APPROVED
