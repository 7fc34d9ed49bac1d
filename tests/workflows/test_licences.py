"""Electronic licences are checked before anything is passed on; where the office says nothing, a clerk decides."""

from functools import partial

import pytest

from domain.licences import LicencesChecked
from domain.messages import CaseView, TaskOutcome, TaskResolved
from domain.terms import CaseStatus
from tests.workflows.hall import tell
from workflows import policies

pytestmark = pytest.mark.temporal
S, T = CaseStatus, TaskOutcome


@pytest.fixture(autouse=True, params=[policies.RENEW_AT_EVENTS, 12], ids=["one run", "many runs"])
def histories(request, monkeypatch):
    monkeypatch.setattr(policies, "RENEW_AT_EVENTS", request.param)


@pytest.fixture
def register(register):
    return partial(register, licences=(2, 4), papers_kept=False)


async def still_here(case):
    """After everything that it was told: collected, and nobody was told of it."""
    view = await case.handle.query("view", result_type=CaseView)
    assert (view.status, case.folder.said) == (S.COLLECTED, [])


def ends(*found):
    return lambda folder: folder.found.extend(found)


async def test_what_is_confirmed_goes_on_by_itself(register):
    case = await register()
    await case.until_status(S.SUBMITTED)
    (order,) = case.folder.checks
    assert (order.seqs, order.round) == ((2, 4), 1)
    kinds = case.folder.kinds
    assert kinds.index("COLLECTED") < kinds.index("LICENCES_HOLD") < kinds.index("SUBMITTED")
    assert case.folder.tasks == []


async def test_without_licences_nobody_is_asked(register):
    case = await register(licences=())
    await case.until_status(S.SUBMITTED)
    assert case.folder.checks == []
    assert "LICENCES_HOLD" not in case.folder.kinds


async def test_what_nobody_confirms_waits_for_the_clerks_own_look(register):
    case = await register(prepare=ends(LicencesChecked(unconfirmed=(4,))))
    change = await case.until_kind("LICENCE_UNCONFIRMED")
    assert change.task.key == f"{case.case_no}/LICENCE_UNCONFIRMED/1-4"
    await still_here(case)
    await case.resolve(T.LOOKED, "LICENCE_UNCONFIRMED")
    await case.until_status(S.SUBMITTED)
    assert len(case.folder.checks) == 1


async def test_a_person_may_have_it_checked_again(register):
    denied = LicencesChecked(denied=(2,), unconfirmed=(4,))
    case = await register(prepare=ends(denied, LicencesChecked(unconfirmed=(2, 4))))
    change = await case.until_kind("LICENCE_DENIED")
    assert change.task.key.endswith("/1-2")
    await case.resolve(T.CHECK_AGAIN, "LICENCE_DENIED")
    await case.resolve(T.CHECK_AGAIN, "LICENCE_UNCONFIRMED")
    await case.until_status(S.SUBMITTED)
    assert [order.round for order in case.folder.checks] == [1, 2, 3]


async def test_ended_by_the_clerk_nothing_is_passed_on(register):
    case = await register(prepare=ends(LicencesChecked(denied=(2,))))
    await case.resolve(T.CLOSE_AS_FAILED, "LICENCE_DENIED")
    assert await case.closed() is S.FAILED
    assert case.folder.said == []


async def test_withdrawn_while_the_clerk_is_asked(register):
    case = await register(prepare=ends(LicencesChecked(unconfirmed=(2,))))
    await case.until_kind("LICENCE_UNCONFIRMED")
    await case.withdraws()
    assert await case.closed() is S.WITHDRAWN
    assert case.folder.said == []


async def test_another_tasks_verdict_changes_nothing(register):
    case = await register(prepare=ends(LicencesChecked(unconfirmed=(2,))))
    await case.until_kind("LICENCE_UNCONFIRMED")
    await tell(case.handle, "task_resolved", TaskResolved(task_id="other", outcome=T.ACKNOWLEDGE), id="task-other")
    await still_here(case)
