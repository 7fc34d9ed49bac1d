"""容缺: no result of any kind is released until nothing is owed; the waiting has a clock, a task and three ends."""

from functools import partial

import pytest

from domain.messages import CalendarChanged, TaskOutcome
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import PAPER, tell

pytestmark = pytest.mark.timeskipping
S = CaseStatus


@pytest.fixture
def register(skipping):
    return partial(skipping.register, deferred=(3, 4))


async def approved(register, **how):
    """A case that is approved while the applicant owes two materials."""
    case = await register(**how.pop("case", {}))
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("APPROVED", **how)
    await case.until_status(S.APPROVED)
    return case


def lapses(case) -> list[str]:
    return [c.task.key for c in case.folder.changes if c.task and c.task.kind == "DEFERRED_LAPSED"]


RELEASES = {"AWAITING_COLLECTION", "HANDED_OVER", "CLOSED"}


@pytest.mark.parametrize("form", ["electronic", "both", "paper"])
async def test_a_result_of_any_form_waits_until_the_last_material_has_come(register, form):
    case = await approved(register, result_form=form)
    if form != "electronic":
        await case.says("RESULT_SENT", tracking_no="EB1")
        back = await case.until_leg(Leg.BACK)
        await back.scan(ParcelStage.HALL_CHECKED)
    await case.hands_in(3)
    await case.passes(days=5)
    assert RELEASES.isdisjoint(case.folder.kinds)
    await case.hands_in(4)
    closed = await case.until_kind("GAP_CLOSED")
    assert closed.stop == ("DEFERRED_MATERIAL",)
    await case.collects()
    assert await case.closed() is S.APPROVED


async def test_a_result_for_the_door_is_not_even_booked(register):
    case = await approved(register, result_form="electronic", case={"delivery": True})
    await case.passes(days=2)
    assert case.folder.booked == []
    await case.hands_in(3, 4)
    await case.until_leg(Leg.DELIVERY)


async def test_what_came_before_the_decision_delays_nothing(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.hands_in(4, 3)
    await case.hands_in(4)
    await case.until_kind("GAP_CLOSED")
    await case.says("APPROVED", result_form="electronic")
    await case.collects()
    assert await case.closed() is S.APPROVED
    assert lapses(case) == []


async def test_the_clock_runs_from_the_registration_and_warns_before_it_asks(register):
    case = await register()
    started = await case.until_kind("DEFERRED")
    (order,) = started.start
    assert (order.kind, order.start_at, order.workdays) == ("DEFERRED_MATERIAL", case.start.registered_at, 10)
    await case.passes(days=9, hours=1)
    assert "DEADLINE_WARNING" in case.folder.tasks and lapses(case) == []
    await case.passes(days=1)
    assert len(lapses(case)) == 1


async def test_after_the_lapse_a_person_may_go_on_waiting_and_is_asked_again(register):
    case = await approved(register, **PAPER)
    await case.passes(days=12)
    assert len(lapses(case)) == 1
    await case.resolve(TaskOutcome.WAIT, "DEFERRED_LAPSED")
    await case.passes(days=30)
    assert len(lapses(case)) == 2
    assert len(set(lapses(case))) == 2
    assert RELEASES.isdisjoint(case.folder.kinds)
    await case.hands_in(3, 4)
    closed = await case.until_kind("GAP_CLOSED")
    assert closed.settles == (lapses(case)[-1],)


async def test_a_result_that_is_given_up_is_never_handed_over(register):
    case = await approved(register, result_form="electronic")
    await case.passes(days=11)
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "DEFERRED_LAPSED")
    await case.until_kind("DEFERRED_GIVEN_UP")
    assert await case.closed() is S.APPROVED  # the authority's word stands until it revokes it
    assert "AWAITING_COLLECTION" not in case.folder.kinds
    assert case.folder.said.count("DELIVERED") == 0


async def test_a_matter_that_is_given_up_before_the_decision_has_failed_and_its_papers_go_back(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.passes(days=11)
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "DEFERRED_LAPSED")
    await case.until_status(S.FAILED)
    await case.collects()
    assert await case.closed() is S.FAILED


@pytest.mark.parametrize("event", ["REJECTED", "NOT_ACCEPTED"])
async def test_what_was_not_approved_owes_nothing(register, event):
    case = await register()
    await case.until_status(S.SUBMITTED)
    if event == "REJECTED":
        await case.says("ACCEPTED")
    await case.says(event)
    await case.until_kind("DEFERRED_VOID")
    await case.collects()
    assert (await case.closed()).is_outcome
    assert lapses(case) == []


async def test_withdrawn_before_submission_nothing_is_owed(register):
    case = await register(pickup=True)
    await case.until_leg(Leg.PICKUP)
    await case.withdraws()
    await case.until_kind("DEFERRED_VOID")
    assert await case.closed() is S.WITHDRAWN


async def test_a_new_calendar_re_arms_it(register):
    case = await register()
    await case.until_kind("DEFERRED")
    changed = CalendarChanged(version="2027")
    await tell(case.handle, "calendar_changed", changed, id=f"{case.case_no}-calendar-1")
    await case.hall.until(
        lambda: any(
            c.kind == "CALENDAR_CHANGED" and [o.kind for o in c.start] == ["DEFERRED_MATERIAL"]
            for c in case.folder.changes
        )
    )


async def test_without_a_gap_nothing_of_this_happens(register):
    case = await register(deferred=())
    await case.until_status(S.SUBMITTED)
    await case.says("APPROVED", result_form="electronic")
    await case.collects()
    assert await case.closed() is S.APPROVED
    assert {"DEFERRED", "GAP_CLOSED", "DEFERRED_VOID"}.isdisjoint(case.folder.kinds)
