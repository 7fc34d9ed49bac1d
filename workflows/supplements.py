"""补正: what an authority still asks for, and the way of the missing papers to it."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import AuthorityEvent, DeadlineKind, HandlingPlan, SupplementGiven
    from domain.tasks import TaskKind
    from domain.terms import CaseStatus, CommandKind, Leg
    from workflows.case_context import CaseContext
    from workflows.deadline_ledger import DeadlineLedger
    from workflows.legs import Legs
    from workflows.limits import Limits, by_the_event

Say = Callable[[CommandKind, int], Awaitable[bool]]


class Supplements:
    """The supplement rounds of one handling. The law knows one notice (§32); a second one is taken, marked and raised.

    `round`: the last one asked for (0: none). `under_way`: leg id of the FORWARD leg with the missing originals.
    """

    def __init__(
        self,
        context: CaseContext,
        legs: Legs,
        plan: HandlingPlan,
        ledger: DeadlineLedger,
        limits: Limits,
        *,
        round_: int = 0,
        under_way: str | None = None,
    ) -> None:
        self._context = context
        self._legs = legs
        self._plan = plan
        self._ledger = ledger
        self._limits = limits
        self.round = round_
        self.under_way = under_way  # the leg that carries the missing originals

    async def asked(self, said: AuthorityEvent) -> None:
        """Note the authority's notice (补正告知). From the second round on it opens a task (decisions.md 9)."""
        self.round = said.round or self.round + 1
        if self.round > 1:
            await self._ledger.raise_task(TaskKind.SECOND_SUPPLEMENT, str(self.round))

    def awaited(self, given: SupplementGiven) -> bool:
        """Whether the authority still waits for this round of this handling."""
        status = self._context.statuses[self._plan.handling_no]
        return status is CaseStatus.SUPPLEMENT_REQUIRED and given.round == self.round

    async def pass_on(self, given: SupplementGiven, say: Say) -> None:
        """Send the applicant's missing papers to the authority by `say`; originals by post, within the window's limit.

        Nothing more where the command was not taken. Without originals the authority's days count again at once.
        """
        if given.originals:
            if by_the_event():
                await self._ledger.start_clocks(self._context.clock(DeadlineKind.POSTING), kind="PASSING_ON")
            self.under_way = (await self._legs.book(self._plan, Leg.FORWARD, round_=given.round)).leg_id
        if not await say(CommandKind.SUPPLEMENT, given.round):
            return
        complete = not (given.originals and by_the_event())
        await self._ledger.move_to(
            CaseStatus.SUPPLEMENTED,
            "SUPPLEMENTED",
            start=self._limits.papers_complete(workflow.now()) if complete else [],
            stop=[DeadlineKind.SUPPLEMENT_REPLY],
        )
        if given.originals:
            await self._legs.send(self._plan, Leg.FORWARD)

    def arrived(self, leg_id: str) -> bool:
        """Whether this leg has brought the missing originals: from then on the authority's days count again."""
        return by_the_event() and leg_id == self.under_way
