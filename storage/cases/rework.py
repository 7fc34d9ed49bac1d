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
from domain.troubles import Subject
from storage.base import Database
from storage.cases.rows import CaseRow, handlings_of
from storage.row_isolation import RowIsolation
from storage.tasks.rows import TaskRow, open_task

OF_A_RATING = (TaskKind.BAD_RATING, TaskKind.REWORK_OVERDUE)
"""One matter: a rating that is not put right in time becomes overdue."""

AUTHORITY = "authority"
"""The side (被评价方) whose own region's limit counts; window and post are ours."""


def rework_due(session: Session, case: CaseRow, side: str, rated_at: datetime, calendar: WorkdayCalendar) -> datetime:
    """The end of the last day to put a bad rating right, from `rated_at` on.

    The limit is rule data of the item, and for `side` "authority" of the region of the case's first handling; for
    "window" and "post" of our own.
    """
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
    """Open the task to put a bad rating right (差评整改), with its deadline; its key is `{case_no}/rating`.

    `data`: {score, side}, kept with the task.
    """
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
    """Count the deadlines of open rating tasks anew by `calendar`, which is now in force.

    These tasks outlive their cases, so no workflow does it.
    """
    for task, case in session.execute(_open_rework()):
        task.deadline_at = rework_due(session, case, task.data["side"], task.opened_at, calendar)


def escalate_rework(database: Database, now: datetime) -> None:
    """Open an overdue task (key `{case_no}/rating/overdue`) for each rating that was not put right in time, once.

    Each in a transaction of its own.

    Raises:
        ExceptionGroup: of RowFailed, at the end, where some could not be written.
    """
    late = _open_rework().where(TaskRow.kind == TaskKind.BAD_RATING, TaskRow.deadline_at <= now)
    with database.read() as session:
        overdue = [task for task, _ in session.execute(late)]
    rows = RowIsolation()
    for task in overdue:
        with rows.each(Subject(key=task.key, case_no=task.case_no)), database.write() as session:
            key, kind = f"{task.key}/overdue", TaskKind.REWORK_OVERDUE
            open_task(session, key=key, kind=kind, case_no=task.case_no, now=now, data=task.data)
    rows.report()


def _open_rework() -> Any:
    tasks = select(TaskRow, CaseRow).join(CaseRow, CaseRow.case_no == TaskRow.case_no)
    return tasks.where(TaskRow.kind.in_(OF_A_RATING), TaskRow.resolved_at.is_(None))
