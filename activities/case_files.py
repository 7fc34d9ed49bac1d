"""Cases as they lie in the database, locked, with all that writing a step of theirs has to look at."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, defer

from domain.recording import CaseChange
from domain.terms import CaseStatus
from storage.cases.rows import CaseEvent, CaseRow, DeadlineRow, HandlingRow
from storage.tasks.rows import WORKFLOW, TaskRow

_IN_OUR_HANDS = (CaseStatus.REGISTERED, CaseStatus.COLLECTED)


class CaseFile:
    """A case with its handlings by place, and the clocks that run.

    `has_tasks`: somebody may have an open task of it. Where nobody has, none needs to be looked for and closed.
    """

    def __init__(self, case: CaseRow, has_tasks: bool) -> None:
        self.case = case
        self.has_tasks = has_tasks
        self.handlings: list[HandlingRow] = []
        self.clocks: list[DeadlineRow] = []

    def concerned(self, change: CaseChange) -> Sequence[HandlingRow]:
        """Whose status follows the step: its handling; of the whole case those that were not passed on yet."""
        if change.handling_no is not None:
            return [row for row in self.handlings if row.handling_no == change.handling_no]
        # once passed on, each authority's word is its own
        return [row for row in self.handlings if CaseStatus(row.status) in _IN_OUR_HANDS]


def case_files(session: Session, numbers: Collection[str]) -> dict[str, CaseFile]:
    """The cases of these numbers that there are, locked until the transaction ends; two statements."""
    tasks = select(TaskRow.id).filter_by(case_no=CaseRow.case_no, resolved_at=None).exists()
    # In the order of their numbers: two who want the same wait for each other only.
    locked = select(CaseRow, tasks).where(CaseRow.case_no.in_(numbers)).order_by(CaseRow.case_no)
    locked = locked.options(defer(CaseRow.dossier), defer(CaseRow.item), defer(CaseRow.carried))  # not asked here
    locked = locked.with_for_update(of=CaseRow)
    with session.no_autoflush:  # what the caller has changed is none of it
        files = {case.case_no: CaseFile(case, bool(has)) for case, has in session.execute(locked)}
        if files:
            _fill(session, files)
    return files


def _fill(session: Session, files: dict[str, CaseFile]) -> None:
    """Handlings and running clocks, once the cases are locked."""
    runs = and_(DeadlineRow.case_no == HandlingRow.case_no, DeadlineRow.stopped_at.is_(None))
    beside = select(HandlingRow, DeadlineRow).outerjoin(DeadlineRow, runs).where(HandlingRow.case_no.in_(files))
    handlings: dict[str, HandlingRow] = {}
    clocks: dict[int, DeadlineRow] = {}
    for handling, clock in session.execute(beside.order_by(HandlingRow.place, DeadlineRow.id)):
        handlings[handling.handling_no] = handling
        if clock is not None:
            clocks[clock.id] = clock
    for handling in handlings.values():
        files[handling.case_no].handlings.append(handling)
    for clock in clocks.values():
        files[clock.case_no].clocks.append(clock)


def event_of(change: CaseChange) -> CaseEvent:
    """The line of the history that a step writes."""
    return CaseEvent(
        key=change.key,
        kind=change.kind,
        at=change.at,
        actor=WORKFLOW,
        handling_no=change.handling_no,
        data={"status": change.case_status},
    )
