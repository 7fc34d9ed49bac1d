"""From outside, on the real server: once by id, refused where it has no place, decided by people in doubt."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.messages import CaseView, LegClosing, LegOutcome, SupplementGiven, TaskOutcome
from domain.terms import CaseStatus, Leg, ParcelStage, Partner
from tests.workflows.hall import PAPER, SUBMIT, SUPPLEMENT, WITHDRAW, outage, refusal, tell

pytestmark = pytest.mark.temporal
S, P = CaseStatus, ParcelStage
SICHUAN, SOUTHWEST, INTERPROVINCIAL = Partner


async def refused(call) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await call
    return failure.value.cause.type


async def test_the_way_of_a_case(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    for event in ("RECEIVED", "ACCEPTED", "REVIEWING"):
        await case.says(event)
    await case.says("APPROVED", result_form="electronic")
    await case.collects()
    assert await case.closed() is S.APPROVED
    expected = ["COLLECTED", "SUBMITTED", "RECEIVED", "ACCEPTED", "REVIEWING", "APPROVED"]
    assert [kind for kind in case.folder.kinds if kind in expected] == expected
    assert case.folder.said == [SUBMIT]


async def test_an_event_that_comes_twice_counts_once(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    for _ in range(3):
        await case.says("RECEIVED", message_id="same")
    await asyncio.gather(*(case.says("ACCEPTED", message_id="other") for _ in range(10)))
    await case.says("REJECTED")
    await case.collects()
    assert await case.closed() is S.REJECTED
    assert case.folder.kinds.count("RECEIVED") == case.folder.kinds.count("ACCEPTED") == 1


async def test_a_supplement_has_its_time(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    assert await refused(case.brings()) == "SUPPLEMENT_NOT_OPEN"
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=5)
    await case.until_status(S.SUPPLEMENT_REQUIRED)
    await case.brings()
    await case.until_status(S.SUPPLEMENTED)
    assert case.folder.orders[-1].key == f"{case.case_no}-supplement-1"
    await case.says("REJECTED")
    await case.collects()
    assert await case.closed() is S.REJECTED


async def test_a_second_notice_is_taken_and_raised(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    for round_ in (1, 2):
        await case.says("NEED_SUPPLEMENT", round=round_, deadline_workdays=5)
        await case.until_kind("NEED_SUPPLEMENT", round_)
        await case.brings(round_)
        await case.until_kind("SUPPLEMENTED", round_)
    await case.until_kind("SECOND_SUPPLEMENT")
    assert [order.round for order in case.folder.orders if order.kind is SUPPLEMENT] == [1, 2]
    assert case.folder.tasks.count("SECOND_SUPPLEMENT") == 1


async def test_a_supplement_that_the_wire_has_taken_is_never_lost_to_a_busy_case(register):
    """The window accepted the papers by the wire's table; the case still speaks to a network that is away."""
    gate = asyncio.Event()
    case = await register(originals_travel=True, prepare=lambda f: f.gates.update(PAPERS_SENT=gate))
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP)
    await case.until_said("PAPERS_SENT")
    await case.says("NEED_SUPPLEMENT", round=1, deadline_workdays=5)
    await case.brings()
    gate.set()
    await case.until_status(S.SUPPLEMENTED)


async def test_nothing_is_withdrawn_after_an_outcome(register):
    case = await register(originals_travel=True)
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("REJECTED")
    await case.until_status(S.REJECTED)
    assert await refused(case.withdraws()) == "WITHDRAWAL_TOO_LATE"
    assert WITHDRAW not in case.folder.said


async def test_an_unknown_handling_is_refused_for_a_supplement(register):
    case = await register(SICHUAN, SOUTHWEST)
    other = await register()
    other.handle = case.handle
    assert await refused(other.brings()) == "HANDLING_UNKNOWN"


# --- withdrawal ---


