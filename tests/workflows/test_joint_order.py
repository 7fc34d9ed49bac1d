"""Joint handling in its order: 准迁 → 迁出 → 落户, and what is done where it stops half-way."""

import asyncio
import itertools

import pytest

from domain.carried import CaseCarried, CaseRun
from domain.messages import TaskOutcome, TaskResolved
from domain.naming import CASE_WORKFLOW, CASES_QUEUE
from domain.tasks import task_id
from domain.terms import CaseStatus, Leg, ParcelStage, Partner
from tests.workflows.hall import PAPER, SUBMIT, WITHDRAW, CaseDesk, outage, refusal, tell

pytestmark = pytest.mark.temporal
S, P = CaseStatus, ParcelStage
SICHUAN, SOUTHWEST, INTERPROVINCIAL = Partner
ORDER = {1: (0,), 2: (1,)}
PERMIT, LEAVE, SETTLE = 0, 1, 2
FILE = {"result_form": "electronic", "result_sha256": "ab" * 32}
GIVEN = {"result_form": "electronic"}


@pytest.fixture
async def moving(register):
    """准迁 and 落户 in one place, 迁出 in another; nothing of the applicant's stays in our hall."""

    async def begin(**how) -> CaseDesk:
        given = {"order": ORDER, "papers_kept": False} | how
        return await register(SOUTHWEST, INTERPROVINCIAL, SOUTHWEST, **given)

    return begin


def step(case: CaseDesk, place: int, kind: str):
    number = case.handling(place)
    return next((c for c in case.folder.changes if (c.handling_no, c.kind) == (number, kind)), None)


async def until(case: CaseDesk, place: int, kind: str) -> None:
    await case.hall.until(lambda: step(case, place, kind) is not None)


async def up_to(case: CaseDesk, place: int) -> None:
    """Everything before this step is approved, and this one is passed on."""
    for before in range(place):
        await until(case, before, "SUBMITTED")
        await case.says("APPROVED", before, **GIVEN)
    await until(case, place, "SUBMITTED")


async def settles(case: CaseDesk, place: int, outcome: TaskOutcome = TaskOutcome.RESTORED) -> None:
    """A person resolves the compensation of this step."""
    await until(case, place, "COMPENSATION")
    task = step(case, place, "COMPENSATION").task
    resolved = TaskResolved(task_id=task_id(task.key), outcome=outcome, handling_no=case.handling(place))
    await tell(case.handle, "task_resolved", resolved, id=f"task-{task_id(task.key)}")


def submitted(case: CaseDesk) -> list[str]:
    return [order.handling_no for order in case.folder.orders if order.kind is SUBMIT]


def undone(case: CaseDesk) -> set[int]:
    return {place for place in range(3) if step(case, place, "COMPENSATION")}


async def test_each_step_begins_when_the_one_before_it_is_approved(moving):
    case = await moving()
    for place in (PERMIT, LEAVE, SETTLE):
        await until(case, place, "SUBMITTED")
        assert submitted(case) == [case.handling(n) for n in range(place + 1)]
        await case.says("RECEIVED", place)
        await until(case, place, "RECEIVED")
        await case.says("APPROVED", place, **GIVEN)
    assert await case.closed() is S.APPROVED
    assert case.folder.tasks == []
    changes = case.folder.changes
    seen = [key for key, _ in itertools.groupby(c.case_status for c in changes)]
    assert seen.count(S.SUBMITTED) == seen.count(S.RECEIVED) == 3  # the case stands where its open step stands
    assert step(case, LEAVE, "WAITING").handling_status is S.WAITING


async def test_no_clock_runs_over_a_step_that_has_not_begun(moving):
    case = await moving()
    await until(case, PERMIT, "SUBMITTED")
    started = {c.handling_no for c in case.folder.changes if c.start}
    assert started == {case.handling(PERMIT)}


async def test_the_next_step_begins_with_the_file_of_the_one_before(moving):
    case = await moving(prepare=lambda f: f.answers.update(fetch_file=[outage()]))
    await until(case, PERMIT, "SUBMITTED")
    await case.says("APPROVED", PERMIT, **FILE)
    await until(case, PERMIT, "APPROVED")
    await case.hall.until(lambda: len(case.folder.fetches) > 1)
    assert submitted(case) == [case.handling(PERMIT)]
    case.folder.answers["fetch_file"].clear()
    await until(case, LEAVE, "SUBMITTED")


