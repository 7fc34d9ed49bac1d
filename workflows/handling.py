"""One authority's share of a case: submitted, decided, and everything back in our hall."""

from collections.abc import Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.carried import HandlingCarried, QueuedEvent, QueuedEventCarried
    from domain.case import STATUS_AFTER, Action, may
    from domain.messages import (
        AuthorityEvent,
        CalendarChanged,
        ClockOrder,
        CompensationDue,
        DeadlineKind,
        HandlingPlan,
        HandlingView,
        HoldNotice,
        HoldReason,
        LegEffect,
        LegOutcome,
        LegResult,
        PapersLook,
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
    from workflows.case_context import CaseContext
    from workflows.clocks import Clocks
    from workflows.command_sender import CommandSender
    from workflows.compensation import Compensation
    from workflows.deadline_ledger import DeadlineLedger
    from workflows.electronic_results import ElectronicResult
    from workflows.event_queue import EventQueue
    from workflows.holds import Holds
    from workflows.journal import Step
    from workflows.legs import Legs, RunningLeg
    from workflows.limits import Limits, by_the_event
    from workflows.renewal import moment_of_rest
    from workflows.return_tracking import ReturnTracking
    from workflows.supplements import Supplements
    from workflows.waiting import happens_in_time


_COUNTED = 3
"""The edition since which papers are followed one by one."""


class HandlingCourse:
    """One authority's course: `run` is the story, `_react` takes one event at a time, the reactions follow.

    `on_decided` is called with the course once it has an outcome. `release`: as of `ElectronicResult`.
    `brought_back`: what came back lies in our hall.
    `followed`: the story is over, and the course only reacts to what is still said.
    """

    def __init__(
        self,
        context: CaseContext,
        legs: Legs,
        plan: HandlingPlan,
        on_decided: Callable[["HandlingCourse"], None],
        release: Callable[[], bool | None],
        carried: HandlingCarried | None = None,
    ):
        before = carried or HandlingCarried(status=context.statuses[plan.handling_no])
        self.plan = plan
        self.brought_back = before.brought_back  # what came back is in our hall and was not handed over yet
        self._context = context
        self._legs = legs
        self._commands = CommandSender(context, plan, self._refused, before.orders, before.refusals)
        self._on_decided = on_decided
        self._events = EventQueue(before.news)
        self._submitted = before.submitted
        self.followed = before.followed  # its story is over; since then it only reacts
        self._withdrawal_sent = before.withdrawal_sent
        self._back = ReturnTracking(plan, before.back, both_forms_travel=context.start.edition >= 3)
        self._served = before.served  # §44's clock was started
        self._issued = before.issued  # the paper of our own city was put to what is in our hall
        self._reaction: QueuedEvent | None = None
        self._noted: list[tuple[AuthorityEvent, CaseStatus, Step]] = []  # with the status before
        self._holds = Holds(before.holds)
        self._limits = Limits(context.start.item, before.limits)
        self._ledger = DeadlineLedger(context, plan.handling_no, self._limits, before.clocks)
        self._electronic = ElectronicResult(
            context,
            self._ledger,
            plan,
            self._back,
            release,
            fetched_sha256=before.fetched_sha256,
            available_sha256=before.available_sha256,
        )
        self._supplements = Supplements(
            context,
            legs,
            plan,
            self._ledger,
            self._limits,
            round_=before.supplement_round,
            under_way=before.supplement_leg,
        )
        self._decided_at = before.decided_at
        self._compensation = Compensation(context, self._ledger, task=before.undoing, done=before.undone)

    def carried(self, *, all_written: bool) -> HandlingCarried:
        """Its state for the next run; an event that is being reacted to goes in front of those that wait.

        Not `all_written`: what was reacted to and is not written yet is reacted to again, from the status before.
        """
        lost = [(said, before) for said, before, step in self._noted if not (all_written or step.written)]
        unread: list[QueuedEvent] = [said for said, _ in lost]
        if self._reaction is not None and self._reaction not in unread:
            unread.append(self._reaction)
        unread += self._events
        return HandlingCarried(
            status=lost[0][1] if lost else self.status,
            submitted=self._submitted,
            followed=self.followed,
            brought_back=self.brought_back,
            issued=self._issued,
            decided_at=self._decided_at,
            withdrawal_sent=self._withdrawal_sent,
            served=self._served,
            fetched_sha256=self._electronic.fetched_sha256,
            available_sha256=self._electronic.available_sha256,
            news=tuple(QueuedEventCarried.of(item) for item in unread),
            holds=self._holds.carried(),
            refusals=self._commands.refusals,
            orders=self._commands.orders,
            clocks=self._ledger.carried(),
            limits=self._limits.carried(),
            back=self._back.carried(),
            supplement_round=self._supplements.round,
            supplement_leg=self._supplements.under_way,
            undoing=self._compensation.task,
            undone=self._compensation.done,
        )

    # --- the story ---

    async def run(self) -> None:
        """From the hall's window to a decision, and until nothing of the applicant's is with the authority."""
        if not self._submitted:
            with self._context.step():
                await self._submit()
            self._submitted = True
        while not self.status.is_outcome:
            await self._next()
        await self._everything_back()
        self.followed = True

    async def take_up(self) -> None:
        """In a further run, for a course whose story is over: go on fetching its file and waiting for its parcel."""
        await self._expect_result()

    async def never_begin(self) -> None:
        """Its end before it has begun (联办未启动): nothing was passed on, and nothing will be."""
        with self._context.step():
            if not self.status.is_outcome:
                failed = self.called_off is CaseStatus.FAILED
                status, kind = (
                    (CaseStatus.FAILED, "CLOSED_AS_FAILED") if failed else (CaseStatus.NOT_BEGUN, "NOT_BEGUN")
                )
                await self._ledger.move_to(status, kind)
                self._on_decided(self)
            await self._expect_result()
            self.followed = True

    async def _submit(self) -> None:
        """Pass the matter on (转递); originals get their waybill first, because the submission names it."""
        await self._ledger.start_clocks(self._context.clock(DeadlineKind.POSTING), kind="PASSING_ON")
        if self.plan.originals_travel:
            await self._legs.book(self.plan, Leg.FORWARD)
        if not await self._submitted_to_the_authority():
            return
        if self._context.went_without is not None:  # agreed upon with the applicant: the authority hears what lacks
            await self._commands.notify(Notice.DISCREPANCY, self._context.went_without, 1)
        if self.plan.originals_travel:
            self._back.forwarded = True
            await self._legs.send(self.plan, Leg.FORWARD)

    async def _submitted_to_the_authority(self) -> bool:
        """The submission is taken and recorded; from then on the authority has its time, or the originals travel."""

        def clocks() -> list[ClockOrder]:
            return [] if self.plan.originals_travel else [self._context.clock(DeadlineKind.ACCEPTANCE)]

        stop = [] if self.plan.originals_travel else [DeadlineKind.POSTING]
        if self._context.passes_on_in_one_step:
            return await self._ledger.moves_with(self._commands.submit("SUBMITTED", start=clocks(), stop=stop))
        if not await self._say(CommandKind.SUBMIT):
            return False
        await self._ledger.move_to(CaseStatus.SUBMITTED, "SUBMITTED", start=clocks(), stop=stop)
        return True

    async def stay(self) -> None:
        """React until cancelled: an authority may contradict itself, or send what nobody waits for."""
        await self._follow_parcel()
        while True:
            await self._next()
            await self._follow_parcel()

    def bring(self) -> None:
        """Note that the paper of our own city lies with what is handed over, so that this is done once."""
        self._issued = True

    async def _everything_back(self) -> None:
        """After the decision: the paper result, or the originals, come back to our hall; a file comes meanwhile."""
        await self._expect_result()
        while self._events or self._holds or self._back.awaited(self.status):
            await self._next()
        await self._follow_parcel()
        await self._ledger.written()  # what goes to the applicant follows from it

    async def _expect_result(self) -> None:
        self._electronic.begin()
        if self._back.awaited(self.status) and not self._served:
            self._served = True
            await self._ledger.start_clocks(self._serving())

    def _serving(self) -> ClockOrder:
        """§44: ten days from the decision, whenever we heard of it."""
        at = self._decided_at if by_the_event() else None
        return ClockOrder(kind=DeadlineKind.RESULT_DELIVERY, start_at=at or workflow.now())

    async def _follow_parcel(self) -> None:
        """What the authority has sent, to our hall; once."""
        leg = await self._leg_back()
        if leg is None:
            return
        while not leg.done() or self._events:
            await self._next(leg.done)
        result = self._legs.over(leg)
        if self._context.start.edition >= _COUNTED:
            await self._compared(result)
        self._back.arrived()
        self.brought_back = result.outcome is LegOutcome.DELIVERED

    async def _compared(self, result: LegResult) -> None:
        """What was counted otherwise than listed is not handed on before a person has compared it.

        Originals that were not in the parcel: a person agrees with the authority before the case closes.
        """
        look = await self._context.papers() if result.differs or self._back.forwarded else PapersLook()
        if result.differs and self.plan.handling_no in look.unsettled:
            self._context.show_hold(self.plan.handling_no, True)
            await self._context.record("PAPERS_DIFFER", handling_no=self.plan.handling_no)
            while self.plan.handling_no in look.unsettled:
                heard = self._context.papers_heard
                await self._next(lambda heard=heard: self._context.papers_heard != heard)  # type: ignore[misc]
                look = await self._context.papers()
            self._show_hold()
            await self._context.record("PAPERS_AGREED", handling_no=self.plan.handling_no)
        if self._back.forwarded and self.plan.handling_no in look.away:
            await self._stop_for(TaskKind.PAPERS_AWAY, result.leg_id)

    async def _leg_back(self) -> RunningLeg | None:
        """The leg that brings what was sent: started now, or by an earlier run of the case."""
        sent = self._back.to_follow
        if sent is not None:
            await self._ledger.written()
            self.clocks.stop(DeadlineKind.RESULT_DELIVERY)
            leg = await self._legs.send(self.plan, Leg.BACK, tracking_no=sent.tracking_no)
            self._back.followed_leg = leg.leg_id
            return leg
        if self._back.followed_leg is not None and self._back.under_way:
            return self._legs.find(self._back.followed_leg)
        return None

    # --- waiting and reacting ---

    def enqueue(self, event: QueuedEvent) -> None:
        """Queue an event for this handling; events are dealt with in the order in which they came."""
        self._events.add(event)

    @property
    def status(self) -> CaseStatus:
        """The status as recorded last; an outcome ends the story."""
        return self._context.statuses[self.plan.handling_no]

    @property
    def clocks(self) -> Clocks:
        """What runs over this handling now, for the query `view`."""
        return self._ledger.clocks

    @property
    def at_rest(self) -> bool:
        """Nothing is on its way, nothing waits for a person, no event is unread. The case may close."""
        waits = self.being_undone or self._holds or self._back.under_way or self._back.awaited(self.status)
        return self._electronic.settled and not (self._events or self._reaction is not None or waits)

    @property
    def begun(self) -> bool:
        """Whether it does not wait for others, or its turn has come."""
        return self._submitted or not (self.status is CaseStatus.WAITING or self.status.is_outcome)

    @property
    def called_off(self) -> CaseStatus | None:
        """With which outcome it ends if it has not begun, by what waits to be dealt with; None: nothing stops it."""
        return self._events.called_off

    @property
    def has_given(self) -> bool:
        """Whether it is approved, nobody doubts it, and what it gives to the next one is here."""
        return self.status is CaseStatus.APPROVED and self._electronic.is_here and not self._holds

    @property
    def being_undone(self) -> bool:
        """Whether a person has been asked to undo what was approved."""
        return self._compensation.task is not None

    @property
    def supplement_open(self) -> bool:
        """Whether a supplement may be given: the authority's notice is here, perhaps still unread."""
        return may(self.status, Action.SUPPLEMENT) or self._events.has(WireEvent.NEED_SUPPLEMENT)

    @property
    def issued_here(self) -> bool:
        """Whether it is approved on paper by our own city, and `bring` was not called yet."""
        return self.status is CaseStatus.APPROVED and self._back.issued_here and not self._issued

    def view(self) -> HandlingView:
        """Number and status, for the query `view`."""
        return HandlingView(handling_no=self.plan.handling_no, status=self.status)

    async def _next(self, also: Callable[[], bool] = lambda: False) -> None:
        """Wait for news or the next boundary of a clock, and react."""
        if not self._events:
            await self._ledger.written()
        await moment_of_rest()
        if not await happens_in_time(lambda: bool(self._events) or also(), self.clocks):
            await self._ledger.boundary_passed()
        if self._events:
            self._reaction = self._events.take()
            with self._context.step():
                await self._react(self._reaction)
            self._reaction = None

    async def _react(self, news: QueuedEvent) -> None:
        if not isinstance(news, AuthorityEvent):
            await self._ledger.written()  # only words of the authority wait for each other
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
                await self._ledger.compute_anew()
            case CompensationDue() if self.status is CaseStatus.APPROVED:
                await self._compensation.begin(news)

    # --- what the authority says ---

    async def _authority_said(self, said: AuthorityEvent) -> None:
        event = said.event
        if event is WireEvent.RESULT_SENT:
            self._back.note_sent(said)
            sent = (DeadlineKind.RESULT_DELIVERY,) if by_the_event() else ()
            await self._noted_as(said, self._ledger.note(kind="RESULT_SENT", stop=sent), self.status)
            return
        if self.status.is_outcome:
            await self._said_after_the_end(said)
            return
        if event in DECISIONS:
            self._back.note_result(said)
            self._decided_at = said.occurred_at
            await self._noted_as(said, *self._decision(event))
            self._on_decided(self)
            return
        before, extends = self.status, said.extended_workdays is not None and self._limits.accepted
        started, stopped = self._limits.after(said), self._limits.over(event)
        kind = "LIMIT_EXTENDED" if extends else event  # as the history and the applicant are told
        step = self._ledger.note_move(STATUS_AFTER[event], kind, start=started, stop=stopped)
        await self._noted_as(said, step, before)
        if event is WireEvent.NEED_SUPPLEMENT:
            await self._supplements.asked(said)

    async def _said_after_the_end(self, said: AuthorityEvent) -> None:
        """A person has closed it and the authority goes on: its decision puts it on hold, the rest becomes a task."""
        if not self._context.since(1, "what-is-said-after-the-end-reaches-a-person"):
            return
        if said.event in DECISIONS:
            await self._hold(_as_contradiction(said))
        else:
            await self._ledger.raise_task(TaskKind.SAID_AFTER_END, said.message_id)

    async def _noted_as(self, said: AuthorityEvent, step: Step, before: CaseStatus) -> None:
        """The word's step goes along with what comes next: a network says much in a moment."""
        self._noted = [one for one in self._noted if not one[2].written]
        self._noted.append((said, before, step))
        await self._ledger.written_alone()

    def _decision(self, event: WireEvent, accepts: str | None = None) -> tuple[Step, CaseStatus]:
        """The step of a decision, and the status before it."""
        before = self.status
        step = self._ledger.note_move(STATUS_AFTER[event], event, stop=self._ledger.stop_all(), accepts=accepts)
        return step, before

    async def _accept(self, theirs: HoldNotice) -> None:
        """A person has chosen the authority's other decision: all of it counts, with what it names and promises."""
        if theirs.theirs is None:
            return
        self._context.reopen()
        self._back.decided_anew(theirs)
        self._decided_at, self._served = theirs.occurred_at, False
        self._decision(theirs.theirs, accepts=theirs.message_id)
        await self._ledger.written()
        self._on_decided(self)
        await self._expect_result()

    # --- what the applicant wants ---

    async def _supplement(self, given: SupplementGiven) -> None:
        """Pass the missing papers on, unless the authority has moved on while they lay at the window."""
        if self._supplements.awaited(given):
            await self._supplements.pass_on(given, self._say)

    async def _withdraw(self) -> None:
        """Ask the authority to stop; its decision wins over a withdrawal on its way (decisions.md 9)."""
        if self.status.is_outcome or self._withdrawal_sent:
            return
        self._withdrawal_sent = True
        if await self._say(CommandKind.WITHDRAW):
            await self._ledger.start_clocks(self._context.clock(DeadlineKind.WITHDRAWAL))

    # --- what needs a person ---

    async def _hold(self, notice: HoldNotice) -> None:
        """A contradiction, or a command refused by a late receipt: status and clocks stay, a person decides."""
        if notice.reason_code == HoldReason.COMMAND_REFUSED:
            await self._ledger.meanwhile(self._commands.was_refused(notice.message_id))
            return
        await self._stop_for(TaskKind.CONTRADICTION, notice.message_id, notice)

    async def _stop_for(self, kind: TaskKind, what: str, theirs: HoldNotice | None = None) -> str:
        """On hold until the task for this matter is resolved; returns the task's id."""
        self._holds.put(self._ledger.task_id(kind, what), theirs)
        self._show_hold()
        return await self._ledger.raise_task(kind, what)

    def _show_hold(self) -> None:
        self._context.show_hold(self.plan.handling_no, bool(self._holds))

    async def _resolved(self, resolved: TaskResolved) -> None:
        """Only the task that stopped the handling lets it go on."""
        if await self._compensation.settled_by(resolved):
            return
        theirs = self._holds.settle(resolved)
        self._show_hold()
        if theirs is not None:
            await self._accept(theirs)
        elif resolved.outcome is TaskOutcome.CLOSE_AS_FAILED and not self.status.is_outcome:
            await self._ledger.move_to(CaseStatus.FAILED, "CLOSED_AS_FAILED", stop=self._ledger.stop_all())
            self._on_decided(self)
        elif resolved.outcome is TaskOutcome.REDELIVER and not self.status.is_outcome:
            await self._send_again()
        else:
            await self._context.record("TASK_RESOLVED", handling_no=self.plan.handling_no)

    async def _refused(self, key: str, times: int) -> bool:
        """A command was refused for good: on hold until a person says what to do. True: send it again.

        A decision of the authority ends the waiting too; then False.
        """
        task = await self._stop_for(TaskKind.COMMAND_REFUSED, f"{key}-{times}")
        await workflow.wait_condition(lambda: self._events.has_verdict(task) or self._events.has_decision())
        verdict = self._events.take_verdict(task)
        if verdict is not None and verdict.outcome is not TaskOutcome.RESEND:
            await self._resolved(verdict)
            return False
        self._holds.lift(task)
        self._show_hold()
        return verdict is not None  # None: the authority has decided after all

    # --- parcels ---

    async def _leg_moved(self, effect: LegEffect) -> None:
        """Notify the authority of papers on their way, or not as listed; start the clocks of what has arrived there."""
        if effect.discrepancy:
            await self._commands.notify(Notice.DISCREPANCY, effect.leg_id, effect.epoch)
        elif effect.stage is ParcelStage.RETURNED:
            self._back.forwarded = False  # they never reached the authority, so they don't come from there
        elif effect.stage is ParcelStage.PICKED_UP:
            await self._commands.notify(Notice.PAPERS_SENT, effect.leg_id, effect.epoch)
            await self._ledger.start_clocks(kind="PAPERS_SENT", stop=[DeadlineKind.POSTING])
        elif effect.stage is ParcelStage.DELIVERED and self.status is CaseStatus.SUBMITTED:
            at = effect.occurred_at if by_the_event() else workflow.now()
            await self._ledger.start_clocks(
                ClockOrder(kind=DeadlineKind.ACCEPTANCE, start_at=at), kind="PAPERS_ARRIVED"
            )
        elif self.status is CaseStatus.SUPPLEMENTED and self._supplements.arrived(effect.leg_id):
            await self._ledger.start_clocks(*self._limits.papers_complete(effect.occurred_at), kind="PAPERS_ARRIVED")

    async def _send_again(self) -> None:
        """再寄: originals that came back from the way go in a parcel of their own; the posting limit runs anew."""
        await self._ledger.start_clocks(self._context.clock(DeadlineKind.POSTING), kind="SENT_AGAIN")
        self._back.forwarded = True
        await self._legs.send(self.plan, Leg.FORWARD)

    async def notify_delivered(self, result: LegResult) -> None:
        """The applicant has what this course brought back: send DELIVERED (结果送达). Nothing brought: nothing sent."""
        if not self.brought_back:
            return
        self.brought_back = False
        await self._commands.notify(Notice.DELIVERED, result.leg_id, 1)

    async def _say(self, kind: CommandKind, round_: int = 1) -> bool:
        return await self._ledger.meanwhile(self._commands.say(kind, round_=round_))


def _as_contradiction(said: AuthorityEvent) -> HoldNotice:
    return HoldNotice(
        handling_no=said.handling_no,
        message_id=said.message_id,
        reason_code=HoldReason.CONTRADICTION,
        theirs=said.event,
        occurred_at=said.occurred_at,
        result_form=said.result_form,
        result_sha256=said.result_sha256,
    )
