"""Writing down what a case has come to: what belongs together in one transaction, harmless when repeated."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.case_files import CaseFile, case_files, event_of
from activities.task_facts import OF_A_CLOCK, facts_of
from activities.telling import told_of
from activities.withdrawn_visits import resume_visits
from catalog.clocks import Where
from domain.matters import End, clock_matter, ending_by
from domain.messages import ClockOrder, Deadline, DeadlineKind, ItemBrief
from domain.recording import RESULT_AVAILABLE, AllRecorded, CaseChange, CaseChanges, Recorded
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Scheme, WireEvent
from parcels.paper_trail import HANDED_OVER, follow
from storage.base import Database
from storage.cases.applicant_messages import ToTell, enqueue_of
from storage.cases.deferred_materials import forgive, move_deferral, open_post_check, still_owed
from storage.cases.electronic_results import miss_file, note_available
from storage.cases.rows import CaseEventRow, CaseRow, DeadlineRow, HandlingRow, add_events_of
from storage.exchange.inbox import Inbox
from storage.group_write import GroupWrite
from storage.officer_queue import legal_due_at
from storage.tasks.rows import open_task, open_tasks_of, settle_kinds, settle_matter, settle_task

Clockwork = Callable[[ClockOrder, ItemBrief, float, Where], Deadline]
"""Computes a clock's times from the law, the item, the calendar and whose agreement counts; `float`: the time scale."""
Clocks = tuple[tuple[Deadline, ...], ...]
"""Of some steps, those that each has started."""


