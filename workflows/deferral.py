"""容缺受理: what the applicant still owes, its clock, and the gate before any result."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import DeferralCarried
    from domain.messages import ClockOrder, DeadlineKind, DeferredBrought, TaskOutcome, TaskResolved
    from domain.tasks import TaskKind, task_id
    from domain.terms import CaseStatus
    from workflows.case_context import CaseContext
    from workflows.clocks import Clocks, Phase
    from workflows.deadline_ledger import DeadlineLedger
    from workflows.limits import Limits
    from workflows.waiting import happens_in_time


class Deferral:
    """Watches the materials still owed and their clock, from the registration on, until one of three ends.

    GAP_CLOSED: everything has come, the result may be released. DEFERRED_GIVEN_UP: it lapsed and a person has ended the
    waiting. DEFERRED_VOID: the matter was not approved, so there is nothing to release and nothing is owed.
    """

    def __init__(self, context: CaseContext, carried: DeferralCarried | None = None) -> None:
        before = carried or DeferralCarried(owed=context.start.deferred)
        self._context = context
        self._owed = set(before.owed)
        self._ledger = DeadlineLedger(context, None, Limits(context.start.item), before.clocks)
        self._given_up = before.given_up
        self._lapses = before.lapses
        self._open_lapse = before.open_lapse  # key of the task that asks what is to happen
        self._begun = before.begun
        self._over = before.over
        self._watching: asyncio.Task[None] | None = None

    def carried(self) -> DeferralCarried:
        """Its state for the next run."""
        return DeferralCarried(
            begun=self._begun,
            over=self._over,
            owed=tuple(sorted(self._owed)),
            given_up=self._given_up,
            lapses=self._lapses,
            open_lapse=self._open_lapse,
            clocks=self._ledger.carried(),
        )

    @property
    def clocks(self) -> Clocks:
        """The clock DEFERRED_MATERIAL while something is owed; else none runs."""
        return self._ledger.clocks

    def watch(self) -> None:
        """Begin the watch in the background where something is owed, or take it up again; else nothing."""
        if (self._owed or self._begun) and not self._over:
            self._watching = asyncio.create_task(self._watch())

    @property
    def release(self) -> bool | None:
        """Whether results may leave our hands; None while something is owed, False where they never may."""
        if self._watching is not None and not self._watching.done():
            return None
        return not (self._given_up and self._context.status is CaseStatus.APPROVED)

    async def gap_closed(self) -> bool:
        """Wait until the watch is over. False: approved and given up, so that the result must never be released."""
        if self._watching is not None:
            await self._watching
        return self.release is True

    def brought(self, brought: DeferredBrought) -> None:
        """Materials have come; a number that is not owed, or came before, changes nothing."""
        self._owed -= set(brought.seqs)

    def decided(self, resolved: TaskResolved) -> None:
        """A person has resolved the task about the lapse: CLOSE_AS_FAILED ends the waiting, anything else goes on."""
        if self._open_lapse is None or task_id(self._open_lapse) != resolved.task_id:
            return
        self._open_lapse = None
        self._given_up = resolved.outcome is TaskOutcome.CLOSE_AS_FAILED

    def calendar_changed(self) -> None:
        """Have the clock computed anew, where it runs."""
        self._ledger.stale = self._watching is not None and not self._watching.done()

    # --- waiting ---

    async def _watch(self) -> None:
        if not self._begun:
            await self._begin()
        while self._end() is None:
            if not await happens_in_time(lambda: self._end() is not None or self._ledger.stale, self._ledger.clocks):
                await self._boundary_passed()
            if self._ledger.stale:
                await self._ledger.compute_anew()
        settles = [self._open_lapse] if self._open_lapse else []
        await self._ledger.start_clocks(
            kind=self._end() or "GAP_CLOSED", stop=[DeadlineKind.DEFERRED_MATERIAL], settles=settles
        )
        self._over = True

    async def _begin(self) -> None:
        start = self._context.start
        clock = ClockOrder(
            kind=DeadlineKind.DEFERRED_MATERIAL, start_at=start.registered_at, workdays=start.deferral_workdays
        )
        await self._ledger.start_clocks(clock, kind="DEFERRED")
        self._begun = True

    def _end(self) -> str | None:
        status = self._context.status
        if status.is_outcome and status is not CaseStatus.APPROVED:
            return "DEFERRED_VOID"
        if self._given_up:
            return "DEFERRED_GIVEN_UP"
        return None if self._owed else "GAP_CLOSED"

    async def _boundary_passed(self) -> None:
        """Warned before the end; from the end on a person is asked, again as long as it lasts."""
        for deadline, phase in self._ledger.clocks.take_passed(workflow.now()):
            what = f"{deadline.kind}-{deadline.due_at.isoformat()}"
            if phase is Phase.WARN:
                await self._ledger.raise_task(TaskKind.DEADLINE_WARNING, what)
            elif self._open_lapse is None:
                self._lapses += 1
                self._open_lapse = self._ledger.task_key(TaskKind.DEFERRED_LAPSED, f"{self._lapses}")
                await self._ledger.raise_task(TaskKind.DEFERRED_LAPSED, f"{self._lapses}")
