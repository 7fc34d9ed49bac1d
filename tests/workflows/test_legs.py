"""One leg on the real server: booked, moved by scans, tried again, cancelled only while nobody holds it, ended once."""

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.messages import LegClosing, LegOutcome, LookReason, TaskOutcome, TaskResolved
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import PAPER, SUBMIT, tell

pytestmark = pytest.mark.temporal
P = ParcelStage


def reasons(case, leg) -> list[LookReason]:
    return [look.reason for look in case.folder.looks if look.leg_id == leg.leg_id]


async def approved_with_paper(register, **how):
    """A case whose result is under way to our hall."""
    case = await register(**how)
    await case.until_status(CaseStatus.SUBMITTED)
    await case.says("APPROVED", **PAPER)
    await case.says("RESULT_SENT", tracking_no="EB1")
    return case, await case.until_leg(Leg.BACK)


async def test_into_our_hall_a_leg_ends_when_the_papers_are_checked(register):
    case, back = await approved_with_paper(register)
    await back.scan(P.DELIVERED)
    assert (await back.handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await back.scan(P.HALL_CHECKED)
    await case.collects()
    await case.closed()
    assert [end.outcome for end in case.folder.ends] == ["DELIVERED"]


async def test_a_scan_that_comes_twice_counts_once(register):
    case, back = await approved_with_paper(register)
    for _ in range(3):
        await back.scan(P.DELIVERED)
    await back.scan(P.HALL_CHECKED)
    await case.collects()
    await case.closed()
    assert reasons(case, back) == [LookReason.ORDERED, LookReason.MOVED]


async def test_between_two_halls_a_scan_on_the_way_changes_nothing_that_somebody_waits_for(register):
    case, back = await approved_with_paper(register)
    await back.scan(P.IN_TRANSIT, P.AT_DEST_OUTLET, P.DELIVERED, P.HALL_CHECKED)
    await case.collects()
    await case.closed()
    assert reasons(case, back) == [LookReason.ORDERED, LookReason.MOVED]  # the alarm over it ends with its arrival


async def test_at_a_door_every_move_may_change_the_plan(register):
    case, back = await approved_with_paper(register, delivery=True)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    await door.scan(P.PICKED_UP, P.OUT_FOR_DELIVERY, P.DELIVERED)
    await case.closed()
    assert reasons(case, door) == [LookReason.ORDERED, *[LookReason.MOVED] * 2]


async def test_a_failed_attempt_is_looked_after_and_the_next_one_succeeds(register):
    case, back = await approved_with_paper(register, delivery=True)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    await door.scan(P.PICKED_UP, P.OUT_FOR_DELIVERY, P.DELIVERY_FAILED)
    await door.scan(P.OUT_FOR_DELIVERY, P.DELIVERED, epoch=2)
    await case.closed()
    assert LookReason.ATTEMPT_FAILED in reasons(case, door)
    assert case.folder.said == [SUBMIT, "DELIVERED"]


async def test_a_person_may_have_it_brought_again(register):
    case, back = await approved_with_paper(register, delivery=True)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    await door.scan(P.PICKED_UP, P.DELIVERY_FAILED)
    await door.resolve(TaskOutcome.REDELIVER)
    await case.hall.until(lambda: LookReason.ASKED in reasons(case, door))
    await door.scan(P.DELIVERED, epoch=2)
    assert await case.closed() is CaseStatus.APPROVED


@pytest.mark.parametrize("stage", [P.RETURNED, P.CANCELLED])
async def test_what_did_not_reach_the_door_waits_at_the_hall(register, stage):
    case, back = await approved_with_paper(register, delivery=True)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    await door.scan(P.PICKED_UP, stage)
    await case.until_kind("AWAITING_COLLECTION")
    assert "DELIVERED" not in case.folder.said
    await case.collects()
    await case.closed()
    assert case.folder.said == [SUBMIT, "DELIVERED"]


async def test_lost_on_the_way_to_the_door_is_lost_and_nobody_is_told_otherwise(register):
    case, back = await approved_with_paper(register, delivery=True)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    await door.scan(P.PICKED_UP, P.LOST)
    case.folder.closing = LegClosing(outcome=LegOutcome.LOST)
    await door.resolve(TaskOutcome.CLOSE_AS_FAILED)
    assert await case.closed() is CaseStatus.APPROVED
    assert case.folder.ends[-1].outcome == "LOST"
    assert case.folder.said == [SUBMIT]


async def test_what_somebody_holds_is_never_given_up_it_goes_back_to_the_hall(register):
    case, back = await approved_with_paper(register, delivery=True)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    await door.scan(P.PICKED_UP, P.DELIVERY_FAILED)
    case.folder.closing = LegClosing()
    await door.resolve(TaskOutcome.CLOSE_AS_FAILED)
    await case.hall.until(lambda: case.folder.closings == [door.leg_id])
    assert (await door.handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await door.scan(P.RETURNED)
    await case.collects()
    assert await case.closed() is CaseStatus.APPROVED
    assert case.folder.ends[-1].outcome == "RETURNED"
    assert case.folder.said == [SUBMIT, "DELIVERED"]


async def test_papers_fetched_and_given_up_go_back_to_the_applicant_and_the_case_ends(register):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP)
    case.folder.closing = LegClosing()
    await pickup.resolve(TaskOutcome.CLOSE_AS_FAILED)
    await pickup.scan(P.RETURNED)
    assert await case.closed() is CaseStatus.FAILED
    assert "PAPERS_NEVER_CAME" in case.folder.kinds


async def test_originals_that_come_back_undelivered_are_given_to_the_applicant(register):
    """The authority never had them: nothing is awaited from there once a person closes the case."""
    case = await register(originals_travel=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP, P.IN_TRANSIT, P.RETURNED)
    assert (await forward.handle.result())["outcome"] == "RETURNED"
    resolved = TaskResolved(task_id="t", outcome=TaskOutcome.CLOSE_AS_FAILED, handling_no=case.handling(0))
    await tell(case.handle, "task_resolved", resolved, id="papers-not-arrived")
    await case.collects()
    assert await case.closed() is CaseStatus.FAILED


async def test_never_collected_and_closed_by_a_person_is_abandoned(register):
    case, back = await approved_with_paper(register, delivery=True)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    door = await case.until_leg(Leg.DELIVERY)
    await door.resolve(TaskOutcome.CLOSE_AS_FAILED)
    await case.collects()
    await case.closed()
    assert case.folder.ends[-1].outcome == "ABANDONED"


async def test_originals_are_announced_once_and_their_arrival_starts_the_authoritys_clock(register):
    case = await register(originals_travel=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP, P.IN_TRANSIT, P.DELIVERED)
    sent = await case.until_kind("PAPERS_SENT")
    assert "POSTING" in sent.stop
    arrived = await case.until_kind("PAPERS_ARRIVED")
    assert [order.kind for order in arrived.start] == ["ACCEPTANCE"]
    assert case.folder.said == [SUBMIT, "PAPERS_SENT"]
    assert case.folder.orders[1].key == f"{case.case_no}-papers-sent-forward-1-1"


async def test_supplement_originals_travel_in_a_parcel_of_their_own(register):
    case = await register()
    await case.until_status(CaseStatus.SUBMITTED)
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=5)
    await case.brings(originals=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP)
    await case.until_said("PAPERS_SENT")
    booked, said = case.folder.booked[0], case.folder.said
    assert booked.leg is Leg.FORWARD
    assert said == [SUBMIT, "supplement", "PAPERS_SENT"]