async def test_originals_come_back_before_they_go_to_the_next(register):
    case = await register(SICHUAN, SOUTHWEST, order={1: (0,)}, originals_travel=True, delivery=True)
    forward = await case.until_leg(Leg.FORWARD)
    await forward.scan(P.PICKED_UP, P.DELIVERED)
    await case.says("APPROVED", **PAPER)
    await until(case, 0, "APPROVED")
    await case.says("RESULT_SENT", tracking_no="EB1")
    back = await case.until_leg(Leg.BACK)
    assert len(submitted(case)) == 1
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    assert (await case.until_leg(Leg.FORWARD, place=1)).leg_id.startswith(case.handling(1))


@pytest.mark.parametrize("event", ["REJECTED", "NOT_ACCEPTED"])
@pytest.mark.parametrize("at", [PERMIT, LEAVE, SETTLE])
async def test_a_refusal_at_any_step(moving, at, event):
    """What comes after it is never passed on; what was approved before it is undone, and only then the case closes."""
    case = await moving()
    await up_to(case, at)
    await case.says(event, at)
    for place in range(at + 1, 3):
        await until(case, place, "NOT_BEGUN")
    for place in range(at):
        await until(case, place, "COMPENSATION")
        assert "CLOSED" not in case.folder.kinds
        assert [order.kind for order in step(case, place, "COMPENSATION").start] == ["COMPENSATION"]
    for place in range(at):
        await settles(case, place)
    assert await case.closed() is S(event)
    assert submitted(case) == [case.handling(place) for place in range(at + 1)]
    assert undone(case) == set(range(at))
    assert WITHDRAW not in case.folder.said  # nothing that was approved can be withdrawn
    assert case.folder.kinds.count("COMPENSATED") == at


@pytest.mark.parametrize("at", [PERMIT, LEAVE, SETTLE])
async def test_a_withdrawal_at_any_step(moving, at):
    case = await moving()
    await up_to(case, at)
    await case.withdraws()
    await case.until_said(WITHDRAW)
    for place in range(at + 1, 3):
        await until(case, place, "NOT_BEGUN")
    await case.says("WITHDRAWN", at)
    for place in range(at):
        await settles(case, place, TaskOutcome.KEPT)
    assert await case.closed() is S.WITHDRAWN
    assert [o.handling_no for o in case.folder.orders if o.kind is WITHDRAW] == [case.handling(at)]
    assert undone(case) == set(range(at))


async def test_a_withdrawal_between_two_steps_is_seen(moving):
    """Approved, its file is not here yet, the next one is not passed on: nobody is asked, and a person undoes it."""
    case = await moving(prepare=lambda f: f.answers.update(fetch_file=[outage()]))
    await until(case, PERMIT, "SUBMITTED")
    await case.says("APPROVED", PERMIT, **FILE)
    await until(case, PERMIT, "APPROVED")
    await case.withdraws()
    for place in (LEAVE, SETTLE):
        await until(case, place, "NOT_BEGUN")
    await settles(case, PERMIT)
    case.folder.answers["fetch_file"].clear()
    assert await case.closed() is S.WITHDRAWN
    assert case.folder.said == [SUBMIT]


async def test_an_approval_that_comes_in_spite_of_the_withdrawal_is_undone(moving):
    case = await moving()
    await up_to(case, LEAVE)
    await case.withdraws()
    await case.until_said(WITHDRAW)
    await case.says("APPROVED", LEAVE, **GIVEN)
    for place in (PERMIT, LEAVE):
        await settles(case, place)
    assert await case.closed() is S.WITHDRAWN
    assert submitted(case) == [case.handling(PERMIT), case.handling(LEAVE)]


@pytest.mark.parametrize("at", [PERMIT, LEAVE, SETTLE])
async def test_a_step_that_a_person_gives_up(moving, at):
    """The authority's system refuses it for good."""
    case = await moving()
    if at:
        await up_to(case, at - 1)
        case.folder.answers[SUBMIT].append(refusal())
        await case.says("APPROVED", at - 1, **GIVEN)
    else:
        await case.handle.terminate()
        case = await moving(prepare=lambda f: f.answers.update(submit=[refusal()]))
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "COMMAND_REFUSED", at)
    for place in range(at):
        await settles(case, place)
    assert await case.closed() is S.FAILED
    assert undone(case) == set(range(at))


