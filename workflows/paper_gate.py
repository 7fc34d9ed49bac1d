"""清点不符: nothing is passed on while a paper is not there as said, until it has come or a person has agreed."""

from collections.abc import Callable
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import PaperGateCarried
    from domain.messages import DeadlineKind, PapersLook
    from domain.tasks import TaskKind
    from workflows.case_context import CaseContext
    from workflows.clocks import Clocks, Phase
    from workflows.deadline_ledger import DeadlineLedger
    from workflows.limits import Limits
    from workflows.waiting import happens_in_time

_HELD_BY = "papers"
"""What the case is on hold by while nobody has agreed about a paper."""

_ABOVE = {Phase.DEPARTMENT: TaskKind.ESCALATED_DEPARTMENT, Phase.DISTRICT: TaskKind.ESCALATED_DISTRICT}


class PaperGate:
    """Shut by a count that differs. The task names the papers; what is decided is written with them, and asked here.

    `without`: the case has gone on without a paper, so that the authority is told. `parcel`: whose count it was.
    """

    def __init__(self, context: CaseContext, carried: PaperGateCarried | None = None) -> None:
        before = carried or PaperGateCarried()
        self._context = context
        self._ledger = DeadlineLedger(context, None, Limits(context.start.item), before.clocks)
        self._lapses = before.lapses
        self._begun = before.begun
        self._awaited = before.awaited
        self._brings = before.brings
        self.parcel = before.parcel
        self.without = before.without
        self._context.went_without = self.parcel if self.without else None

    def carried(self) -> PaperGateCarried:
        """Its state for the next run."""
        return PaperGateCarried(
            parcel=self.parcel,
            begun=self._begun,
            awaited=self._awaited,
            without=self.without,
            brings=self._brings,
            lapses=self._lapses,
            clocks=self._ledger.carried(),
        )

    @property
    def clocks(self) -> Clocks:
        """The clock MISSING_PAPER while the case waits; else none runs."""
        return self._ledger.clocks

    def calendar_changed(self) -> None:
        """Have the clock computed anew, where it runs."""
        self._ledger.stale = bool(self._ledger.clocks.kinds)

    def brought_to_the_hall(self, leg_id: str) -> None:
        """The visit was cancelled: nothing is there before the applicant has brought it to the window himself."""
        self.parcel, self._brings = leg_id, True

    async def passed(self, stopped: Callable[[], bool]) -> None:
        """Return once every paper is there as said or agreed upon; or the case was `stopped`, which decides it too."""
        if self.parcel is None:
            return
        while not stopped():
            heard = self._context.papers_heard
            look = await self._context.papers()
            if not (look.undecided or look.awaited):
                self.without = look.without
                break
            await self._wait(look, partial(self._news, heard, stopped))
        await self._open()

    def _news(self, heard: int, stopped: Callable[[], bool]) -> bool:
        return self._context.papers_heard != heard or stopped()

    async def _wait(self, look: PapersLook, news: Callable[[], bool]) -> None:
        """Until something is counted or decided. From the begin on a clock runs, anew once the applicant is to act."""
        self._context.show_hold(_HELD_BY, look.undecided)
        clock = self._context.clock(DeadlineKind.MISSING_PAPER)
        if not self._begun:
            self._begun = True
            brought = self._brings and not look.undecided
            await self._ledger.start_clocks(clock, kind="PAPERS_AWAITED" if brought else "PAPERS_DIFFER")
        elif not look.undecided and not self._awaited:
            await self._ledger.start_clocks(clock, kind="PAPERS_AWAITED")
        self._awaited = not look.undecided
        while not await happens_in_time(lambda: news() or self._ledger.stale, self._ledger.clocks):
            await self._boundary_passed()
        if self._ledger.stale:
            await self._ledger.compute_anew()

    async def _boundary_passed(self) -> None:
        """What nobody has decided goes up; what the applicant should have brought is asked about again."""
        for deadline, phase in self._ledger.clocks.take_passed(workflow.now()):
            what = f"{deadline.kind}-{deadline.due_at.isoformat()}"
            if self._awaited and phase is Phase.WARN:
                await self._ledger.raise_task(TaskKind.DEADLINE_WARNING, what)
            elif self._awaited:
                self._lapses += 1
                self._awaited = False  # a new word starts the clock anew
                await self._ledger.raise_task(TaskKind.PAPERS_LAPSED, f"{self._lapses}")
            elif phase is not Phase.WARN:  # the task is open: whoever must act knows
                await self._ledger.raise_task(_ABOVE.get(phase, TaskKind.DEADLINE_MISSED), what)

    async def _open(self) -> None:
        self.parcel = self._context.went_without = self.parcel if self.without else None
        self._context.show_hold(_HELD_BY, False)
        if self._begun:
            kind = "PAPERS_BROUGHT" if self._brings else "PAPERS_AGREED"
            await self._ledger.start_clocks(kind=kind, stop=[DeadlineKind.MISSING_PAPER])
            self._begun = False