async def test_papers_that_are_not_what_the_list_says_are_told_to_the_authority(register):
    case, back = await approved_with_paper(register)
    await back.scan(P.DELIVERED)
    await back.scan(P.HALL_CHECKED, discrepancy=True)
    await case.until_said("DISCREPANCY")


async def test_originals_that_came_back_from_the_way_are_sent_again(register):
    case = await register(originals_travel=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP, P.RETURNING, P.RETURNED)
    await forward.handle.result()
    verdict = TaskResolved(task_id="back", outcome=TaskOutcome.REDELIVER, handling_no=case.case_no)
    await tell(case.handle, "task_resolved", verdict, id="task-back")
    again = await case.until_leg(Leg.FORWARD, 2)
    assert [order.kind for order in (await case.until_kind("SENT_AGAIN")).start] == ["POSTING"]
    await again.scan(P.PICKED_UP)
    await case.until_said("PAPERS_SENT", "PAPERS_SENT")
    await again.scan(P.DELIVERED)
    await case.says("ACCEPTED")
    await case.says("REJECTED")
    await case.says("RESULT_SENT", tracking_no="EB9")  # the originals are with the authority: they come from there
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.collects()
    assert await case.closed() is CaseStatus.REJECTED


async def test_what_came_wrong_from_the_door_and_was_agreed_upon_is_our_own_windows_matter(register):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP, P.DELIVERED)
    await pickup.scan(P.HALL_CHECKED, discrepancy=True)
    await case.until_status(CaseStatus.SUBMITTED)
    await case.says("NOT_ACCEPTED")
    await case.collects()
    await case.closed()
    assert case.folder.said == [SUBMIT]


async def test_a_parcel_goes_on_after_its_case_was_closed_by_a_person(register):
    case = await register(originals_travel=True)
    forward = await case.until_leg(Leg.FORWARD)
    await case.contradicts("REJECTED")
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "CONTRADICTION")
    assert await case.closed() is CaseStatus.FAILED
    await forward.scan(P.PICKED_UP, P.DELIVERED)
    assert (await forward.handle.result())["outcome"] == "DELIVERED"


async def test_a_cancellation_that_crosses_the_last_scan_changes_nothing(register):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP, P.DELIVERED)
    await pickup.handle.signal("cancel")
    await pickup.scan(P.HALL_CHECKED)
    await case.until_status(CaseStatus.SUBMITTED)
    assert [end.outcome for end in case.folder.ends] == ["DELIVERED"]
