"""Electronic results: fetched, made available, and only then does the case close; fetching is up to the applicant."""

from datetime import timedelta
from functools import partial

import pytest

from domain.messages import TaskOutcome
from domain.terms import CaseStatus, Leg, ParcelStage
from tests.workflows.hall import outage

pytestmark = pytest.mark.timeskipping
S = CaseStatus
FILE = "ab" * 32
ELECTRONIC = {"result_form": "electronic", "result_sha256": FILE}
BOTH = {"result_form": "both", "result_sha256": FILE}


@pytest.fixture
def register(skipping):
    return partial(skipping.register, papers_kept=False)


async def decided(register, *where, result=ELECTRONIC, **how):
    case = await register(*where, **how)
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("APPROVED", **result)
    await case.until_status(S.APPROVED)
    return case


async def test_it_is_made_available_once_and_then_the_case_closes(register):
    case = await decided(register)
    assert await case.closed() is S.APPROVED
    assert case.folder.kinds.count("RESULT_AVAILABLE") == 1
    assert case.folder.kinds.index("RESULT_AVAILABLE") < case.folder.kinds.index("CLOSED")
    made = next(change for change in case.folder.changes if change.kind == "RESULT_AVAILABLE")
    assert (made.handling_no, made.case_status, made.handling_status) == (case.case_no, S.APPROVED, S.APPROVED)


async def test_the_case_stays_open_as_long_as_the_file_cannot_be_fetched(register):
    case = await decided(register, prepare=lambda f: f.answers.update(fetch_file=[outage(timedelta(hours=5))]))
    await case.passes(hours=25)
    assert {"RESULT_AVAILABLE", "CLOSED"}.isdisjoint(case.folder.kinds)
    assert "FILE_MISSING" in case.folder.tasks
    case.folder.answers["fetch_file"].clear()
    assert await case.closed() is S.APPROVED
    assert case.folder.kinds.count("RESULT_AVAILABLE") == 1


async def test_a_file_of_our_own_city_needs_no_fetching(register):
    case = await decided(register, None)
    assert await case.closed() is S.APPROVED
    assert case.folder.fetches == []
    assert case.folder.kinds.count("RESULT_AVAILABLE") == 1


async def test_what_is_withheld_is_made_available_when_the_gap_is_closed(register):
    case = await decided(register, deferred=(3,))
    await case.passes(days=2)
    assert len(case.folder.fetches) == 1
    assert "RESULT_AVAILABLE" not in case.folder.kinds
    await case.hands_in(3)
    assert await case.closed() is S.APPROVED
    assert case.folder.kinds.index("GAP_CLOSED") < case.folder.kinds.index("RESULT_AVAILABLE")


async def test_what_is_given_up_is_never_made_available_and_closes(register):
    case = await decided(register, deferred=(3,))
    await case.passes(days=11)
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "DEFERRED_LAPSED")
    assert await case.closed() is S.APPROVED
    assert "RESULT_AVAILABLE" not in case.folder.kinds


@pytest.mark.parametrize("result", [{"result_form": "electronic"}, {"result_form": "paper"}])
async def test_where_no_file_is_named_nothing_is_made_available(register, result):
    case = await decided(register, None, result=result)
    if result["result_form"] == "paper":
        await case.collects()
    assert await case.closed() is S.APPROVED
    assert "RESULT_AVAILABLE" not in case.folder.kinds


async def test_a_result_in_both_forms_is_fetched_and_its_paper_handed_over(register):
    """Whether its matter is handled online or not: the file does not wait for the paper, the case does for both."""
    case = await decided(register, result=BOTH, delivery=True)
    await case.until_kind("RESULT_AVAILABLE")
    await case.passes(days=1)
    assert "CLOSED" not in case.folder.kinds
    await case.says("RESULT_SENT", tracking_no="EB1")
    await (await case.until_leg(Leg.BACK)).scan(ParcelStage.DELIVERED, ParcelStage.HALL_CHECKED)
    await (await case.until_leg(Leg.DELIVERY)).scan(ParcelStage.PICKED_UP, ParcelStage.DELIVERED)
    assert await case.closed() is S.APPROVED
    assert case.folder.said[-1] == "DELIVERED"
