"""The desk of one case: its shared state, and the one way in which a step is written down."""

from collections.abc import Iterable

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.commands import Commands
    from activities.records import Records
    from domain.case import join
    from domain.messages import (
        CaseChange,
        CaseStart,
        ClockOrder,
        CommandOrder,
        CommandResult,
        Deadline,
        DeadlineKind,
        FileOrder,
        TaskOrder,
    )
    from domain.naming import CASES_QUEUE, partner_queue
    from domain.terms import CaseStatus
    from workflows import policies


class Desk:
    """What all parts of a case share. `statuses` holds each handling's; the case's is their join."""

    def __init__(self, start: CaseStart) -> None:
        self.start = start
        self.statuses = {plan.handling_no: CaseStatus.REGISTERED for plan in start.handlings}
        self._on_hold: set[str] = set()
        self._outcome: CaseStatus | None = None
        self.withdrawal_pending = False
        self._changes = 0
        self._legs: dict[str, int] = {}

    @property
    def case_no(self) -> str:
        return self.start.case_no

    @property
    def status(self) -> CaseStatus:
        return self._outcome or join(self.statuses.values())

    @property
    def on_hold(self) -> bool:
        return bool(self._on_hold)

    def show_hold(self, handling_no: str, held: bool) -> None:
        """The case is on hold while one of its handlings is."""
        self._on_hold.add(handling_no) if held else self._on_hold.discard(handling_no)

    def move(self, handling_no: str, status: CaseStatus) -> None:
        """A handling has a new status. The first outcome of the whole is final, whatever others say later."""
        self.statuses[handling_no] = status
        joined = join(self.statuses.values())
        if self._outcome is None and joined.is_outcome:
            self._outcome = joined

    def reopen(self) -> None:
        """A person has decided that an authority's later word counts: the outcome is found anew."""
        self._outcome = None

    def leg_number(self, key: str) -> int:
        """1 for the first parcel of a kind, 2 for the next."""
        self._legs[key] = self._legs.get(key, 0) + 1
        return self._legs[key]

    async def record(
        self,
        kind: str,
        *,
        handling_no: str | None = None,
        start: Iterable[ClockOrder] = (),
        stop: Iterable[DeadlineKind] = (),
        task: TaskOrder | None = None,
        settles: Iterable[str] = (),
        closed: bool = False,
    ) -> tuple[Deadline, ...]:
        """Write one step: status, history, clocks, task, in one transaction."""
        self._changes += 1
        change = CaseChange(
            key=f"{self._changes}-{kind}",
            case_no=self.case_no,
            kind=kind,
            at=workflow.now(),
            case_status=self.status,
            on_hold=self.on_hold,
            withdrawal_pending=self.withdrawal_pending and not self.status.is_outcome,
            handling_no=handling_no,
            handling_status=self.statuses.get(handling_no) if handling_no else None,
            start=tuple(start),
            stop=tuple(stop),
            task=task,
            settles=tuple(settles),
            closed=closed,
        )
        recorded = await workflow.execute_activity_method(
            Records.record,
            change,
            task_queue=CASES_QUEUE,
            start_to_close_timeout=policies.RECORD_ATTEMPT,
            retry_policy=policies.RECORD_RETRY,
        )
        return recorded.deadlines

    async def say(self, order: CommandOrder) -> CommandResult:
        """Say something to an authority: tried until it is taken, refused for good, or overtaken."""
        queue = partner_queue(order.partner) if order.partner else CASES_QUEUE
        return await workflow.execute_activity_method(
            Commands.send_command,
            order,
            task_queue=queue,
            start_to_close_timeout=policies.COMMAND_ATTEMPT,
            heartbeat_timeout=policies.HEARTBEAT,
            retry_policy=policies.command_retry(self.start.time_scale),
        )

    async def fetch(self, order: FileOrder) -> bool:
        """Fetch a file; False when a day was not enough."""
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
        return ClockOrder(kind=kind, start_at=workflow.now(), workdays=workdays)
