"""The law's clocks on a server whose time jumps: who is warned, who gets a task, and what stops it."""

from datetime import timedelta

import pytest

from domain.messages import LegEffect
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import ITEM, SUBMIT, outage, tell

pytestmark = pytest.mark.timeskipping
S, P = CaseStatus, ParcelStage


def tasks_of(case, clock: str) -> list[str]:
    """Kinds of the tasks that were opened for this clock."""
    return [change.task.kind for change in case.folder.changes if change.task and f"/{clock}-" in change.task.key]


@pytest.fixture
def register(skipping):
    """Cases on the server whose time jumps."""
    return skipping.register


async def test_originals_that_are_not_posted_in_time(register):
    case = await register(originals_travel=True)
    forward = await case.until_leg(Leg.FORWARD)
    await case.passes(hours=30)
    assert tasks_of(case, "POSTING") == ["DEADLINE_WARNING"]
    await case.passes(hours=24)
    assert tasks_of(case, "POSTING") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    await forward.scan(P.PICKED_UP)
    await case.until_kind("PAPERS_SENT")
    before = len(case.folder.tasks)
    await case.passes(days=10)
    assert len(case.folder.tasks) == before


async def test_the_posting_limit_runs_while_the_network_is_away(register):
    case = await register(prepare=lambda f: f.answers.update(submit=[outage(timedelta(hours=6))] * 50))
    await case.until_said(SUBMIT)
    await case.passes(days=2, hours=1)
    assert tasks_of(case, "POSTING") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    assert "SUBMITTED" not in case.folder.kinds
    # The authority may have taken it by now, and `pass_on` written so: they leave the statuses as they are.
    assert {change.moves for change in case.folder.changes if change.task} == {False}


async def test_silence_after_receipt_is_deemed_acceptance_and_a_task_never_a_status(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.passes(days=4, hours=1)
    assert tasks_of(case, "ACCEPTANCE") == ["DEADLINE_WARNING"]
    await case.passes(days=1)
    assert tasks_of(case, "ACCEPTANCE") == ["DEADLINE_WARNING", "DEEMED_ACCEPTED"]
    assert case.folder.changes[-1].case_status is S.RECEIVED
    await case.says("ACCEPTED")
    accepted = await case.until_kind("ACCEPTED")
    assert "ACCEPTANCE" in accepted.stop


async def test_only_a_licence_is_deemed_accepted_by_silence(register):
    case = await register(item=ITEM.model_copy(update={"is_licence": False}))
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.passes(days=5, hours=1)
    assert tasks_of(case, "ACCEPTANCE") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]


