"""One authority's share of a case: submitted, decided, and everything back in our hall."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.case import STATUS_AFTER, Action, may
    from domain.messages import (
        AuthorityEvent,
        CalendarChanged,
        ClockOrder,
        DeadlineKind,
        FileOrder,
        HandlingPlan,
        HandlingView,
        HoldNotice,
        HoldReason,
        LegEffect,
        LegOutcome,
        LegResult,
        SupplementGiven,
        TaskOutcome,
        TaskResolved,
        WithdrawalAsked,
    )
    from domain.tasks import TaskKind
    from domain.terms import (
        DECISIONS,
        CaseStatus,
        CommandKind,
        Leg,
        Notice,
        ParcelStage,
        WireEvent,
    )
    from workflows.book import Book
    from workflows.clocks import Clocks
    from workflows.coming_back import ComingBack
    from workflows.desk import Desk
    from workflows.holds import Holds
    from workflows.legs import Legs
    from workflows.limits import Limits, by_the_event
    from workflows.news import News, NewsItem
    from workflows.speaking import Speaker
    from workflows.supplements import Supplements
    from workflows.waiting import happens_in_time


class HandlingCourse:
    """Reads top to bottom: `run` is the story, `_react` the reactions, then the reactions themselves."""

    def __init__(self, desk: Desk, legs: Legs, plan: HandlingPlan, on_decided: Callable[["HandlingCourse"], None]):
        self.plan = plan
        self.brought_back = False  # what came back is in our hall and was not handed over yet
        self._desk = desk
        self._legs = legs
        self._speaker = Speaker(desk, plan, self._refused)
        self._on_decided = on_decided
        self._news = News()
        self._withdrawal_sent = False
        self._back = ComingBack(plan)
        self._fetching: asyncio.Task[None] | None = None
        self._reacting = False
        self._holds = Holds()
        self._limits = Limits(desk.start.item)
        self._book = Book(desk, plan.handling_no, self._limits)
        self._supplements = Supplements(desk, legs, plan, self._book, self._limits)
        self._decided_at: datetime | None = None

    # --- the story ---

    async def run(self) -> None:
        """From the hall's desk to a decision, and until nothing of the applicant's is with the authority."""
        await self._submit()
        while not self.status.is_outcome:
            await self._next()
        await self._everything_back()

    async def _submit(self) -> None:
        """Pass the matter on (转递); originals get their waybill first, because the submission names it."""
        await self._book.start_clocks(self._desk.clock(DeadlineKind.POSTING), kind="PASSING_ON")
        if self.plan.originals_travel:
            await self._legs.book(self.plan, Leg.FORWARD)
        if not await self._say(CommandKind.SUBMIT):
            return
        if self.plan.originals_travel:
            await self._book.move_to(CaseStatus.SUBMITTED, "SUBMITTED")
            self._back.forwarded = True
            await self._legs.send(self.plan, Leg.FORWARD)
        else:
            acceptance = self._desk.clock(DeadlineKind.ACCEPTANCE)
            await self._book.move_to(CaseStatus.SUBMITTED, "SUBMITTED", start=[acceptance], stop=[DeadlineKind.POSTING])

    async def stay(self) -> None:
        """Until the case closes: an authority may contradict itself, or send what nobody waits for."""
        while True:
            await self._next()
            await self._follow_parcel()

    async def _everything_back(self) -> None:
        """After the decision: the paper result, or the originals, come back to our hall; a file comes meanwhile."""
        self._fetching = asyncio.create_task(self._fetch_result())
        if self._back.awaited(self.status):
            await self._book.start_clocks(self._serving())
        while self._news or self._holds or self._back.awaited(self.status):
            await self._next()
        await self._follow_parcel()

    def _serving(self) -> ClockOrder:
        """§44: ten days from the decision, whenever we heard of it."""
        at = self._decided_at if by_the_event() else None
        return ClockOrder(kind=DeadlineKind.RESULT_DELIVERY, start_at=at or workflow.now())

    async def _follow_parcel(self) -> None:
        """What the authority has sent, to our hall; once."""
        sent = self._back.take_sent()
        if sent is None:
            return
        self.clocks.stop(DeadlineKind.RESULT_DELIVERY)
        leg = await self._legs.send(self.plan, Leg.BACK, tracking_no=sent.tracking_no)
        while not leg.done() or self._news:
            await self._next(leg.done)
        self._back.arrived()
        self.brought_back = (await leg).outcome is LegOutcome.DELIVERED

    async def _fetch_result(self) -> None:
        """The electronic result is fetched; after a day a person is told, and fetching goes on."""
        sha256 = self._back.result_sha256
        if sha256 is None or self.plan.partner is None:
            return
        order = FileOrder(handling_no=self.plan.handling_no, partner=self.plan.partner, sha256=sha256)
        while not await self._desk.fetch(order):
            await self._book.raise_task(TaskKind.FILE_MISSING, sha256)

    # --- waiting and reacting ---

    def tell(self, news: NewsItem) -> None:
        """Something has happened; it is dealt with in the order in which it came."""
        self._news.add(news)

    @property
    def status(self) -> CaseStatus:
        return self._desk.statuses[self.plan.handling_no]

    @property
    def clocks(self) -> Clocks:
        return self._book.clocks

    @property
    def at_rest(self) -> bool:
        """Nothing is on its way, nothing waits for a person, nothing that was said is unread."""
        fetched = self._fetching is not None and self._fetching.done()
        return fetched and not (self._news or self._reacting or self._holds or self._back.under_way)

    @property
    def supplement_open(self) -> bool:
        """The authority's notice is here, perhaps still unread: the wire has judged it already."""
        return may(self.status, Action.SUPPLEMENT) or self._news.has(WireEvent.NEED_SUPPLEMENT)

    @property
    def issued_here(self) -> bool:
        """Approved on paper, and the paper is in our hall."""
        return self.status is CaseStatus.APPROVED and self._back.issued_here

    def view(self) -> HandlingView:
        return HandlingView(handling_no=self.plan.handling_no, status=self.status)

    async def _next(self, also: Callable[[], bool] = lambda: False) -> None:
        """Wait for news or the next boundary of a clock, and react."""
        if not await happens_in_time(lambda: bool(self._news) or also(), self.clocks):
            await self._book.boundary_passed()
        if self._news:
            self._reacting = True
            await self._react(self._news.take())
            self._reacting = False

    async def _react(self, news: NewsItem) -> None:
        match news:
            case AuthorityEvent():
                await self._authority_said(news)
            case SupplementGiven():
                await self._supplement(news)
            case WithdrawalAsked():
                await self._withdraw()
            case HoldNotice():
                await self._hold(news)
            case TaskResolved():
                await self._resolved(news)
            case LegEffect():
                await self._leg_moved(news)
            case CalendarChanged():
                await self._book.compute_anew()

    # --- what the authority says ---

    async def _authority_said(self, said: AuthorityEvent) -> None:
        event = said.event
        if event is WireEvent.RESULT_SENT:
            self._back.note_sent(said)
            sent = (DeadlineKind.RESULT_DELIVERY,) if by_the_event() else ()
            await self._book.start_clocks(kind="RESULT_SENT", stop=sent)
            return
        if self.status.is_outcome:
            return  # a person has closed it; the message stays in the exchange log
        if event in DECISIONS:
            self._back.note_result(said)
            self._decided_at = said.occurred_at
            await self._decided(event)
            return
        status = STATUS_AFTER[event]
        await self._book.move_to(status, event, start=self._limits.after(said), stop=self._limits.over(event))
        if event is WireEvent.NEED_SUPPLEMENT:
            await self._supplements.asked(said)

    async def _decided(self, event: WireEvent) -> None:
        await self._book.move_to(STATUS_AFTER[event], event, stop=self.clocks.stop_all())
        self._on_decided(self)

    # --- what the applicant wants ---

    async def _supplement(self, given: SupplementGiven) -> None:
        """Pass the missing papers on, unless the authority has moved on while they were on the desk."""
        if self._supplements.awaited(given):
            await self._supplements.pass_on(given, self._say)

    async def _withdraw(self) -> None:
        """Ask the authority to stop; its decision wins over a withdrawal on its way (decisions.md 9)."""
        if self.status.is_outcome or self._withdrawal_sent:
            return
        self._withdrawal_sent = True
        if await self._say(CommandKind.WITHDRAW):
            await self._book.start_clocks(self._desk.clock(DeadlineKind.WITHDRAWAL))

    # --- what needs a person ---

    async def _hold(self, notice: HoldNotice) -> None:
        """A contradiction, or a command refused by a late receipt: status and clocks stay, a person decides."""
        if notice.reason_code == HoldReason.COMMAND_REFUSED:
            await self._book.meanwhile(self._speaker.was_refused(notice.message_id))
            return
        await self._stop_for(TaskKind.CONTRADICTION, notice.message_id, notice.theirs)

    async def _stop_for(self, kind: TaskKind, what: str, theirs: WireEvent | None = None) -> str:
        """On hold until the task for this matter is resolved; returns the task's id."""
        self._holds.put(self._book.task_id(kind, what), theirs)
        self._show_hold()
        return await self._book.raise_task(kind, what)

    def _show_hold(self) -> None:
        self._desk.show_hold(self.plan.handling_no, bool(self._holds))

    async def _resolved(self, resolved: TaskResolved) -> None:
        """Only the task that stopped the handling lets it go on."""
        theirs = self._holds.settle(resolved)
        self._show_hold()
        if theirs is not None:
            self._desk.reopen()
            await self._decided(theirs)
        elif resolved.outcome is TaskOutcome.CLOSE_AS_FAILED and not self.status.is_outcome:
            await self._book.move_to(CaseStatus.FAILED, "CLOSED_AS_FAILED", stop=self.clocks.stop_all())
            self._on_decided(self)
        elif resolved.outcome is TaskOutcome.REDELIVER and not self.status.is_outcome:
            await self._send_again()
        else:
            await self._desk.record("TASK_RESOLVED", handling_no=self.plan.handling_no)

    async def _refused(self, key: str, times: int) -> bool:
        """A command was refused for good: on hold until a person says what to do. True: send it again."""
        task = await self._stop_for(TaskKind.COMMAND_REFUSED, f"{key}-{times}")
        await workflow.wait_condition(lambda: self._news.has_verdict(task) or self._news.has_decision())
        verdict = self._news.take_verdict(task)
        if verdict is not None and verdict.outcome is not TaskOutcome.RESEND:
            await self._resolved(verdict)
            return False
        self._holds.lift(task)
        self._show_hold()
        return verdict is not None  # None: the authority has decided after all

    # --- parcels ---

    async def _leg_moved(self, effect: LegEffect) -> None:
        """The authority hears that papers are on their way, or that they are not what the list says."""
        if effect.discrepancy:
            await self._speaker.notify(Notice.DISCREPANCY, effect.leg_id, effect.epoch)
        elif effect.stage is ParcelStage.RETURNED:
            self._back.forwarded = False  # they never reached the authority, so they don't come from there
        elif effect.stage is ParcelStage.PICKED_UP:
            await self._speaker.notify(Notice.PAPERS_SENT, effect.leg_id, effect.epoch)
            await self._book.start_clocks(kind="PAPERS_SENT", stop=[DeadlineKind.POSTING])
        elif effect.stage is ParcelStage.DELIVERED and self.status is CaseStatus.SUBMITTED:
            at = effect.occurred_at if by_the_event() else workflow.now()
            await self._book.start_clocks(ClockOrder(kind=DeadlineKind.ACCEPTANCE, start_at=at), kind="PAPERS_ARRIVED")
        elif self.status is CaseStatus.SUPPLEMENTED and self._supplements.arrived(effect.leg_id):
            await self._book.start_clocks(*self._limits.papers_complete(effect.occurred_at), kind="PAPERS_ARRIVED")

    async def _send_again(self) -> None:
        """再寄: originals that came back from the way go in a parcel of their own; the posting limit runs anew."""
        await self._book.start_clocks(self._desk.clock(DeadlineKind.POSTING), kind="SENT_AGAIN")
        self._back.forwarded = True
        await self._legs.send(self.plan, Leg.FORWARD)

    async def notify_delivered(self, result: LegResult) -> None:
        """The applicant holds the result (DELIVERED 结果送达)."""
        if not self.brought_back:
            return
        self.brought_back = False
        await self._speaker.notify(Notice.DELIVERED, result.leg_id, 1)

    async def _say(self, kind: CommandKind, round_: int = 1) -> bool:
        return await self._book.meanwhile(self._speaker.say(kind, round_=round_))
