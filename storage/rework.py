"""差评整改: a bad rating is put right within its days, counted by the calendar in force; then it goes up."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.clocks import Where, compute_deadline
from catalog.model import ItemSnapshot
from catalog.regions import HALL_REGION
from catalog.workdays import WorkdayCalendar
from domain.messages import DeadlineKind
from domain.tasks import TaskKind
from storage.cases import CaseRow, handlings_of
from storage.tasks import TaskRow, open_task

AUTHORITY = "authority"
"""The side (被评价方) whose own region's limit counts; window and post are ours."""


def rework_due(session: Session, case: CaseRow, side: str, rated_at: datetime, calendar: WorkdayCalendar) -> datetime:
    """The end of the last day; which limit counts is rule data of the item and of the region of the rated side."""
    region = handlings_of(session, case.case_no)[0].region if side == AUTHORITY else HALL_REGION
    item = ItemSnapshot.model_validate(case.item)
    return compute_deadline(
        DeadlineKind.RATING_REWORK,
        rated_at,
        item,
        calendar=calendar,
        time_scale=case.time_scale,
        where=Where(region=region),
    ).due_at


def open_rework(
    session: Session, case: CaseRow, data: dict[str, Any], rated_at: datetime, calendar: WorkdayCalendar
) -> None:
    """One task per case; `data` has score and side."""
    open_task(
        session,
        key=f"{case.case_no}/rating",
        kind=TaskKind.BAD_RATING,
        case_no=case.case_no,
        now=rated_at,
        deadline_at=rework_due(session, case, data["side"], rated_at, calendar),
        data=data,
    )


def count_rework_anew(session: Session, calendar: WorkdayCalendar) -> None:
    """A new calendar is in force. These tasks outlive their cases, so no workflow hears of it."""
    for task, case in session.execute(_open_rework()):
        task.deadline_at = rework_due(session, case, task.data["side"], task.opened_at, calendar)


def escalate_rework(session: Session, now: datetime) -> None:
    """What was not put right in time is told once to the one above."""
    for task, case in session.execute(_open_rework().where(TaskRow.deadline_at <= now)):
        key, kind = f"{task.key}/overdue", TaskKind.REWORK_OVERDUE
        open_task(session, key=key, kind=kind, case_no=case.case_no, now=now, data=task.data)


def _open_rework() -> Any:
    tasks = select(TaskRow, CaseRow).join(CaseRow, CaseRow.case_no == TaskRow.case_no)
    return tasks.where(TaskRow.kind == TaskKind.BAD_RATING, TaskRow.resolved_at.is_(None))