class Records:
    """`record_all` is the only writer of statuses after the registration (decisions.md 3)."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        clockwork: Clockwork,
        now: Callable[[], datetime],
        one_moment: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`one_moment`: within it the clockwork looks up its calendar once."""
        self._database = database
        self._inbox = inbox
        self._clockwork = clockwork
        self._now = now
        self._one_moment = one_moment
        self._writer = GroupWrite(self._write_together, self._write, "records")

    @activity.defn
    def record(self, change: CaseChange) -> Recorded:
        """One step, for cases that began before edition 2; as `record_all`."""
        return Recorded(deadlines=self._writer.add([change])[0])

    @activity.defn
    def record_all(self, steps: CaseChanges) -> AllRecorded:
        """Status, history, clocks and tasks of some steps in their order, in one transaction; returns their clocks.

        Idempotent under the key of each: a second time it is not written, and its clocks are computed again. What other
        cases want written at the same time goes into the same transaction.

        Raises:
            LookupError: the case is not in the database.
        """
        return AllRecorded(deadlines=self._writer.add(steps.changes))

    def _write(self, changes: Sequence[CaseChange]) -> Clocks:
        with self._database.write() as session:
            return self.write(session, changes)

    def _write_together(self, wanted: Sequence[Sequence[CaseChange]]) -> list[Clocks | None]:
        with self._database.write_together() as session:
            return self._written(session, wanted)

    def write(self, session: Session, changes: Sequence[CaseChange]) -> Clocks:
        """Steps of one case in the caller's transaction; the clocks of each. Raises as `record_all`."""
        [clocks] = self._written(session, [changes])
        if clocks is None:
            raise LookupError("a workflow runs for a case that is not in the database")
        return clocks

    def write_now(self, session: Session, change: CaseChange) -> tuple[Deadline, ...]:
        """As `write`, of a step that happens now, and whose clocks start now; a second time when it was written."""
        same = select(CaseEventRow.at).filter_by(case_no=change.case_no, key=change.key)
        with session.no_autoflush:  # all of it is written in one go
            at = session.scalar(same) or self._now()
        start = tuple(order.model_copy(update={"start_at": at}) for order in change.start)
        [deadlines] = self.write(session, [change.model_copy(update={"at": at, "start": start})])
        return deadlines

    def _written(self, session: Session, wanted: Sequence[Sequence[CaseChange]]) -> list[Clocks | None]:
        """Steps of some cases; None for a case that is not there, and for what comes after other steps of its case.

        What is needed is read before anything is changed, so that all of it is written in one go.
        """
        files = case_files(session, {changes[0].case_no for changes in wanted})
        firsts = {changes[0].case_no: place for place, changes in reversed(list(enumerate(wanted)))}
        todo = {place: files[case_no] for case_no, place in firsts.items() if case_no in files}
        events = [(change.case_no, event_of(change)) for place in sorted(todo) for change in wanted[place]]
        fresh = add_events_of(session, events, self._now()) if events else frozenset()
        told: list[tuple[str, ToTell]] = []
        with self._one_moment():
            found = [
                self._of_case(session, todo[place], changes, fresh, told) if place in todo else None
                for place, changes in enumerate(wanted)
            ]
        enqueue_of(session, told, self._now())
        return found

    def _of_case(
        self,
        session: Session,
        file: CaseFile,
        changes: Sequence[CaseChange],
        fresh: frozenset[tuple[str, str]],
        told: list[tuple[str, ToTell]],
    ) -> Clocks:
        found: list[tuple[Deadline, ...]] = []
        for change in changes:
            handlings = file.concerned(change)
            started = self._started(file.case, change, handlings)
            if (change.case_no, change.key) in fresh:
                message = self._told(session, file, change, started)
                told += [(change.case_no, message)] if message is not None else []
                self._apply(session, file, change, handlings, started)
            found.append(started)
        return tuple(found)

    def _started(self, case: CaseRow, change: CaseChange, handlings: Sequence[HandlingRow]) -> tuple[Deadline, ...]:
        """The clocks that the step starts, with their times; of a handling by its own network's agreement."""
        if not change.start:
            return ()
        item = ItemBrief.model_validate(case.start["item"])
        where = Where()
        if change.handling_no is not None and handlings:
            where = Where(scheme=Scheme(handlings[0].scheme), region=handlings[0].region)
        times = [self._clockwork(order, item, case.time_scale, where) for order in change.start]
        return tuple(deadline.model_copy(update={"handling_no": change.handling_no}) for deadline in times)

    def _told(self, session: Session, file: CaseFile, change: CaseChange, started: Sequence[Deadline]) -> ToTell | None:
        approved = change.kind == WireEvent.APPROVED
        with session.no_autoflush:  # all of it is written in one go
            owed = approved and bool(still_owed(session, change.case_no))
        return told_of(change, started, file.clocks, owed=owed)

    def _apply(
        self,
        session: Session,
        file: CaseFile,
        change: CaseChange,
        handlings: Sequence[HandlingRow],
        started: Sequence[Deadline],
    ) -> None:
        case = file.case
        case.version += 1
        if case.collected_at is None and change.kind == "COLLECTED":
            case.collected_at = change.at
        if case.decided_at is None and change.case_status.is_outcome:
            case.decided_at = change.at
            if change.case_status is CaseStatus.APPROVED:
                open_post_check(session, case, self._now())
        if change.case_status.is_outcome and change.case_status is not CaseStatus.APPROVED:
            forgive(session, case.case_no, self._now())
        case.on_hold = change.on_hold
        if change.moves:
            case.status = change.case_status
        asked = case.withdrawal_pending or change.withdrawal_pending  # the window may know before the workflow
        case.withdrawal_pending = asked and not change.case_status.is_outcome
        if asked and change.case_status.is_outcome and change.case_status is not CaseStatus.WITHDRAWN:
            resume_visits(session, case.case_no, self._now())
        if change.accepts is not None and change.handling_no is not None:
            self._inbox.accept(session, change.handling_no, change.accepts, self._now())
        if change.reopened:
            case.closed_at, case.reopened_at = None, change.at
        if change.closed:
            case.closed_at = change.at
            case.carried = change.carried.model_dump(mode="json") if change.carried else None
        for handling in handlings if change.moves else ():
            self._move(session, file, handling, change.handling_status or change.case_status)
        for handling in handlings if change.kind == RESULT_AVAILABLE else ():
            note_available(session, case, handling, change.at)
        for handling in handlings if change.kind == WireEvent.APPROVED else ():
            miss_file(session, handling, change.key, self._now())
        for clock in file.clocks:
            if _stops(change, clock):
                clock.stopped_at = change.at
        if change.task is not None:
            file.has_tasks = True
            open_task(
                session,
                key=change.task.key,
                kind=TaskKind(change.task.kind),
                now=self._now(),
                case_no=case.case_no,
                handling_no=change.handling_no,
                leg_id=change.task.leg_id,
                deadline_at=next((d.due_at for d in started if d.kind is DeadlineKind.COMPENSATION), None),
                data=facts_of(session, change.task, case, change.handling_no),
            )
        for key in change.settles:
            settle_task(session, key, self._now())
        for deadline in started:
            if deadline.kind is DeadlineKind.DEFERRED_MATERIAL:
                move_deferral(session, case.case_no, deadline.due_at)
            file.clocks.append(_row(change, deadline))
            session.add(file.clocks[-1])
        running = [clock for clock in file.clocks if clock.stopped_at is None]
        for handling in file.handlings:
            handling.legal_due_at = legal_due_at(handling, running)
        soonest = min(running, key=lambda clock: clock.due_at, default=None)
        case.due_at = soonest.due_at if soonest else None
        case.awaits = soonest.responsible if soonest else None
        if file.has_tasks:
            self._settle_clocks(session, change, started)
        if change.kind == HANDED_OVER:
            follow(session, case.case_no, self._now())

    def _move(self, session: Session, file: CaseFile, handling: HandlingRow, status: CaseStatus) -> None:
        """A handling's new status; with its decision what only concerned the way to it needs nobody any more."""
        if file.has_tasks and status.is_outcome and not CaseStatus(handling.status).is_outcome:
            decided = ending_by(End.DECIDED)
            settle_kinds(session, decided, self._now(), End.DECIDED, handling_no=handling.handling_no)
        handling.status = status

    def _settle_clocks(self, session: Session, change: CaseChange, started: Sequence[Deadline]) -> None:
        """Tasks of clocks that this step has stopped, or started anew with another end."""
        if change.closed:
            over = ending_by(End.CASE_CLOSED)
            settle_kinds(session, over, self._now(), End.CASE_CLOSED, case_no=change.case_no)
            return
        ends = {deadline.kind: deadline.due_at.isoformat() for deadline in started}
        whose = change.handling_no or change.case_no
        kind_of = {clock_matter(whose, kind): kind for kind in (*change.stop, *ends)}
        for task in open_tasks_of(session, kind_of) if kind_of else ():
            still = task.data.get("dueAt") == ends.get(kind_of[task.matter])
            if TaskKind(task.kind) in OF_A_CLOCK and not still:
                settle_matter(session, task.matter, self._now(), End.CLOCK_STOPPED)


def _stops(change: CaseChange, clock: DeadlineRow) -> bool:
    """Whether the step ends this running clock: the closing ends all, a new one ends the old one of its kind."""
    if change.closed:
        return True
    ended = {*change.stop, *(order.kind for order in change.start)}
    return clock.handling_no == change.handling_no and DeadlineKind(clock.kind) in ended


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
