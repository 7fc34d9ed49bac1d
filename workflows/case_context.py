"""The context of one case: its shared state, and the one way in which a step is written down."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.commands import Commands
    from activities.paper_look import PaperLook
    from activities.records import Records
    from domain.carried import CaseCarried
    from domain.case import join
    from domain.messages import (
        CaseStart,
        ClockOrder,
        CommandOrder,
        CommandOutcome,
        CommandResult,
        Deadline,
        DeadlineKind,
        FileOrder,
        PapersLook,
        TaskOrder,
    )
    from domain.naming import CASES_QUEUE, partner_queue
    from domain.recording import CaseChange, CaseChanges, PassingOn, Recorded
    from domain.terms import CaseStatus
    from workflows import policies
    from workflows.at_once import at_once
    from workflows.journal import Journal, Step

_TOGETHER = 2  # the edition since which steps are written together


class CaseContext:
    """What all parts of a case share, and how they reach the world: `note`, `written`, `record`, `say`, `fetch`.

    `statuses`: handling number → its status; the case's is their join. `outcome`: the first outcome of the whole,
    final. `on_hold_by`: numbers of the handlings that wait for a person. `changes`: steps recorded so far.
    """

    def __init__(self, start: CaseStart, carried: CaseCarried | None = None) -> None:
        self.start = start
        self.statuses = {plan.handling_no: CaseStatus.REGISTERED for plan in start.handlings}
        self.on_hold_by: set[str] = set()
        self.outcome: CaseStatus | None = None
        self.withdrawal_pending = False
        self.went_without: str | None = None  # id of the leg whose papers were counted short
        self.papers_heard = 0  # how often something was counted or decided
        self.changes = 0
        self.leg_numbers: dict[str, int] = {}
        self._steps = 0
        self._journal = Journal(self._write)
        self._passing_on = False
        if carried is not None:
            self.statuses |= {number: course.status for number, course in carried.handlings.items()}
            self.on_hold_by |= set(carried.on_hold)
            self.outcome = carried.outcome
            self.withdrawal_pending = carried.withdrawal_pending
            self.changes = carried.changes
            self.leg_numbers |= carried.legs.numbers

    @property
    def case_no(self) -> str:
        """The case number (办件编号)."""
        return self.start.case_no

    def since(self, edition: int, patch: str) -> bool:
        """Whether a rule counts for this case: it began with `edition` or later, or `patch` is in its history."""
        return self.start.edition >= edition or workflow.patched(patch)

    @property
    def status(self) -> CaseStatus:
        """The outcome once there is one, else the join of the handlings' statuses (`domain.case:join`)."""
        return self.outcome or join(self.statuses.values())

    @property
    def on_hold(self) -> bool:
        """Whether at least one handling waits for a person."""
        return bool(self.on_hold_by)

    @property
    def quiet(self) -> bool:
        """Whether no step is being taken: everything waits for something from outside, or for a clock."""
        return self._steps == 0 and self._journal.empty

    @property
    def together(self) -> bool:
        """Whether steps that belong together are written together; a case that began before writes each for itself."""
        return self.start.edition >= _TOGETHER

    @property
    def passes_on_in_one_step(self) -> bool:
        """Whether a submission and what follows from its taking are one; of several authorities each is by itself.

        The status of a case with several is their join, which nobody knows before the taking.
        """
        return self.together and len(self.statuses) == 1

    @contextmanager
    def step(self) -> Iterator[None]:
        """What is done within is never cut in two by continue-as-new."""
        self._steps += 1
        try:
            yield
        finally:
            self._steps -= 1

    def show_hold(self, handling_no: str, held: bool) -> None:
        """Note whether a handling waits for a person; the case does while one of its handlings does."""
        self.on_hold_by.add(handling_no) if held else self.on_hold_by.discard(handling_no)

    def move(self, handling_no: str, status: CaseStatus) -> None:
        """Give a handling a new status. The first outcome of the whole is final, whatever others say later."""
        self.statuses[handling_no] = status
        joined = join(self.statuses.values())
        if self.outcome is None and joined.is_outcome:
            self.outcome = joined

    def reopen(self) -> None:
        """A person has accepted an authority's later decision: the next `move` finds the outcome anew."""
        self.outcome = None

    def leg_number(self, key: str) -> int:
        """The next number under `key`: 1 for the first parcel (or task) of a kind, 2 for the next."""
        self.leg_numbers[key] = self.leg_numbers.get(key, 0) + 1
        return self.leg_numbers[key]

    def note(
        self,
        kind: str,
        *,
        handling_no: str | None = None,
        start: Iterable[ClockOrder] = (),
        stop: Iterable[DeadlineKind] = (),
        task: TaskOrder | None = None,
        settles: Iterable[str] = (),
        closed: bool = False,
        reopened: bool = False,
        accepts: str | None = None,
        carried: CaseCarried | None = None,
    ) -> Step:
        """Take one step: status, history, clocks, task. It is written by the next `written`, with all that gathers
        until then.

        The step's key is `{number}-{kind}`.
        """
        return self._journal.add(
            self._step(
                kind,
                self.status,
                handling_no=handling_no,
                handling_status=self.statuses.get(handling_no) if handling_no else None,
                moves=not self._passing_on,
                start=tuple(start),
                stop=tuple(stop),
                task=task,
                settles=tuple(settles),
                closed=closed,
                reopened=reopened,
                accepts=accepts,
                carried=carried,
            )
        )

    def _step(self, kind: str, status: CaseStatus, **what: Any) -> CaseChange:
        self.changes += 1
        return CaseChange(
            key=f"{self.changes}-{kind}",
            case_no=self.case_no,
            kind=kind,
            at=workflow.now(),
            case_status=status,
            on_hold=self.on_hold,
            withdrawal_pending=self.withdrawal_pending and not status.is_outcome,
            **what,
        )

    async def written(self) -> None:
        """Return once all steps noted until now are in the database, which is asked until it takes them."""
        if self.together:
            await self._journal.written()
        else:
            await self._journal.write_here()

    async def written_alone(self) -> None:
        """As `written` in a case whose steps are written one by one; else nothing: it goes with what comes next."""
        if not self.together:
            await self.written()

    async def record(
        self,
        kind: str,
        *,
        handling_no: str | None = None,
        task: TaskOrder | None = None,
        closed: bool = False,
        reopened: bool = False,
        carried: CaseCarried | None = None,
    ) -> None:
        """Note one step that starts and stops no clock, and return once it is written."""
        self.note(kind, handling_no=handling_no, task=task, closed=closed, reopened=reopened, carried=carried)
        await self.written()

    async def _write(self, changes: Sequence[CaseChange]) -> tuple[tuple[Deadline, ...], ...]:
        with self.step():
            if not self.together:
                return tuple([(await self._write_one(change)).deadlines for change in changes])
            recorded = await at_once(
                Records.record_all,
                CaseChanges(changes=tuple(changes)),
                edition=self.start.edition,
                queue=CASES_QUEUE,
                attempt=policies.RECORD_ATTEMPT,
                retry=policies.RECORD_RETRY,
            )
            return recorded.deadlines

    async def _write_one(self, change: CaseChange) -> Recorded:
        return await workflow.execute_activity_method(
            Records.record,
            change,
            task_queue=CASES_QUEUE,
            start_to_close_timeout=policies.RECORD_ATTEMPT,
            retry_policy=policies.RECORD_RETRY,
        )

    async def say(self, order: CommandOrder) -> CommandResult:
        """Have a command sent, however long the network is away: TAKEN, REFUSED for good, or OVERTAKEN by a decision.

        Worked on the network's own queue, or on ours for the officers of our city.
        """
        queue = partner_queue(order.partner) if order.partner else CASES_QUEUE
        with self.step():
            return await workflow.execute_activity_method(
                Commands.send_command,
                order,
                task_queue=queue,
                start_to_close_timeout=policies.COMMAND_ATTEMPT,
                heartbeat_timeout=policies.HEARTBEAT,
                retry_policy=policies.command_retry(self.start.time_scale),
            )

    async def papers(self) -> PapersLook:
        """What counts and people say of the case's papers now."""
        with self.step():
            return await at_once(
                PaperLook.look_at_papers,
                self.case_no,
                edition=self.start.edition,
                queue=CASES_QUEUE,
                attempt=policies.RECORD_ATTEMPT,
                retry=policies.RECORD_RETRY,
            )

    async def pass_on(
        self, order: CommandOrder, kind: str, *, start: Iterable[ClockOrder], stop: Iterable[DeadlineKind]
    ) -> tuple[CommandResult, Step]:
        """As `say`, of the submission of a case with one handling: that it is SUBMITTED is written with the taking.

        The step is `written` where it was taken. Steps that are noted meanwhile leave the statuses as they are: the
        authority may have taken it already.
        """
        queue = partner_queue(order.partner) if order.partner else CASES_QUEUE
        await self.written()
        change = self._step(
            kind,
            CaseStatus.SUBMITTED,
            handling_no=order.handling_no,
            handling_status=CaseStatus.SUBMITTED,
            start=tuple(start),
            stop=tuple(stop),
        )
        self._passing_on = True
        with self.step():
            passed = await workflow.execute_activity_method(
                Commands.pass_on,
                PassingOn(order=order, step=change),
                task_queue=queue,
                start_to_close_timeout=policies.COMMAND_ATTEMPT,
                heartbeat_timeout=policies.HEARTBEAT,
                retry_policy=policies.command_retry(self.start.time_scale),
            )
        self._passing_on = False
        taken = passed.result.outcome is CommandOutcome.TAKEN
        return passed.result, Step(change, passed.deadlines, written=taken)

    async def fetch(self, order: FileOrder) -> bool:
        """Fetch a file; False when a day (`policies.FILE_PATIENCE`) was not enough.

        No step: a further run of the case fetches it anew.
        """
        try:
            await workflow.execute_activity_method(
                Commands.fetch_file,
                order,
                task_queue=partner_queue(order.partner),
                start_to_close_timeout=policies.COMMAND_ATTEMPT,
                heartbeat_timeout=policies.HEARTBEAT,
                schedule_to_close_timeout=policies.FILE_PATIENCE / self.start.time_scale,
                retry_policy=policies.command_retry(self.start.time_scale),
            )
        except ActivityError:
            return False
        return True

    def clock(self, kind: DeadlineKind, *, workdays: int | None = None) -> ClockOrder:
        """The order of a clock that starts now. `workdays` None: the limit of law, item and agreement."""
        return ClockOrder(kind=kind, start_at=workflow.now(), workdays=workdays)
