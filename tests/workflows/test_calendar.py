"""A new working-day calendar re-arms every running clock: nobody is warned by the old one, everybody by the new one."""

from datetime import timedelta

import pytest

from domain.messages import CalendarChanged
from domain.terms import CaseStatus
from tests.workflows import hall as halls
from tests.workflows.hall import tell

pytestmark = pytest.mark.timeskipping


@pytest.fixture
async def case(skipping):
    return await skipping.register()


def decision_tasks(case) -> list[str]:
    keys = [change.task.key for change in case.folder.changes if change.task]
    return [key for key in keys if "/DECISION_PROMISED-" in key]


async def test_running_clocks_are_computed_anew_and_only_the_new_times_count(case, monkeypatch):
    await case.until_status(CaseStatus.SUBMITTED)
    await case.says("ACCEPTED")
    accepted = await case.until_kind("ACCEPTED")
    before = halls._deadline

    def later(order, handling_no):
        """The notice has put a week of holidays into the limit."""
        deadline = before(order, handling_no)
        week = timedelta(days=7)
        return deadline.model_copy(update={"warn_at": deadline.warn_at + week, "due_at": deadline.due_at + week})

    monkeypatch.setattr(halls, "_deadline", later)
    changed = CalendarChanged(version="2027")
    await tell(case.handle, "calendar_changed", changed, id=f"{case.case_no}-calendar-1")
    again = await case.until_kind("CALENDAR_CHANGED")
    assert {(o.kind, o.start_at, o.workdays) for o in again.start} == {
        (o.kind, o.start_at, o.workdays) for o in accepted.start
    }
    assert again.case_status is CaseStatus.ACCEPTED
    await case.passes(days=10, hours=1)  # the old promised limit of ten days is over
    assert decision_tasks(case) == []
    await case.passes(days=7)
    assert len(decision_tasks(case)) == 2  # warned, then missed, by the new one


async def test_papers_that_wait_at_the_hall_hear_of_it_too(case, monkeypatch):
    await case.until_status(CaseStatus.SUBMITTED)
    await case.says("NOT_ACCEPTED")
    waiting = await case.until_kind("AWAITING_COLLECTION")
    before = halls._deadline

    def later(order, handling_no):
        deadline = before(order, handling_no)
        half_a_year = timedelta(days=180)
        return deadline.model_copy(
            update={"warn_at": deadline.warn_at + half_a_year, "due_at": deadline.due_at + half_a_year}
        )

    monkeypatch.setattr(halls, "_deadline", later)
    changed = CalendarChanged(version="2027")
    await tell(case.handle, "calendar_changed", changed, id=f"{case.case_no}-calendar-1")
    await case.until_kind("CALENDAR_CHANGED", 2)  # of the handling, where nothing runs any more, and of the case
    again = [change for change in case.folder.changes if change.kind == "CALENDAR_CHANGED" and change.start]
    assert [change.start for change in again] == [waiting.start]
    await case.passes(days=60)  # the old limit of ten days is long over
    assert "COLLECTION_REMINDER" not in case.folder.kinds
    await case.passes(days=150)
    assert "COLLECTION_REMINDER" in case.folder.kinds
    await case.collects()
    assert await case.closed() is CaseStatus.NOT_ACCEPTED
    assert case.folder.tasks.count("COLLECT_AT_HALL") == 1
