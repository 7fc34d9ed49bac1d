"""What an applicant still owes or has promised instead (容缺材料、告知承诺), until after the decision."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.clocks import compute_deadline
from catalog.materials import deferral_workdays
from catalog.model import ItemSnapshot
from catalog.workdays import WorkdayCalendar
from domain.messages import Deadline, DeadlineKind
from domain.tasks import TaskKind
from storage.cases import CaseEventRow, CaseRow, DeadlineRow, add_event
from storage.tasks import TaskRow, open_task, settle_task


def owe(session: Session, *, case_no: str, seq: int, name: str, deadline: Deadline, now: datetime) -> None:
    """A deferred material (容缺): a clock of its own for the applicant, and a task until it has come."""
    session.add(
        DeadlineRow(
            case_no=case_no,
            key=_deadline_key(seq),
            kind=DeadlineKind.DEFERRED_MATERIAL,
            start_at=deadline.start_at,
            warn_at=deadline.warn_at,
            due_at=deadline.due_at,
            responsible=deadline.responsible,
            provisional=deadline.provisional,
            calendar_version=deadline.calendar_version,
        )
    )
    open_task(
        session,
        key=_task_key(case_no, seq),
        kind=TaskKind.DEFERRED_MATERIAL,
        case_no=case_no,
        deadline_at=deadline.due_at,
        now=now,
        data={"seq": seq, "name": name},
    )


def compute_anew(session: Session, calendar: WorkdayCalendar) -> int:
    """Every deferral that still runs, by a new calendar; returns how many. The workflows know nothing of these."""
    running = select(DeadlineRow, CaseRow).join(CaseRow, CaseRow.case_no == DeadlineRow.case_no)
    rows = session.execute(
        running.where(DeadlineRow.kind == DeadlineKind.DEFERRED_MATERIAL, DeadlineRow.stopped_at.is_(None))
    )
    counted = 0
    for clock, case in rows:
        item = ItemSnapshot.model_validate(case.item)
        workdays = deferral_workdays(item)
        deadline = compute_deadline(
            DeadlineKind.DEFERRED_MATERIAL,
            clock.start_at,
            item,
            calendar=calendar,
            time_scale=case.time_scale,
            workdays=workdays,
        )
        clock.warn_at, clock.due_at, clock.provisional = deadline.warn_at, deadline.due_at, deadline.provisional
        clock.calendar_version = deadline.calendar_version
        task = session.scalar(select(TaskRow).filter_by(key=f"{case.case_no}/{clock.key}", resolved_at=None))
        if task is not None:
            task.deadline_at = deadline.due_at
        counted += 1
    return counted


def still_owed(session: Session, case_no: str) -> tuple[int, ...]:
    """Sequence numbers of deferred materials that have not come: no result is released before they have."""
    waiting = select(TaskRow.data).filter_by(case_no=case_no, kind=TaskKind.DEFERRED_MATERIAL, resolved_at=None)
    return tuple(sorted(int(data["seq"]) for data in session.scalars(waiting)))


def came(session: Session, case_no: str, seq: int, *, now: datetime, actor: str) -> None:
    """A deferred material has arrived; the day of arrival counts."""
    settle_task(session, _task_key(case_no, seq), now)
    row = session.scalar(select(DeadlineRow).filter_by(case_no=case_no, key=_deadline_key(seq), stopped_at=None))
    if row is not None:
        row.stopped_at = now
    session.flush()
    add_event(
        session,
        case_no=case_no,
        key=f"deferred/{seq}",
        kind="DEFERRED_CLOSED",
        at=now,
        now=now,
        actor=actor,
        data={"seq": seq},
    )


def came_already(session: Session, case_no: str, seq: int) -> bool:
    """Whether a deferred material has arrived before: brought twice is brought once."""
    seen = select(CaseEventRow.id).filter_by(case_no=case_no, key=f"deferred/{seq}")
    return session.scalar(seen) is not None


def commit(session: Session, case_no: str, seqs: tuple[int, ...], *, now: datetime, actor: str) -> None:
    """Promises in place of proofs (告知承诺): nothing is owed, a check follows the decision."""
    add_event(
        session,
        case_no=case_no,
        key="committed",
        kind="COMMITTED",
        at=now,
        now=now,
        actor=actor,
        data={"seqs": list(seqs)},
    )


def open_post_check(session: Session, case: CaseRow, now: datetime) -> None:
    """After an approval, what was promised is to be checked (事后核查)."""
    promised = session.scalar(select(CaseEventRow.data).filter_by(case_no=case.case_no, key="committed"))
    if promised is not None:
        key = f"{case.case_no}/post-check"
        open_task(session, key=key, kind=TaskKind.POST_CHECK, case_no=case.case_no, now=now, data=promised)


def _task_key(case_no: str, seq: int) -> str:
    return f"{case_no}/deferred/{seq}"


def _deadline_key(seq: int) -> str:
    return f"deferred/{seq}"
