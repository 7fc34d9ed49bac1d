"""A server that ends every history of more than 500 events: what runs for months stays below, and ends as it should.

The server itself suggests nothing here: only our own bound keeps a leg or a case alive.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError

from domain.messages import CalendarChanged, TaskOutcome
from domain.terms import CaseStatus, Leg, ParcelStage
from runtime import embedded
from runtime.ports import free_port
from runtime.settings import load_settings
from runtime.temporal import connect
from tests.workflows.conftest import say, server
from tests.workflows.hall import open_case, open_hall, tell
from workflows import policies

pytestmark = pytest.mark.temporal

LIMIT = 500
NEVER = "1000000"
SILENT_LOOKS = 700
"""More than three times what 60 days cost: 8 h apart, once they have grown rare."""
AT_ONCE = timedelta(milliseconds=-1)
"""The next look is due at once: the server's timers are late by up to a second, too slow to pass 60 days with."""
WITHIN_S = 120.0
REMINDERS = 60
CALENDARS = 200

S, P = CaseStatus, ParcelStage
ENDED_WELL = {WorkflowExecutionStatus.CONTINUED_AS_NEW, WorkflowExecutionStatus.COMPLETED}


@pytest.fixture(scope="module")
async def strict(tmp_path_factory):
    """A client of a server of our own with that limit."""
    limits = {
        "limit.historyCount.error": str(LIMIT),
        "limit.historyCount.warn": str(LIMIT),
        "limit.historyCount.suggestContinueAsNew": NEVER,
    }
    with pytest.MonkeyPatch.context() as patch:
        binary = server(patch)
        patch.setattr(embedded, "DYNAMIC_CONFIG", embedded.DYNAMIC_CONFIG | limits)
        ports = {name: free_port() for name in ("port", "temporal_port", "temporal_ui_port")}
        settings = load_settings(None, sandbox="1", data_dir=tmp_path_factory.mktemp("strict"), **ports)
        async with embedded.embedded_server(settings, say, binary):
            yield await connect(settings)


@pytest.fixture(scope="module")
async def register(strict):
    async with open_hall(strict) as opened:
        yield partial(open_case, strict, opened)


async def runs_of(client, workflow_id: str, at_least: int):
    """All runs of a workflow once the server's index, which is a little behind, shows them as ended."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = [run async for run in client.list_workflows(f"WorkflowId = '{workflow_id}'")]
            if len(found) >= at_least and all(run.close_time for run in found):
                return found
            await asyncio.sleep(0.1)


def longest(runs) -> int:
    return max(run.history_length for run in runs)


def looks_every(every: timedelta):
    def prepare(folder):
        folder.look_every = every

    return prepare


async def test_a_leg_that_is_silent_for_sixty_days_ends_as_it_should_and_its_case_with_it(register, strict, capsys):
    case = await register(pickup=True, prepare=looks_every(AT_ONCE))
    pickup = await case.until_leg(Leg.PICKUP)
    await case.hall.until(lambda: len(case.folder.looks) >= SILENT_LOOKS, WITHIN_S)
    case.folder.look_every = timedelta(days=300)
    await pickup.scan(P.PICKED_UP, P.DELIVERED, P.HALL_CHECKED)
    assert (await pickup.handle.result())["outcome"] == "DELIVERED"
    await case.until_status(S.SUBMITTED)
    await case.says("ACCEPTED")
    await case.says("APPROVED", result_form="electronic")
    await case.collects()
    assert await case.closed() is S.APPROVED
    looks = len(case.folder.looks)
    of_the_leg = await runs_of(strict, pickup.handle.id, looks * 6 // LIMIT)
    of_the_case = await runs_of(strict, case.handle.id, 1)
    assert {run.status for run in [*of_the_leg, *of_the_case]} == ENDED_WELL
    assert longest([*of_the_leg, *of_the_case]) < LIMIT
    assert [end.outcome for end in case.folder.ends] == ["DELIVERED"]
    assert "LEG_BROKEN" not in case.folder.kinds
    with capsys.disabled():
        print(f"\n{looks} looks in {len(of_the_leg)} runs, longest history {longest(of_the_leg)} events")


async def test_without_our_bound_this_server_ends_the_leg_and_a_person_hears_of_it(register, monkeypatch):
    """Shows that the limit is real; the case goes on all the same."""
    monkeypatch.setattr(policies, "RENEW_AT_EVENTS", 100_000)
    case = await register(pickup=True, prepare=looks_every(AT_ONCE))
    pickup = await case.until_leg(Leg.PICKUP)
    with pytest.raises(WorkflowFailureError):
        await pickup.handle.result()
    assert len(case.folder.looks) < SILENT_LOOKS
    case.folder.look_every = timedelta(days=300)
    await case.resolve(TaskOutcome.CLOSE_AS_FAILED, "LEG_BROKEN")
    assert await case.closed() is S.FAILED


@pytest.mark.soak
async def test_a_case_with_many_reminders_and_two_hundred_calendars_goes_on_and_closes(register, strict, capsys):
    """Each suspension that ends starts two clocks whose limits are over already: each reminds, and is computed anew."""
    case = await register()
    await case.until_status(S.SUBMITTED)
    long_ago = datetime.now(UTC) - timedelta(days=400)
    await case.says("ACCEPTED", occurred_at=long_ago)
    for turn in range(REMINDERS // 2):
        await case.says("SUSPENDED", occurred_at=long_ago)
        await case.says("RESUMED", occurred_at=long_ago)
        await case.hall.until(lambda n=turn: reminders(case) >= 2 * n + 2, WITHIN_S)
    for version in range(CALENDARS):
        changed = CalendarChanged(version=str(version))
        await tell(case.handle, "calendar_changed", changed, id=f"{case.case_no}-calendar-{version}")
    await case.hall.until(lambda: case.folder.kinds.count("CALENDAR_CHANGED") == CALENDARS, WITHIN_S)
    await case.says("APPROVED", result_form="electronic")
    await case.collects()
    assert await case.closed() is S.APPROVED
    runs = await runs_of(strict, case.handle.id, len(case.folder.changes) * 6 // LIMIT)
    assert {run.status for run in runs} == ENDED_WELL
    assert longest(runs) < LIMIT
    assert len({change.key for change in case.folder.changes}) == len(case.folder.changes)
    assert reminders(case) >= REMINDERS
    with capsys.disabled():
        print(f"\n{reminders(case)} reminders, {CALENDARS} calendars, {len(runs)} runs, longest {longest(runs)} events")


def reminders(case) -> int:
    return sum(task.startswith(("DEADLINE_", "ESCALATED_")) for task in case.folder.tasks)
