"""Writing down what a case has come to: one transaction a step, harmless when repeated."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from catalog.clocks import Where
from domain.messages import CaseChange, ClockOrder, Deadline, DeadlineKind, ItemBrief, Recorded
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Scheme
from storage.base import Database
from storage.cases import CaseRow, DeadlineRow, HandlingRow, add_event
from storage.owing import forgive, move_deferral, open_post_check
from storage.tasks import open_task, settle_task

Clockwork = Callable[[ClockOrder, ItemBrief, float, Where], Deadline]
"""Computes a clock's times from the law, the item, the calendar and whose agreement counts; `float`: the time scale."""

WORKFLOW = "workflow"  # the actor in the history
_IN_OUR_HANDS = (CaseStatus.REGISTERED, CaseStatus.COLLECTED)


class Records:
    """`record` is the only writer of statuses after registration (decisions.md 3)."""

    def __init__(self, database: Database, clockwork: Clockwork, now: Callable[[], datetime]) -> None:
        self._database = database
        self._clockwork = clockwork
        self._now = now

    @activity.defn
    def record(self, change: CaseChange) -> Recorded:
        """Status, history, clocks and task of one step. The same key again changes nothing."""
        with self._database.write() as session:
            case = session.get(CaseRow, change.case_no, with_for_update=True)
            if case is None:
                raise LookupError("a workflow runs for a case that is not in the database")
            fresh = add_event(
                session,
                case_no=change.case_no,
                key=change.key,
                kind=change.kind,
                at=change.at,
                now=self._now(),
                actor=WORKFLOW,
                handling_no=change.handling_no,
                data={"status": change.case_status},
            )
            if fresh:
                self._apply(session, case, change)
            return Recorded(deadlines=self._started(session, case, change, fresh))

    def _apply(self, session: Session, case: CaseRow, change: CaseChange) -> None:
        case.version += 1
        if case.collected_at is None and change.kind == "COLLECTED":
            case.collected_at = change.at
        if case.decided_at is None and change.case_status.is_outcome:
            case.decided_at = change.at
            if change.case_status is CaseStatus.APPROVED:
                open_post_check(session, case, self._now())
        if change.case_status.is_outcome and change.case_status is not CaseStatus.APPROVED:
            forgive(session, case.case_no, self._now())
        case.status, case.on_hold = change.case_status, change.on_hold
        asked = case.withdrawal_pending or change.withdrawal_pending  # the window may know before the workflow
        case.withdrawal_pending = asked and not change.case_status.is_outcome
        if change.closed:
            case.closed_at = change.at
        handlings = select(HandlingRow).filter_by(case_no=case.case_no)
        if change.handling_no is not None:
            handlings = handlings.filter_by(handling_no=change.handling_no)
        else:  # a step of the whole case; once passed on, each authority's word is its own
            handlings = handlings.where(HandlingRow.status.in_(_IN_OUR_HANDS))
        for handling in session.scalars(handlings):
            handling.status = change.handling_status or change.case_status
        self._stop(session, change)
        if change.task is not None:
            open_task(
                session,
                key=change.task.key,
                kind=TaskKind(change.task.kind),
                now=self._now(),
                case_no=case.case_no,
                handling_no=change.handling_no,
                leg_id=change.task.leg_id,
            )
        for key in change.settles:
            settle_task(session, key, self._now())

    def _stop(self, session: Session, change: CaseChange) -> None:
        running = select(DeadlineRow).filter_by(case_no=change.case_no, stopped_at=None)
        if not change.closed:
            kinds = set(change.stop) | {order.kind for order in change.start}
            running = running.filter(DeadlineRow.kind.in_(kinds))
            running = running.filter_by(handling_no=change.handling_no)
        for row in session.scalars(running):
            row.stopped_at = change.at

    def _started(self, session: Session, case: CaseRow, change: CaseChange, fresh: bool) -> tuple[Deadline, ...]:
        item = ItemBrief.model_validate(case.start["item"])
        deadlines = []
        where = _where(session, change.handling_no)
        for order in change.start:
            deadline = self._clockwork(order, item, case.time_scale, where)
            deadline = deadline.model_copy(update={"handling_no": change.handling_no})
            deadlines.append(deadline)
            if fresh:
                session.add(_row(change, deadline))
            if fresh and deadline.kind is DeadlineKind.DEFERRED_MATERIAL:
                move_deferral(session, case.case_no, deadline.due_at)
        session.flush()
        if fresh:
            still = select(DeadlineRow.due_at).filter_by(case_no=case.case_no, stopped_at=None)
            case.due_at = min(session.scalars(still), default=None)
        return tuple(deadlines)


def _where(session: Session, handling_no: str | None) -> Where:
    handling = session.get(HandlingRow, handling_no) if handling_no is not None else None
    return Where() if handling is None else Where(scheme=Scheme(handling.scheme), region=handling.region)


def _row(change: CaseChange, deadline: Deadline) -> DeadlineRow:
    return DeadlineRow(
        case_no=change.case_no,
        handling_no=change.handling_no,
        key=f"{change.key}/{deadline.kind}",
        kind=deadline.kind,
        start_at=deadline.start_at,
        warn_at=deadline.warn_at,
        due_at=deadline.due_at,
        responsible=deadline.responsible,
        provisional=deadline.provisional,
        calendar_version=deadline.calendar_version,
    )
