"""The law's clocks on a server whose time jumps: who is warned, who gets a task, and what stops it."""

from datetime import timedelta

import pytest

from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import ITEM, SUBMIT, outage

pytestmark = pytest.mark.timeskipping
S, P = CaseStatus, ParcelStage


def tasks_of(case, clock: str) -> list[str]:
    """Kinds of the tasks that were opened for this clock."""
    return [change.task.kind for change in case.folder.changes if change.task and f"/{clock}-" in change.task.key]


@pytest.fixture
async def register(skipping):
    """Cases on the server whose time jumps."""
    opened = []

    async def register(*partners, **how):
        opened.append(await skipping.register(*partners, **how))
        return opened[-1]

    yield register
    for case in opened:
        case.calm_down()


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
    await case.passes(days=3)
    assert tasks_of(case, "POSTING") == ["DEADLINE_WARNING", "DEADLINE_MISSED"]
    assert "SUBMITTED" not in case.folder.kinds


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
    await case.passes(days=11)
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
