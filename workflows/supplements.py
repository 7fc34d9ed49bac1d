"""补正: what an authority still asks for, and the way of the missing papers to it."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import AuthorityEvent, DeadlineKind, HandlingPlan, SupplementGiven
    from domain.tasks import TaskKind
    from domain.terms import CaseStatus, CommandKind, Leg
    from workflows.book import Book
    from workflows.desk import Desk
    from workflows.legs import Legs
    from workflows.limits import Limits, by_the_event

Say = Callable[[CommandKind, int], Awaitable[bool]]


class Supplements:
    """The rounds of one handling. The law knows one notice (§32); a second one is taken, marked and raised."""

    def __init__(self, desk: Desk, legs: Legs, plan: HandlingPlan, book: Book, limits: Limits) -> None:
        self._desk = desk
        self._legs = legs
        self._plan = plan
        self._book = book
        self._limits = limits
        self._round = 0
        self._under_way: str | None = None  # the leg that carries the missing originals

    async def asked(self, said: AuthorityEvent) -> None:
        """The authority's notice (补正告知)."""
        self._round = said.round or self._round + 1
        if self._round > 1:
            await self._book.raise_task(TaskKind.SECOND_SUPPLEMENT, str(self._round))

    def awaited(self, given: SupplementGiven) -> bool:
        """Whether the authority still waits for this round."""
        status = self._desk.statuses[self._plan.handling_no]
        return status is CaseStatus.SUPPLEMENT_REQUIRED and given.round == self._round

    async def pass_on(self, given: SupplementGiven, say: Say) -> None:
        """The applicant's missing papers go to the authority; originals by post, within the window's limit."""
        if given.originals:
            if by_the_event():
                await self._book.start_clocks(self._desk.clock(DeadlineKind.POSTING), kind="PASSING_ON")
            self._under_way = (await self._legs.book(self._plan, Leg.FORWARD)).leg_id
        if not await say(CommandKind.SUPPLEMENT, given.round):
            return
        complete = not (given.originals and by_the_event())
        await self._book.move_to(
            CaseStatus.SUPPLEMENTED,
            "SUPPLEMENTED",
            start=self._limits.papers_complete(workflow.now()) if complete else [],
            stop=[DeadlineKind.SUPPLEMENT_REPLY],
        )
        if given.originals:
            await self._legs.send(self._plan, Leg.FORWARD)

    def arrived(self, leg_id: str) -> bool:
        """Whether this leg has brought the missing originals: from then on the authority's days count again."""
        return by_the_event() and leg_id == self._under_way
