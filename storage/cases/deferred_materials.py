"""What an applicant still owes or has promised instead (容缺材料、告知承诺), until after the decision."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.matters import End
from domain.messages import Deadline, DeadlineKind, TaskOutcome
from domain.tasks import TaskKind
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, add_event
from storage.tasks.rows import WORKFLOW, TaskRow, open_task, settle_task


def owe(session: Session, *, case_no: str, owed: Mapping[int, str], deadline: Deadline, now: datetime) -> None:
    """Write down deferred materials (容缺): one clock for the applicant, and a task for each until it has come.

    `owed`: sequence number → name. The tasks' key is `{case_no}/deferred/{seq}`, the clock's is `deferred`; the
    case's workflow takes the clock over as soon as it runs.
    """
    session.add(
        DeadlineRow(
            case_no=case_no,
            key="deferred",
            kind=DeadlineKind.DEFERRED_MATERIAL,
            start_at=deadline.start_at,
            warn_at=deadline.warn_at,
            due_at=deadline.due_at,
            responsible=deadline.responsible,
            provisional=deadline.provisional,
            calendar_version=deadline.calendar_version,
        )
    )
    for seq, name in owed.items():
        open_task(
            session,
            key=_task_key(case_no, seq),
            kind=TaskKind.DEFERRED_MATERIAL,
            case_no=case_no,
            deadline_at=deadline.due_at,
            now=now,
            data={"seq": seq, "name": name},
        )


def move_deferral(session: Session, case_no: str, due_at: datetime) -> None:
    """The clock of what is owed ends at `due_at` now (a new calendar): the deadlines of its open tasks follow."""
    for task in _open_tasks(session, case_no):
        task.deadline_at = due_at


def still_owed(session: Session, case_no: str) -> tuple[int, ...]:
    """Sequence numbers of deferred materials that have not come: no result is released before they have.

    What lapsed is owed for good (容缺逾期): its task is closed, the result stays where it is.
    """
    rows = session.scalars(select(TaskRow).filter_by(case_no=case_no, kind=TaskKind.DEFERRED_MATERIAL))
    owed = [row for row in rows if row.resolved_at is None or row.outcome == TaskOutcome.CLOSE_AS_FAILED]
    return tuple(sorted(int(row.data["seq"]) for row in owed))


def give_up(session: Session, case_no: str, *, now: datetime, actor: str) -> None:
    """A person has ended the waiting: the open tasks of what has not come are closed as failed, so it stays owed."""
    for task in _open_tasks(session, case_no):
        task.resolved_at, task.outcome, task.resolved_by = now, TaskOutcome.CLOSE_AS_FAILED, actor


def forgive(session: Session, case_no: str, now: datetime) -> None:
    """The matter was not approved: nothing is released, so nothing is owed, and the papers go back freely."""
    for task in session.scalars(select(TaskRow).filter_by(case_no=case_no, kind=TaskKind.DEFERRED_MATERIAL)):
        if task.resolved_at is None or task.outcome == TaskOutcome.CLOSE_AS_FAILED:
            task.resolved_at, task.outcome, task.resolved_by = now, TaskOutcome.SETTLED, WORKFLOW
            task.reason = End.BROUGHT
    _stop_clock(session, case_no, now)


def came(
    session: Session, case_no: str, seq: int, *, now: datetime, actor: str, acts: Mapping[str, str] | None = None
) -> None:
    """A deferred material has arrived; the day of arrival counts. `acts`: by which agent."""
    settle_task(session, _task_key(case_no, seq), now, End.BROUGHT)
    session.flush()
    if not still_owed(session, case_no):
        _stop_clock(session, case_no, now)
    add_event(
        session,
        case_no=case_no,
        key=f"deferred/{seq}",
        kind="DEFERRED_CLOSED",
        at=now,
        now=now,
        actor=actor,
        data={"seq": seq, **(acts or {})},
    )


def came_already(session: Session, case_no: str, seq: int) -> bool:
    """Whether this deferred material was noted as arrived; a second time has no effect."""
    seen = select(CaseEventRow.id).filter_by(case_no=case_no, key=f"deferred/{seq}")
    return session.scalar(seen) is not None


def commit(session: Session, case_no: str, seqs: tuple[int, ...], *, now: datetime, actor: str) -> None:
    """Note in the history which proofs a written promise replaces (告知承诺); `seqs` are their sequence numbers.

    Nothing is owed; `open_post_check` opens the check after an approval.
    """
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
    """Open the task to check what was promised (事后核查), if anything was; its key: `{case_no}/post-check`."""
    with session.no_autoflush:  # the case is written once, with all that changes
        promised = session.scalar(select(CaseEventRow.data).filter_by(case_no=case.case_no, key="committed"))
    if promised is not None:
        key = f"{case.case_no}/post-check"
        open_task(session, key=key, kind=TaskKind.POST_CHECK, case_no=case.case_no, now=now, data=promised)


def _task_key(case_no: str, seq: int) -> str:
    return f"{case_no}/deferred/{seq}"


def _open_tasks(session: Session, case_no: str) -> list[TaskRow]:
    waiting = select(TaskRow).filter_by(case_no=case_no, kind=TaskKind.DEFERRED_MATERIAL, resolved_at=None)
    return list(session.scalars(waiting))


def _stop_clock(session: Session, case_no: str, now: datetime) -> None:
    clocks = select(DeadlineRow).filter_by(case_no=case_no, kind=DeadlineKind.DEFERRED_MATERIAL, stopped_at=None)
    for row in session.scalars(clocks):
        row.stopped_at = now