async def test_withdrawal_is_pending_until_the_authority_confirms_it(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.withdraws()
    await case.until_said(SUBMIT, WITHDRAW)
    change = await case.until_kind("CLOCK_STARTED")
    assert change.withdrawal_pending
    assert change.case_status is S.SUBMITTED
    await case.says("WITHDRAWN")
    assert not (await case.until_status(S.WITHDRAWN)).withdrawal_pending
    await case.collects()
    assert await case.closed() is S.WITHDRAWN


async def test_the_decision_wins_over_a_withdrawal_on_its_way(register):
    gate = asyncio.Event()
    case = await register(prepare=lambda f: f.gates.update(withdraw=gate))
    await case.until_status(S.SUBMITTED)
    await case.withdraws()
    await case.until_said(WITHDRAW)
    await case.says("ACCEPTED")
    await case.says("APPROVED", result_form="electronic")
    gate.set()
    await case.collects()
    assert await case.closed() is S.APPROVED
    assert case.folder.said.count(WITHDRAW) == 1


async def test_asking_twice_asks_the_authority_once(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.withdraws()
    await case.withdraws()
    await case.says("WITHDRAWN")
    await case.collects()
    await case.closed()
    assert case.folder.said == [SUBMIT, WITHDRAW]


async def test_withdrawal_before_anybody_came_cancels_the_pickup(register):
    case = await register(pickup=True)
    await case.until_leg(Leg.PICKUP)
    await case.withdraws()
    assert await case.closed() is S.WITHDRAWN
    assert [end.outcome for end in case.folder.ends] == ["CANCELLED"]
    assert case.folder.said == []


async def test_withdrawal_with_the_papers_in_custody_brings_them_back_to_the_applicant(register):
    case = await register(pickup=True, delivery=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.scan(P.PICKED_UP)
    await case.withdraws()
    await pickup.scan(P.DELIVERED, P.HALL_CHECKED)
    delivery = await case.until_leg(Leg.DELIVERY)
    await delivery.scan(P.PICKED_UP, P.DELIVERED)
    assert await case.closed() is S.WITHDRAWN
    assert [end.outcome for end in case.folder.ends] == ["DELIVERED", "DELIVERED"]
    assert case.folder.said == []


async def test_originals_come_back_after_a_withdrawal(register):
    case = await register(originals_travel=True)
    await case.until_leg(Leg.FORWARD)
    await case.withdraws()
    await case.says("WITHDRAWN")
    await case.until_status(S.WITHDRAWN)
    await case.says("RESULT_SENT", tracking_no="EB1")
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.collects()
    assert await case.closed() is S.WITHDRAWN
    assert case.folder.said == [SUBMIT, WITHDRAW, "DELIVERED"]


# --- results ---


async def test_a_paper_result_is_waited_for_and_its_delivery_told(register):
    case = await register(delivery=True)
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("APPROVED", **PAPER)
    await case.until_status(S.APPROVED)
    await case.says("RESULT_SENT", tracking_no="EB1")
    back = await case.until_leg(Leg.BACK)
    assert case.folder.booked[-1].inbound_tracking_no == "EB1"
    await back.scan(P.IN_TRANSIT, P.DELIVERED, P.HALL_CHECKED)
    delivery = await case.until_leg(Leg.DELIVERY)
    await delivery.scan(P.PICKED_UP, P.OUT_FOR_DELIVERY, P.DELIVERED, signer_kind="self")
    assert await case.closed() is S.APPROVED
    assert case.folder.said == [SUBMIT, "DELIVERED"]
    assert case.folder.orders[-1].leg_id == delivery.leg_id


async def test_a_result_that_is_sent_unasked_comes_back_all_the_same(register):
    """An electronic result needs no parcel; one that was sent in the same breath is followed."""
    case = await register(prepare=lambda f: f.gates.update(submit=asyncio.Event()))
    await case.until_said(SUBMIT)
    await case.says("ACCEPTED")
    await case.says("APPROVED", result_form="electronic")
    await case.says("RESULT_SENT", tracking_no="EB2")
    case.folder.gates["submit"].set()
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.collects()
    assert await case.closed() is S.APPROVED


async def test_a_lost_result_is_not_told_as_delivered(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", **PAPER)
    await case.says("RESULT_SENT", tracking_no="EB3")
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.IN_TRANSIT, P.LOST)
    case.folder.closing = LegClosing(outcome=LegOutcome.LOST)  # the log says it
    await back.resolve(TaskOutcome.CLOSE_AS_FAILED)
    await case.collects()
    assert await case.closed() is S.APPROVED
    assert "DELIVERED" not in case.folder.said
    assert [end.outcome for end in case.folder.ends] == ["LOST"]


# --- what is in our hall at the end ---


async def test_what_was_done_online_closes_with_the_decision(register):
    case = await register(papers_kept=False, delivery=True)
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("APPROVED", result_form="electronic")
    assert await case.closed() is S.APPROVED
    assert not {"AWAITING_COLLECTION", "HANDED_OVER"} & set(case.folder.kinds)
    assert case.folder.booked == []  # nothing is carried to the door


@pytest.mark.parametrize("form", ["paper", "both"])
async def test_a_result_on_paper_of_our_own_city_is_handed_over(register, form):
    case = await register(None, papers_kept=False)
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", result_form=form)
    await case.until_kind("AWAITING_COLLECTION")
    await case.collects()
    assert await case.closed() is S.APPROVED


async def test_originals_brought_later_are_handed_over(register):
    case = await register(papers_kept=False)
    await case.until_status(S.SUBMITTED)
    await case.says("NEED_SUPPLEMENT", round=1)
    given = SupplementGiven(handling_no=case.case_no, round=1, papers_kept=True)
    await case.until_status(S.SUPPLEMENT_REQUIRED)
    await tell(case.handle, "supplement", given, id="brought")
    await case.says("NOT_ACCEPTED")
    await case.until_kind("AWAITING_COLLECTION")
    await case.collects()
    assert await case.closed() is S.NOT_ACCEPTED


# --- people decide ---


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (TaskOutcome.RESUME, S.APPROVED),
        (TaskOutcome.ACCEPT_THEIRS, S.REJECTED),
        (TaskOutcome.CLOSE_AS_FAILED, S.APPROVED),  # an outcome is final for everybody but the authority
    ],
)
async def test_a_contradiction_waits_for_a_person(register, outcome, status):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("APPROVED", **PAPER)
    await case.until_status(S.APPROVED)
    await case.contradicts("REJECTED")
    held = await case.until_kind("CONTRADICTION")
    assert held.on_hold
    assert held.case_status is S.APPROVED
    await case.resolve(outcome, "CONTRADICTION")
    await case.hall.until(lambda: not case.folder.changes[-1].on_hold)
    if status is S.APPROVED:
        await case.says("RESULT_SENT", tracking_no="EB4")
        await (await case.until_leg(Leg.BACK)).scan(P.DELIVERED, P.HALL_CHECKED)
    await case.collects()
    assert await case.closed() is status


async def test_a_contradiction_while_the_result_waits_at_the_hall_stops_the_case(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", result_form="electronic")
    await case.until_kind("AWAITING_COLLECTION")
    await case.contradicts("REJECTED")
    held = await case.until_kind("CONTRADICTION")
    assert held.on_hold
    await case.collects()
    await case.until_kind("HANDED_OVER")
    await case.resolve(TaskOutcome.ACCEPT_THEIRS, "CONTRADICTION")
    assert await case.closed() is S.REJECTED


async def test_another_task_does_not_end_a_hold(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    for round_ in (1, 2):
        await case.says("NEED_SUPPLEMENT", round=round_, deadline_workdays=5)
        await case.until_kind("NEED_SUPPLEMENT", round_)
        await case.brings(round_)
    await case.says("APPROVED", **PAPER)
    await case.contradicts("REJECTED")
    await case.until_kind("CONTRADICTION")
    await case.resolve(TaskOutcome.ACKNOWLEDGE, "SECOND_SUPPLEMENT")
    assert (await case.until_kind("TASK_RESOLVED")).on_hold
    await case.resolve(TaskOutcome.RESUME, "CONTRADICTION")
    assert not (await case.until_kind("TASK_RESOLVED", 2)).on_hold


async def test_a_refused_command_waits_for_a_person_and_is_sent_again_under_its_key(register):
    case = await register(prepare=lambda f: f.answers.update(submit=[refusal(), refusal()]))
    for times in (1, 2):
        change = await case.until_kind("COMMAND_REFUSED", times)
        assert change.on_hold
        await case.resolve(TaskOutcome.RESEND, "COMMAND_REFUSED")
    assert not (await case.until_status(S.SUBMITTED)).on_hold
    assert [order.key for order in case.folder.orders] == [f"{case.case_no}-submit-1"] * 3


async def test_what_a_late_receipt_refuses_waits_for_a_person_and_is_said_again(register):
    """In the southwest a batch is taken first and its rows are judged later."""
    case = await register(SOUTHWEST)
    await case.until_status(S.SUBMITTED)
    key = f"{case.case_no}-submit-1"
    for times in (1, 2):
        await case.learns_of_refusal(key, times)
        assert (await case.until_kind("COMMAND_REFUSED", times)).on_hold
        await case.resolve(TaskOutcome.RESEND, "COMMAND_REFUSED")
        await case.until_said(*[SUBMIT] * (times + 1))
    assert {order.key for order in case.folder.orders} == {key}
    await case.says("NOT_ACCEPTED")
    assert not (await case.until_status(S.NOT_ACCEPTED)).on_hold
    await case.collects()
    assert await case.closed() is S.NOT_ACCEPTED


async def test_a_refused_submission_can_be_closed_as_failed(register):
    case = await register(prepare=lambda f: f.answers.update(submit=[refusal()]))
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "COMMAND_REFUSED")
    await case.collects()
    assert await case.closed() is S.FAILED


async def test_a_decision_ends_the_wait_for_a_person(register):
    case = await register(prepare=lambda f: f.answers.update(withdraw=[refusal()]))
    await case.until_status(S.SUBMITTED)
    await case.withdraws()
    await case.until_kind("COMMAND_REFUSED")
    await case.says("ACCEPTED")
    await case.says("REJECTED")
    assert not (await case.until_status(S.REJECTED)).on_hold
    await case.collects()
    assert await case.closed() is S.REJECTED


async def test_an_outage_is_waited_out_and_nobody_is_asked(register):
    case = await register(prepare=lambda f: f.answers.update(submit=[outage(), outage()]))
    await case.until_status(S.SUBMITTED)
    assert case.folder.said == [SUBMIT] * 3
    assert len({(order.key, order.at) for order in case.folder.orders}) == 1
    assert case.folder.tasks == []


# --- joint handling ---


async def test_all_approved_is_approved(register):
    case = await register(SICHUAN, INTERPROVINCIAL)
    await case.until_said(SUBMIT, SUBMIT)
    for place in (0, 1):
        await case.hall.until(lambda p=place: case.handling(p) in {c.handling_no for c in case.folder.changes})
        await case.says("APPROVED", place, result_form="electronic")
    await case.collects()
    assert await case.closed() is S.APPROVED


async def test_one_refusal_withdraws_the_others_and_stays_the_outcome(register):
    case = await register(SICHUAN, SOUTHWEST, INTERPROVINCIAL)
    await case.hall.until(lambda: case.folder.kinds.count("SUBMITTED") == 3)
    await case.says("APPROVED", 2, result_form="electronic")
    await case.says("REJECTED", 0)
    await case.until_said(WITHDRAW)
    assert [o.handling_no for o in case.folder.orders if o.kind is WITHDRAW] == [case.handling(1)]
    await case.says("NOT_ACCEPTED", 1)
    await case.resolve(TaskOutcome.KEPT, "COMPENSATION", 2)
    await case.collects()
    assert await case.closed() is S.REJECTED
    outcomes = [change.case_status for change in case.folder.changes if change.case_status.is_outcome]
    assert set(outcomes) == {S.REJECTED}  # an outcome is final


async def test_a_contradiction_of_one_that_has_decided_is_not_lost_while_another_goes_on(register):
    case = await register(SICHUAN, SOUTHWEST)
    await case.hall.until(lambda: case.folder.kinds.count("SUBMITTED") == 2)
    await case.says("APPROVED", 0, result_form="electronic")
    await case.until_kind("APPROVED")
    await case.contradicts("REJECTED", 0)
    assert (await case.until_kind("CONTRADICTION")).on_hold


# --- the case itself ---


async def test_operators_can_look_at_any_moment(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.until_kind("RECEIVED")
    view = await case.handle.query("view", result_type=CaseView)
    assert (view.case_no, view.status, view.on_hold) == (case.case_no, S.RECEIVED, False)
    assert [deadline.kind for deadline in view.deadlines] == ["ACCEPTANCE"]
    assert [handling.handling_no for handling in view.handlings] == [case.case_no]


async def test_papers_that_never_came_end_the_case(register):
    case = await register(pickup=True)
    pickup = await case.until_leg(Leg.PICKUP)
    await pickup.resolve(TaskOutcome.CLOSE_AS_FAILED)
    assert await case.closed() is S.FAILED
    assert "PAPERS_NEVER_CAME" in case.folder.kinds
    assert case.folder.said == []


async def test_a_result_file_that_cannot_be_fetched_does_not_stop_the_case(register):
    case = await register(delivery=True, prepare=lambda f: f.answers.update(fetch_file=[outage()]))
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", **PAPER, result_sha256="ab" * 32)
    await case.says("RESULT_SENT", tracking_no="EB5")
    back = await case.until_leg(Leg.BACK)
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.until_leg(Leg.DELIVERY)
    assert case.folder.fetches[0].sha256 == "ab" * 32
