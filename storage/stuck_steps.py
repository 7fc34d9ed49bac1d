"""Tasks about steps that cannot succeed: opened once a matter, closed when the step succeeds or is no longer tried."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from domain.troubles import REMEDIES, Subject, Trouble
from storage.cases.rows import HandlingRow
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow, open_task


def open_stuck(
    session: Session, key: str, subject: Subject, *, step: str, trouble: Trouble, error: str, now: datetime
) -> None:
    """Open a task about a step that cannot succeed (kind STEP_STUCK); once per `key`.

    `key`: at most 160 characters; `step`: its Chinese name; `error`: a class, never a text, which may hold personal
    data.
    """
    case_no, handling_no = _place(session, subject)
    open_task(
        session,
        key=key,
        kind=TaskKind.STEP_STUCK,
        now=now,
        case_no=case_no,
        handling_no=handling_no,
        leg_id=subject.leg_id,
        data={"step": step, "trouble": trouble, "error": error, "remedy": REMEDIES[trouble], "about": subject.key},
    )


def open_matters(session: Session, prefix: str) -> list[str]:
    """Keys of the open STEP_STUCK tasks that begin with `prefix`."""
    query = select(TaskRow.key).where(TaskRow.kind == TaskKind.STEP_STUCK, TaskRow.resolved_at.is_(None))
    return list(session.scalars(query.where(TaskRow.key.startswith(prefix, autoescape=True))))


def _place(session: Session, subject: Subject) -> tuple[str | None, str | None]:
    """Case and handling, as far as our books know them: a step may be stuck because they don't."""
    leg = session.get(LegRow, subject.leg_id) if subject.leg_id else None
    handling_no = subject.handling_no or (leg.handling_no if leg else None)
    handling = session.get(HandlingRow, handling_no) if handling_no else None
    case_no = subject.case_no or (leg.case_no if leg else None) or (handling.case_no if handling else None)
    return case_no, handling_no