async def test_accepted_in_time_nobody_is_asked(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.passes(days=3)
    await case.says("ACCEPTED")
    await case.until_kind("ACCEPTED")
    await case.passes(days=8)
    assert tasks_of(case, "ACCEPTANCE") == []


async def test_the_promise_and_the_law_have_a_clock_each(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.passes(days=10, hours=1)
    assert tasks_of(case, "DECISION_PROMISED") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    assert tasks_of(case, "DECISION_STATUTORY") == []
    await case.passes(days=10)
    assert tasks_of(case, "DECISION_STATUTORY") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    await case.says("REJECTED")
    await case.until_status(S.REJECTED)
    before = len(case.folder.tasks)
    await case.passes(days=1)
    assert [t for t in case.folder.tasks[before:] if "DEADLINE" in t] == []


async def test_a_special_procedure_stops_the_clock_and_its_days_do_not_count(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.passes(days=5)
    await case.says("SUSPENDED")
    await case.passes(days=30)
    assert tasks_of(case, "DECISION_PROMISED") == []
    await case.says("RESUMED")
    await case.until_kind("RESUMED")
    await case.passes(days=3, hours=12)
    assert tasks_of(case, "DECISION_PROMISED") == []
    await case.passes(days=2)
    assert tasks_of(case, "DECISION_PROMISED") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]


async def test_an_extension_moves_both_days_to_decide(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.passes(days=7)
    await case.says("REVIEWING", extended_workdays=10)
    step = await case.until_kind("LIMIT_EXTENDED")
    assert {order.kind: order.workdays for order in step.start} == {"DECISION_PROMISED": 20, "DECISION_STATUTORY": 30}
    await case.passes(days=4)
    assert tasks_of(case, "DECISION_PROMISED") == []  # ten days are over
    await case.passes(days=9, hours=12)
    assert tasks_of(case, "DECISION_PROMISED") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    assert "DEADLINE_MISSED" not in tasks_of(case, "DECISION_STATUTORY")


async def test_a_supplement_that_does_not_come(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=5)
    await case.passes(days=5, hours=1)
    assert tasks_of(case, "SUPPLEMENT_REPLY") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    assert tasks_of(case, "ACCEPTANCE") == []  # the authority has spoken: it is not silent
    await case.brings()
    supplemented = await case.until_kind("SUPPLEMENTED")
    assert "SUPPLEMENT_REPLY" in supplemented.stop
    assert [order.kind for order in supplemented.start] == ["ACCEPTANCE"]


async def test_a_withdrawal_that_is_not_answered(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.withdraws()
    started = await case.until_kind("CLOCK_STARTED")
    assert [order.kind for order in started.start] == ["WITHDRAWAL"]
    await case.passes(days=30)
    assert tasks_of(case, "WITHDRAWAL")[:2] == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    await case.says("WITHDRAWN")
    await case.until_status(S.WITHDRAWN)


async def test_papers_that_nobody_collects_are_remembered_again_and_again(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("NOT_ACCEPTED")
    waiting = await case.until_kind("AWAITING_COLLECTION")
    assert [order.kind for order in waiting.start] == ["COLLECTION"]
    reminded = 0
    for _ in range(3):
        await case.passes(days=40)
        assert case.folder.kinds.count("COLLECTION_REMINDER") > reminded
        reminded = case.folder.kinds.count("COLLECTION_REMINDER")
    assert case.folder.tasks.count("COLLECT_AT_HALL") == 1
    await case.collects()
    assert await case.closed() is S.NOT_ACCEPTED
    assert case.folder.kinds.count("COLLECTION_REMINDER") == reminded


async def test_a_result_that_does_not_come_back(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("APPROVED", result_form="paper")
    await case.until_kind("CLOCK_STARTED")
    await case.passes(days=10, hours=1)
    assert tasks_of(case, "RESULT_DELIVERY") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    await case.says("RESULT_SENT", tracking_no="EB1")
    await case.until_leg(Leg.BACK)


async def test_a_leg_is_looked_after_at_every_boundary(register):
    every = timedelta(hours=2)
    case = await register(pickup=True, prepare=lambda f: setattr(f, "look_every", every))
    await case.until_leg(Leg.PICKUP)
    await case.passes(hours=7)
    assert [look.reason for look in case.folder.looks] == ["ORDERED", "BOUNDARY", "BOUNDARY", "BOUNDARY"]


async def test_a_file_that_cannot_be_fetched_becomes_a_task_after_a_day_and_is_fetched_on(register):
    case = await register(prepare=lambda f: f.answers.update(fetch_file=[outage(timedelta(hours=5))]))
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", result_form="electronic", result_sha256="ab" * 32)
    await case.until_kind("AWAITING_COLLECTION")
    await case.passes(hours=20)
    assert "FILE_MISSING" not in case.folder.tasks
    await case.passes(hours=5)
    assert case.folder.tasks.count("FILE_MISSING") == 1
    await case.collects()
    await case.until_kind("HANDED_OVER")
    assert "CLOSED" not in case.folder.kinds
    case.folder.answers["fetch_file"].clear()
    assert await case.closed() is S.APPROVED


# --- from the day of the event, whenever we hear of it ---


def started(case, clock: str) -> list:
    """Orders for this clock, in the order in which they were given."""
    return [order for change in case.folder.changes for order in change.start if order.kind == clock]


def stopped(case, clock: str) -> list[str]:
    return [change.kind for change in case.folder.changes if clock in change.stop]


async def test_silence_makes_a_licence_accepted_from_its_receipt_and_the_days_to_decide_run_from_there(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    received = await case.now()
    await case.says("RECEIVED", occurred_at=received)
    await case.passes(days=5, hours=1)
    assert {order.start_at for order in started(case, "DECISION_STATUTORY")} == {received}
    assert case.folder.changes[-1].case_status is S.RECEIVED
    await case.passes(days=2)
    await case.says("ACCEPTED")  # late: the law has been faster
    await case.until_status(S.ACCEPTED)
    assert len(started(case, "DECISION_STATUTORY")) == 1
    await case.passes(days=3)  # the promised ten days since the receipt are over
    assert "DEADLINE_MISSED" in tasks_of(case, "DECISION_PROMISED")


async def test_an_acceptance_in_time_of_which_we_hear_late_was_no_silence(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.passes(days=3)
    in_time = await case.now()
    await case.passes(days=4)
    assert "DEEMED_ACCEPTED" in tasks_of(case, "ACCEPTANCE")
    await case.says("ACCEPTED", occurred_at=in_time)
    await case.until_status(S.ACCEPTED)
    assert started(case, "DECISION_STATUTORY")[-1].start_at == in_time


async def test_a_notice_in_time_of_which_we_hear_late_stops_the_days_to_decide(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.passes(days=3)
    in_time = await case.now()
    await case.passes(days=4)
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=5, occurred_at=in_time)
    asked = await case.until_kind("NEED_SUPPLEMENT")
    assert "DECISION_STATUTORY" in asked.stop
    await case.brings()
    supplemented = await case.until_kind("SUPPLEMENTED")
    assert [order.kind for order in supplemented.start] == ["ACCEPTANCE"]


async def test_other_matters_are_not_accepted_by_silence(register):
    case = await register(item=ITEM.model_copy(update={"is_licence": False}))
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.passes(days=6)
    assert started(case, "DECISION_STATUTORY") == []


async def test_the_applicants_time_for_a_supplement_is_not_the_authoritys(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    accepted = await case.now()
    await case.says("ACCEPTED", occurred_at=accepted)
    await case.passes(days=4)
    asked = await case.now()
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=30, occurred_at=asked)
    await case.until_status(S.SUPPLEMENT_REQUIRED)
    await case.passes(days=20)
    assert tasks_of(case, "DECISION_PROMISED") == []
    await case.brings()
    again = (await case.until_kind("SUPPLEMENTED")).start[0]
    assert (again.kind, again.start_at) == ("DECISION_PROMISED", accepted)
    ((begin, end),) = again.excluded
    assert begin == asked and end - begin >= timedelta(days=20)
    await case.passes(days=4, hours=20)
    assert "DEADLINE_MISSED" not in tasks_of(case, "DECISION_PROMISED")
    await case.passes(days=2)
    assert "DEADLINE_MISSED" in tasks_of(case, "DECISION_PROMISED")


async def test_originals_of_a_supplement_have_the_windows_limit_and_count_from_their_arrival(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=5)
    await case.until_status(S.SUPPLEMENT_REQUIRED)
    await case.brings(originals=True)
    forward = await case.until_leg(Leg.FORWARD)
    assert (await case.until_kind("SUPPLEMENTED")).start == ()
    await case.passes(days=2, hours=1)
    assert tasks_of(case, "POSTING") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    await forward.scan(P.PICKED_UP)
    await case.until_kind("PAPERS_SENT")
    await forward.scan(P.DELIVERED)
    arrived = await case.until_kind("PAPERS_ARRIVED")
    assert [order.kind for order in arrived.start] == ["ACCEPTANCE"]


async def test_an_authority_that_speaks_has_the_papers_whatever_the_post_says(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=5)
    await case.until_status(S.SUPPLEMENT_REQUIRED)
    await case.brings(originals=True)
    forward = await case.until_leg(Leg.FORWARD)
    await case.until_kind("SUPPLEMENTED")
    await case.says("REVIEWING")
    reviewing = await case.until_kind("REVIEWING")
    assert [order.kind for order in reviewing.start] == ["DECISION_PROMISED", "DECISION_STATUTORY"]
    await forward.scan(P.DELIVERED)
    await case.passes(hours=1)
    assert "PAPERS_ARRIVED" not in case.folder.kinds


async def test_papers_count_as_received_when_they_came_not_when_we_heard(register):
    case = await register(originals_travel=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP)
    came = await case.now()
    await case.passes(days=1)
    effect = LegEffect(leg_id=forward.leg_id, epoch=1, stage=P.DELIVERED, occurred_at=came)
    await tell(forward.handle, "scan_effect", effect, id="late")
    arrived = await case.until_kind("PAPERS_ARRIVED")
    assert [(order.kind, order.start_at) for order in arrived.start] == [("ACCEPTANCE", came)]


async def test_a_decision_is_to_be_served_within_ten_days_of_the_decision(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    decided = await case.now()
    await case.passes(days=3)
    await case.says("APPROVED", result_form="paper", occurred_at=decided)
    await case.hall.until(lambda: started(case, "RESULT_DELIVERY"))
    assert started(case, "RESULT_DELIVERY")[0].start_at == decided
    await case.says("RESULT_SENT", tracking_no="EB1")
    await case.until_leg(Leg.BACK)
    assert stopped(case, "RESULT_DELIVERY") == ["RESULT_SENT"]


async def test_a_special_procedure_that_never_ends_is_asked_after(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("SUSPENDED")
    await case.until_status(S.SUSPENDED)
    await case.passes(days=30, hours=1)
    assert tasks_of(case, "SUSPENSION") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    await case.says("RESUMED")
    assert "SUSPENSION" in (await case.until_kind("RESUMED")).stop


async def test_what_is_late_goes_up_level_by_level_until_it_stops(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.passes(days=14)
    levels = ["DEADLINE_WARNING", "DEADLINE_MISSED", "ESCALATED_DEPARTMENT", "ESCALATED_DISTRICT"]
    assert tasks_of(case, "DECISION_PROMISED") == levels
    assert len({c.task.key for c in case.folder.changes if c.task and "/DECISION_PROMISED-" in c.task.key}) == 4
    await case.says("REJECTED")
    await case.until_status(S.REJECTED)
    before = tasks_of(case, "DECISION_STATUTORY")
    await case.passes(days=20)
    assert tasks_of(case, "DECISION_STATUTORY") == before == []
