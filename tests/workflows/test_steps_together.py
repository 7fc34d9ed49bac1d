"""Steps that belong together are written in one transaction, in their order, and none is lost on the way."""

import asyncio

import pytest

from domain.messages import CaseView, DeadlineKind, TaskOutcome
from domain.terms import CaseStatus, Partner
from tests.workflows.hall import SUBMIT, refusal

pytestmark = pytest.mark.temporal
S = CaseStatus


async def test_what_an_authority_says_meanwhile_is_written_together(register):
    """While one step is written, the network says three things more."""
    gate = asyncio.Event()
    case = await register(prepare=lambda folder: folder.gates.update(RECEIVED=gate))
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.hall.until(lambda: "RECEIVED" in case.folder.arrived)
    for event in ("ACCEPTED", "REVIEWING"):
        await case.says(event)
    await case.says("APPROVED", result_form="electronic")
    gate.set()
    await case.collects()
    assert await case.closed() is S.APPROVED
    assert ["ACCEPTED", "REVIEWING", "APPROVED"] in case.folder.groups
    assert case.folder.kinds.count("APPROVED") == 1
    assert case.folder.said == [SUBMIT]


async def test_a_clock_that_is_started_and_stopped_among_them_does_not_run(register):
    gate = asyncio.Event()
    case = await register(prepare=lambda folder: folder.gates.update(RECEIVED=gate))
    await case.until_status(S.SUBMITTED)
    await case.says("RECEIVED")
    await case.hall.until(lambda: "RECEIVED" in case.folder.arrived)
    await case.says("ACCEPTED")  # starts the clocks to decide
    await case.says("REJECTED")  # stops them
    gate.set()
    rejected = await case.until_kind("REJECTED")
    assert set(rejected.stop) >= {DeadlineKind.DECISION_PROMISED, DeadlineKind.DECISION_STATUTORY}
    assert not {clock.kind for clock in (await case.handle.query("view", result_type=CaseView)).deadlines} & set(
        rejected.stop
    )


async def test_collected_and_passed_on_are_one_transaction(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    assert case.folder.groups[0] == ["COLLECTED", "PASSING_ON"]


async def test_a_submission_that_is_refused_and_sent_again_is_a_step_where_it_was_taken(register):
    case = await register(prepare=lambda folder: folder.answers[SUBMIT].append(refusal()))
    await case.resolve(TaskOutcome.RESEND, "COMMAND_REFUSED")
    await case.until_status(S.SUBMITTED)
    assert case.folder.said == [SUBMIT, SUBMIT]
    assert case.folder.kinds.count("SUBMITTED") == 1


async def test_each_of_several_authorities_is_a_step_by_itself(register):
    """The case's status is their join, which nobody knows before the taking."""
    case = await register(Partner.SICHUAN, Partner.INTERPROVINCIAL)
    await case.until_kind("SUBMITTED", 2)
    assert {"SUBMITTED"} <= {kind for group in case.folder.groups for kind in group}


async def test_the_database_away_for_a_while_loses_no_step(register):
    """What is said meanwhile waits behind what cannot be written, and keeps its place."""
    gate = asyncio.Event()
    case = await register(prepare=lambda folder: folder.gates.update(COLLECTED=gate))
    await case.hall.until(lambda: "COLLECTED" in case.folder.arrived)
    gate.set()
    await case.until_status(S.SUBMITTED)
    for event in ("RECEIVED", "ACCEPTED"):
        await case.says(event)
    await case.says("REJECTED")
    await case.collects()
    assert await case.closed() is S.REJECTED
    kinds = [kind for kind in case.folder.kinds if kind in {"COLLECTED", "RECEIVED", "ACCEPTED", "REJECTED", "CLOSED"}]
    assert kinds == ["COLLECTED", "RECEIVED", "ACCEPTED", "REJECTED", "CLOSED"]
    keys = [change.key for change in case.folder.changes]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("word", "more"), [("RECEIVED", {}), ("NEED_SUPPLEMENT", {"round": 2, "deadline_workdays": 5})]
)
async def test_a_run_that_breaks_off_before_a_word_was_written_leaves_it_to_be_heard_again(register, word, more):
    """Once, from the status before; also where the word was still being reacted to."""
    gate = asyncio.Event()
    case = await register(prepare=lambda folder: folder.gates.update({word: gate}))
    await case.until_status(S.SUBMITTED)
    await case.says(word, **more)
    await case.hall.until(lambda: word in case.folder.arrived)
    await case.says("ACCEPTED")
    left = (await case.handle.query("carried"))["handlings"][case.handling(0)]
    assert [news["authority"]["event"] for news in left["news"]] == [word, "ACCEPTED"]
    assert left["status"] == S.SUBMITTED
    gate.set()
    async with asyncio.timeout(30):  # nothing tells us when the workflow has heard that it is written
        while (await case.handle.query("carried"))["handlings"][case.handling(0)]["news"]:
            pass
    assert case.folder.kinds.count(word) == case.folder.kinds.count("ACCEPTED") == 1
