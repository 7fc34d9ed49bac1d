"""What the applicant is told about a step of a case, written down together with the step (告知节点)."""

from collections.abc import Iterable, Sequence

from domain.applicant_messages import SOON, MessageKind, day_said
from domain.messages import Deadline, DeadlineKind
from domain.milestones import NAMED_CLOCK, REMINDED, TOLD
from domain.recording import CaseChange
from domain.tasks import TaskKind
from domain.terms import CaseStatus
from storage.cases.applicant_messages import ToTell
from storage.cases.rows import DeadlineRow


def told_of(
    change: CaseChange, started: Sequence[Deadline], running: Iterable[DeadlineRow], *, owed: bool
) -> ToTell | None:
    """What a step tells the applicant; None where it tells nothing. The message's key is the step's.

    `started`, `running`: clocks that the step starts, and those that ran before. `owed`: papers are still owed (容缺),
    so that no result is released.
    """
    kind = TOLD.get(change.kind)
    if kind is None:
        return None
    values: dict[str, str] = {}
    if kind is MessageKind.PART_DONE_ONLY:
        return ToTell(kind, kind)  # once, however many steps are to be undone
    if kind is MessageKind.APPROVED and change.case_status is not CaseStatus.APPROVED:
        done = ToTell(change.key, MessageKind.STEP_DONE, handling_no=change.handling_no)
        return None if change.case_status.is_outcome else done  # where all has failed, that is told by itself
    if kind is MessageKind.PAPER_DUE_SOON:
        clock = _warned(change)
        if clock not in REMINDED:
            return None
        due = max((row.due_at for row in running if row.kind == clock), default=None)
        values = {"due": day_said(due) if due is not None else SOON}
    elif kind in NAMED_CLOCK:
        ends = [deadline.due_at for deadline in started if deadline.kind is NAMED_CLOCK[kind]]
        values = {"due": day_said(ends[0]) if ends else SOON}
    elif kind is MessageKind.APPROVED and owed:
        kind = MessageKind.APPROVED_WITHHELD
    return ToTell(change.key, kind, values, change.handling_no)


def _warned(change: CaseChange) -> DeadlineKind | None:
    """The clock that a step of a warning is about, from its task's key `{whose}/DEADLINE_WARNING/{clock}-{end}`."""
    if change.task is None:
        return None
    name = change.task.key.partition(f"/{TaskKind.DEADLINE_WARNING}/")[2].partition("-")[0]
    return DeadlineKind(name) if name in DeadlineKind.__members__ else None