async def test_side_by_side_what_was_approved_is_undone_too(register):
    """Without order: one has approved, the other refuses."""
    case = await register(SICHUAN, SOUTHWEST, papers_kept=False)
    await case.hall.until(lambda: case.folder.kinds.count("SUBMITTED") == 2)
    await case.says("REJECTED", 0)
    await case.until_said(WITHDRAW)
    await case.says("APPROVED", 1, **GIVEN)  # its decision wins over the withdrawal on its way
    await settles(case, 1)
    assert await case.closed() is S.REJECTED


async def test_what_was_approved_stays_in_our_hall_while_it_is_undone(register):
    case = await register(SICHUAN, None, order={1: (0,)}, papers_kept=False)
    await until(case, 0, "SUBMITTED")
    await case.says("APPROVED", 0, **PAPER)
    await until(case, 1, "SUBMITTED")
    await case.says("RESULT_SENT", 0, tracking_no="EB2")
    back = await case.until_leg(Leg.BACK)
    await case.says("REJECTED", 1)
    await until(case, 0, "COMPENSATION")
    await back.scan(P.DELIVERED, P.HALL_CHECKED)
    await case.hall.until(lambda: bool(case.folder.ends))
    assert "AWAITING_COLLECTION" not in case.folder.kinds
    await settles(case, 0)
    await case.collects()
    assert await case.closed() is S.REJECTED


async def test_a_decision_that_is_turned_round_after_the_next_step_has_begun(moving):
    """准迁 was approved, 迁出 is with its authority, and a person accepts that 准迁 is refused after all."""
    case = await moving()
    await up_to(case, LEAVE)
    await case.contradicts("REJECTED", PERMIT)
    await case.resolve(TaskOutcome.ACCEPT_THEIRS, "CONTRADICTION", PERMIT)
    await case.until_said(WITHDRAW)
    await until(case, SETTLE, "NOT_BEGUN")
    await case.says("APPROVED", LEAVE, **GIVEN)
    await settles(case, LEAVE)
    assert await case.closed() is S.REJECTED
    assert undone(case) == {LEAVE}


async def test_a_step_in_doubt_lets_nobody_begin(moving):
    """What is contradicted before the next one has begun is decided by a person first."""
    case = await moving(prepare=lambda f: f.answers.update(fetch_file=[outage()]))
    await until(case, PERMIT, "SUBMITTED")
    await case.says("APPROVED", PERMIT, **FILE)
    await until(case, PERMIT, "APPROVED")
    await case.contradicts("REJECTED", PERMIT)
    await case.until_kind("CONTRADICTION")
    case.folder.answers["fetch_file"].clear()
    await case.says("RESULT_SENT", PERMIT, tracking_no="EB3")  # is read after the file could be there
    await asyncio.sleep(0)
    assert submitted(case) == [case.handling(PERMIT)]
    await case.resolve(TaskOutcome.RESUME, "CONTRADICTION", PERMIT)
    await until(case, LEAVE, "SUBMITTED")


async def breaks_off_and_goes_on(case: CaseDesk) -> None:
    """The run is lost as it stands, and a further one takes up what it would have carried."""
    carried = await case.handle.query("carried", result_type=CaseCarried)
    await case.handle.terminate()
    further = CaseRun(**dict(case.start), carried=carried)
    await case.client.start_workflow(CASE_WORKFLOW, further, id=case.handle.id, task_queue=CASES_QUEUE)


async def test_a_lost_run_keeps_the_order(moving):
    """Lost while a step waits, and once more while what was approved is being undone."""
    case = await moving()
    await up_to(case, LEAVE)
    await breaks_off_and_goes_on(case)
    await case.says("APPROVED", LEAVE, **GIVEN)
    await until(case, SETTLE, "SUBMITTED")
    await case.says("REJECTED", SETTLE)
    await settles(case, PERMIT)
    await until(case, LEAVE, "COMPENSATION")
    await case.until_kind("COMPENSATED")
    await breaks_off_and_goes_on(case)
    await settles(case, LEAVE)
    assert await case.closed() is S.REJECTED
    assert submitted(case) == [case.handling(place) for place in range(3)]
    assert case.folder.tasks.count("COMPENSATION") == 2


async def test_a_lost_run_does_not_begin_what_was_never_to_begin(moving):
    case = await moving()
    await up_to(case, LEAVE)
    await case.says("REJECTED", LEAVE)
    await until(case, SETTLE, "NOT_BEGUN")
    await until(case, PERMIT, "COMPENSATION")
    await breaks_off_and_goes_on(case)
    await settles(case, PERMIT)
    assert await case.closed() is S.REJECTED
    assert submitted(case) == [case.handling(PERMIT), case.handling(LEAVE)]
