"""One case (办件), from the window to the applicant's hand. `_story` is the business process."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.carried import CaseCarried, CaseRun
    from domain.case import Action, join, may
    from domain.messages import (
        AuthorityEvent,
        CalendarChanged,
        CaseResult,
        CaseView,
        DeferredBrought,
        HandedOver,
        HoldNotice,
        LegBroken,
        LegEffect,
        LegOutcome,
        LegResult,
        PapersCounted,
        SupplementGiven,
        TaskOutcome,
        TaskResolved,
        WithdrawalAsked,
    )
    from domain.naming import CASE_WORKFLOW, CaseSignal, CaseUpdate
    from domain.terms import CaseStatus, Leg, ParcelStage
    from workflows import policies
    from workflows.case_context import CaseContext
    from workflows.clocks import Clocks
    from workflows.collection import Collection
    from workflows.deferral import Deferral
    from workflows.handling import HandlingCourse
    from workflows.joint_order import JointOrder
    from workflows.legs import Legs
    from workflows.licences import LicencesOfCase
    from workflows.paper_gate import PaperGate
    from workflows.renewal import renewal_due
    from workflows.seen_events import SeenEvents


_COUNTED = 3
"""The edition since which a count that differs stops the submission."""

_ENDS_EARLY = {TaskOutcome.CLOSE_AS_FAILED: CaseStatus.FAILED, TaskOutcome.GIVE_UP: CaseStatus.WITHDRAWN}


@workflow.defn(name=CASE_WORKFLOW)
class CaseWorkflow:
    """One case; workflow id `case-{case no}`.

    It has one or more handlings, one per authority, each with a course of its own. Input: `CaseRun`; result:
    `CaseResult` with the joined status. Without `carried` the case begins; with it the run goes on from where the one
    before has left it, which continued as new, closed, or broke off (decisions.md 20).
    """

    @workflow.init
    def __init__(self, start: CaseRun) -> None:
        before = start.carried or CaseCarried.beginning(start)
        self._start = start
        self._reopened = before.closed
        self._renewed = start.carried is not None
        self._context = CaseContext(start, start.carried)
        self._legs = Legs(self._context, before.legs)
        self._courses = {
            plan.handling_no: HandlingCourse(
                self._context,
                self._legs,
                plan,
                self._one_has_decided,
                lambda: self._deferral.release,
                before.handlings.get(plan.handling_no),
            )
            for plan in start.handlings
        }
        self._order = JointOrder(self._context, self._courses)
        self._stopped_early = before.stopped_early
        self._fetched = before.fetched
        self._collected = before.collected
        self._submitting = before.submitting
        self._papers_in_hall = before.papers_in_hall
        self._withheld = before.withheld
        self._papers = PaperGate(self._context, before.papers)
        self._deferral = Deferral(self._context, before.deferral)
        self._collection = Collection(self._context, before.collection)
        self._licences = LicencesOfCase(self._context, before.licences)
        self._followed: list[HandlingCourse] = []
        self._goes_out = before.goes_out
        self._listening: list[asyncio.Task[None]] = []
        self._seen = SeenEvents(before.seen)

    @workflow.run
    async def run(self, start: CaseRun) -> CaseResult:
        """The story to its end; where the history has grown long, on in a new run at the next moment without a step."""
        story = asyncio.create_task(self._story())
        while not story.done():
            await workflow.wait_condition(lambda: story.done() or self._legs.needs_care or self._may_renew())
            if self._legs.needs_care:
                await self._legs.care()
            elif self._may_renew() and not story.done():
                workflow.continue_as_new(start.model_copy(update={"carried": self._carried(closed=False)}))
        return story.result()

    async def _story(self) -> CaseResult:
        """登记 → (上门揽件) → 收件 → 转递、受理、补正、审查、决定 → 结果回寄 → 送达 → 办结."""
        self._deferral.watch()
        if self._renewed and not await self._go_on():
            return self._result()
        await self._fetch_papers_at_the_door()
        await self._collect_papers()
        await self._have_licences_checked()
        await self._let_the_authorities_decide()
        while True:
            await self._bring_everything_to_the_applicant()
            if await self._close():
                break
        for listening in self._listening:
            listening.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._result()

    # --- the steps ---

    async def _fetch_papers_at_the_door(self) -> None:
        """上门揽件: a courier within the hour; the hall checks what came."""
        leg = self._legs.under_way(Leg.PICKUP)
        if not self._start.pickup or self._fetched or (self._stopped_early and leg is None):
            return
        leg = leg or await self._legs.send(self._start.handlings[0], Leg.PICKUP)
        await workflow.wait_condition(lambda: leg.done() or self._stopped_early is not None)
        if not leg.done():
            await self._legs.cancel(leg)
            await workflow.wait_condition(leg.done)
        result = self._legs.over(leg)
        self._fetched = True
        self._papers_in_hall = result.outcome is LegOutcome.DELIVERED
        if result.differs and self._start.edition >= _COUNTED:
            self._papers.parcel = result.leg_id
        if result.called_off and not self._stopped_early:
            self._papers.brought_to_the_hall(result.leg_id)
        elif not self._papers_in_hall and not self._stopped_early:
            await self._end_before_submission(CaseStatus.FAILED, "PAPERS_NEVER_CAME")

    async def _collect_papers(self) -> None:
        """收件: the papers are checked and the applicant has a receipt; the posting limit starts.

        What was not counted as said is agreed upon first, in cases that began with that rule.
        """
        if self._collected:
            return
        await self._papers.passed(lambda: self._stopped_early is not None)
        await self._end_if_stopped()
        if self._context.status.is_outcome:
            return
        self._papers_in_hall = self._start.papers_kept
        self._set_all(CaseStatus.COLLECTED)
        self._context.note("COLLECTED")
        await self._context.written_alone()
        self._collected = True
        await self._end_if_stopped()

    async def _have_licences_checked(self) -> None:
        """电子证照核验: nothing is passed on that rests on a licence which neither its office nor a clerk has seen."""
        if self._submitting or self._context.status.is_outcome:
            return
        await self._licences.settled(lambda: self._stopped_early is not None)
        await self._end_if_stopped()

    async def _let_the_authorities_decide(self) -> None:
        """Each authority on its own course; joined when all have decided and everything is back."""
        if self._context.status.is_outcome and not self._submitting:
            return
        if not self._submitting and any(plan.originals_travel for plan in self._start.handlings):
            self._papers_in_hall = False
        if not self._submitting:
            self._order.line_up()
        self._submitting = True
        await asyncio.gather(*(self._follow(course) for course in self._courses.values()))

    async def _bring_everything_to_the_applicant(self) -> None:
        """送达: whatever is in our hall, until nothing is under way and nothing waits for a person.

        容缺: no result, on paper or electronic, is released until nothing is owed any more.
        """
        if not await self._deferral.gap_closed():
            self._withheld = True  # the hall keeps the result and sends it back to be revoked
            self._nothing_left()
        while True:
            self._take_what_was_issued_here()
            await workflow.wait_condition(lambda: self._something_in_our_hall() or self._all_at_rest())
            if not self._something_in_our_hall():
                return
            await self._hand_over()

    async def _close(self) -> bool:
        """办结: record the end. True: closed; False: something came while it was recorded, and the case is open again.

        Rating never delays it. What comes later starts a further run from what is carried here (decisions.md 20).
        """
        if not self._context.since(1, "closing-and-listening-are-one"):
            await self._context.record("CLOSED", closed=True)
            return True
        heard = self._seen.news
        await self._context.record("CLOSED", closed=True, carried=self._carried(closed=True))
        if self._seen.news == heard:
            return True
        await self._context.record("REOPENED", reopened=True)
        return False

    # --- parts of the steps ---

    async def _go_on(self) -> bool:
        """In a further run: legs report to it. A case that was closed opens again for what comes, and only for that."""
        if self._reopened:
            try:
                await workflow.wait_condition(lambda: self._seen.news > 0, timeout=policies.REOPENED_FOR_NOTHING)
            except TimeoutError:
                return False
            await self._context.record("REOPENED", reopened=True)
        await self._legs.take_up()
        return True

    async def _follow(self, course: HandlingCourse) -> None:
        """One authority to its end; then react to what it still says, because others may take longer."""
        if course.followed:
            await course.take_up()
        elif await self._order.turn_of(course):
            await course.run()
        else:
            await course.never_begin()
        self._followed.append(course)
        self._listening.append(asyncio.create_task(course.stay()))

    def _take_what_was_issued_here(self) -> None:
        for course in self._courses.values():
            if course.issued_here and not self._withheld:
                course.bring()
                self._papers_in_hall = True

    def _something_in_our_hall(self) -> bool:
        here = self._papers_in_hall or any(course.brought_back for course in self._followed)
        return here and not self._withheld and not self._order.being_undone

    def _all_at_rest(self) -> bool:
        return all(course.at_rest for course in self._followed)

    async def _hand_over(self) -> None:
        """To the door within the hour of arrival, or the applicant collects it at the hall (自取)."""
        if self._start.delivery and not self._collection.waits:
            leg = self._legs.under_way(Leg.DELIVERY)
            if leg is None:
                self._note_what_goes_out()
                leg = await self._legs.send(self._start.handlings[0], Leg.DELIVERY)
            await workflow.wait_condition(leg.done)
            result = self._legs.over(leg)
            if result.outcome is LegOutcome.DELIVERED:
                await self._handed(result)
                return
            if result.outcome is LegOutcome.LOST:
                self._nothing_left()
                return
        await self._wait_at_the_hall()

    def _note_what_goes_out(self) -> None:
        self._goes_out = tuple(number for number, course in self._courses.items() if course.brought_back)

    async def _handed(self, result: LegResult) -> None:
        """The applicant has what went out to him; what has come to our hall since then is still there."""
        self._papers_in_hall = False
        went_out, self._goes_out = self._goes_out, None
        with self._context.step():
            for number, course in self._courses.items():
                came_later = course.brought_back and went_out is not None and number not in went_out
                if came_later and self._context.since(1, "what-comes-while-handing-over-is-not-handed-over"):
                    continue
                await course.notify_delivered(result)

    def _nothing_left(self) -> None:
        """What was lost is in nobody's hands: no authority gets a DELIVERED for it."""
        self._papers_in_hall = False
        for course in self._courses.values():
            course.brought_back = False

    async def _wait_at_the_hall(self) -> None:
        """Papers wait at the hall until they are collected (自取)."""
        handed = await self._collection.wait(collected=self._note_what_goes_out)
        await self._handed(
            LegResult(
                leg_id=self._start.case_no,
                leg=Leg.DELIVERY,
                outcome=LegOutcome.DELIVERED,
                tracking_no=None,
                delivered_at=workflow.now(),
                signer_kind=handed.signer_kind if handed else None,
            )
        )

    async def _end_if_stopped(self) -> None:
        match self._stopped_early:
            case CaseStatus.WITHDRAWN:
                await self._end_before_submission(CaseStatus.WITHDRAWN, "WITHDRAWN")
            case CaseStatus.FAILED:
                await self._end_before_submission(CaseStatus.FAILED, "CLOSED_AS_FAILED")

    async def _end_before_submission(self, status: CaseStatus, kind: str) -> None:
        self._set_all(status)
        await self._context.record(kind)

    def _set_all(self, status: CaseStatus) -> None:
        for handling_no in self._courses:
            self._context.move(handling_no, status)

    def _one_has_decided(self, decided: HandlingCourse) -> None:
        """多地联办: one refusal stops the others where possible, and what was approved of the whole is undone."""
        if decided.status is not CaseStatus.APPROVED:
            for course in self._courses.values():
                if course is not decided and not course.status.is_outcome:
                    course.enqueue(WithdrawalAsked(request_id=f"after-{decided.plan.handling_no}"))
        if len(self._courses) > 1 and self._context.since(3, "what-cannot-be-completed-is-undone"):
            self._order.compensate()

    def _result(self) -> CaseResult:
        return CaseResult(case_no=self._start.case_no, status=self._context.status)

    # --- from one run to the next ---

    def _may_renew(self) -> bool:
        return self._context.quiet and renewal_due()

    def _carried(self, *, closed: bool) -> CaseCarried:
        # The closing is written behind everything that is not written yet; who breaks off may have lost it.
        handlings = {number: course.carried(all_written=closed) for number, course in self._courses.items()}
        decided = join(course.status for course in handlings.values()).is_outcome
        return CaseCarried(
            changes=self._context.changes + closed,  # the step that closes the case is counted already
            handlings=handlings,
            outcome=self._context.outcome if decided else None,
            on_hold=tuple(sorted(self._context.on_hold_by)),
            withdrawal_pending=self._context.withdrawal_pending,
            stopped_early=self._stopped_early,
            fetched=self._fetched,
            collected=self._collected,
            submitting=self._submitting,
            papers_in_hall=self._papers_in_hall,
            withheld=self._withheld,
            goes_out=self._goes_out,
            closed=closed,
            legs=self._legs.carried(),
            deferral=self._deferral.carried(),
            collection=self._collection.carried(),
            licences=self._licences.carried() if self._start.licences else None,
            papers=self._papers.carried(),
            seen=self._seen.carried(),
        )

    # --- what comes from outside: Updates, their id is the sender's event id ---

    @workflow.update(name=CaseUpdate.AUTHORITY_EVENT)
    def authority_event(self, said: AuthorityEvent) -> None:
        """An event that the wire table has judged; never refused here but for an unknown handling number.

        Raises:
            ApplicationError: HANDLING_UNKNOWN.
        """
        course = self._course(said.handling_no)
        if not self._seen.again():
            course.enqueue(said)

    @workflow.update(name=CaseUpdate.HOLD)
    def hold(self, notice: HoldNotice) -> None:
        """A contradiction, or a command that a late receipt refuses: the handling is on hold until a person decides.

        Raises:
            ApplicationError: HANDLING_UNKNOWN.
        """
        course = self._course(notice.handling_no)
        if not self._seen.again():
            course.enqueue(notice)

    @workflow.update(name=CaseUpdate.SUPPLEMENT)
    def supplement(self, given: SupplementGiven) -> None:
        """The applicant's missing papers are at the window, for one round of one handling.

        Raises:
            ApplicationError: SUPPLEMENT_NOT_OPEN, by the validator; HANDLING_UNKNOWN.
        """
        if self._seen.again():
            return
        self._papers_in_hall |= given.papers_kept
        self._course(given.handling_no).enqueue(given)

    @supplement.validator
    def _may_supplement(self, given: SupplementGiven) -> None:
        if not self._seen.before() and not self._course(given.handling_no).supplement_open:
            raise ApplicationError("现在不需要补正材料", type="SUPPLEMENT_NOT_OPEN")

    @workflow.update(name=CaseUpdate.DEFERRED_BROUGHT)
    def deferred_brought(self, brought: DeferredBrought) -> None:
        """Materials that were owed are at the window (容缺补交); a number that is not owed changes nothing."""
        if self._seen.again():
            return
        self._papers_in_hall |= brought.papers_kept
        self._deferral.brought(brought)

    @workflow.update(name=CaseUpdate.WITHDRAW)
    def withdraw(self, asked: WithdrawalAsked) -> None:
        """The applicant asks to stop.

        Before the submission the case ends; after it each authority is asked and answers.

        Raises:
            ApplicationError: WITHDRAWAL_TOO_LATE, by the validator, once there is an outcome.
        """
        if self._seen.again():
            return
        if not self._submitting:
            self._stopped_early = CaseStatus.WITHDRAWN
            return
        self._context.withdrawal_pending = True
        for course in self._courses.values():
            course.enqueue(asked)

    @withdraw.validator
    def _may_withdraw(self, asked: WithdrawalAsked) -> None:
        if not self._seen.before() and not may(self._context.status, Action.WITHDRAW):
            raise ApplicationError("已有办理结果，不能再撤回", type="WITHDRAWAL_TOO_LATE")

    @workflow.update(name=CaseUpdate.HANDED_OVER)
    def handed_over(self, handed: HandedOver) -> None:
        """The applicant has collected everything at the hall; may come before anything waits there."""
        if not self._seen.again():
            self._collection.handed_over(handed)

    @workflow.update(name=CaseUpdate.TASK_RESOLVED)
    def task_resolved(self, resolved: TaskResolved) -> None:
        """A person has resolved a task of this case, or of a leg of it that broke off."""
        if self._seen.again() or self._legs.decided(resolved):
            return
        if not self._submitting and resolved.outcome in _ENDS_EARLY:
            self._stopped_early = _ENDS_EARLY[resolved.outcome]
        self._context.papers_heard += 1
        self._deferral.decided(resolved)
        self._licences.decided(resolved)
        for course in self._courses.values():
            if resolved.handling_no in (None, course.plan.handling_no):
                course.enqueue(resolved)

    @workflow.update(name=CaseUpdate.PAPERS_COUNTED)
    def papers_counted(self, counted: PapersCounted) -> None:
        """The window has counted a paper: the case looks at its papers again, where it waits for one.

        What comes back to the hall by itself is handed over like what comes by parcel.
        """
        if not self._seen.again():
            self._context.papers_heard += 1
            self._papers_in_hall |= counted.papers_kept and self._submitting

    @workflow.update(name=CaseUpdate.CALENDAR_CHANGED)
    def calendar_changed(self, changed: CalendarChanged) -> None:
        """A new working-day table is in force: every running clock gets new times."""
        if self._seen.again():
            return
        for course in self._courses.values():
            course.enqueue(changed)
        self._papers.calendar_changed()
        self._deferral.calendar_changed()
        self._collection.calendar_changed()

    @workflow.update(name=CaseUpdate.LEG_BROKEN)
    def leg_broken(self, broken: LegBroken) -> None:
        """The workflow of a leg is gone while its parcel is under way: a person gets the task LEG_BROKEN."""
        if not self._seen.again():
            self._legs.broke_off(broken)

    @workflow.signal(name=CaseSignal.LEG_MOVED)
    def leg_moved(self, effect: LegEffect) -> None:
        """Signal of a leg of ours: a stage that an authority gets a notice of, or that brings its papers back here."""
        if self._seen.again(f"{effect.leg_id}-{effect.epoch}-{effect.stage}"):
            return
        if effect.stage in (ParcelStage.RETURNED, ParcelStage.PICKED_UP):
            self._papers_in_hall = effect.stage is ParcelStage.RETURNED
        course = next((c for c in self._courses.values() if effect.leg_id.startswith(c.plan.handling_no)), None)
        if course is not None:
            course.enqueue(effect)

    @workflow.signal(name=CaseSignal.LEG_ENDED)
    def leg_ended(self, result: LegResult) -> None:
        """Signal of a leg that an earlier run of the case has started: it is over."""
        self._legs.ended(result)

    @workflow.query
    def view(self) -> CaseView:
        """Query: where the workflow stands, for operators. People read the database."""
        return CaseView(
            case_no=self._start.case_no,
            status=self._context.status,
            on_hold=self._context.on_hold,
            withdrawal_pending=self._context.withdrawal_pending,
            handlings=tuple(course.view() for course in self._courses.values()),
            deadlines=tuple(d for clocks in self._clocks() for d in clocks.running),
        )

    @workflow.query
    def carried(self) -> CaseCarried:
        """Query: what a further run would start from; asked of a run that broke off (`relay.reopening`)."""
        return self._carried(closed=False)

    def _clocks(self) -> list[Clocks]:
        of_the_case = (self._papers, self._deferral, self._collection)
        return [*(c.clocks for c in self._courses.values()), *(part.clocks for part in of_the_case)]

    def _course(self, handling_no: str) -> HandlingCourse:
        if handling_no not in self._courses:
            raise ApplicationError("没有这个办理编号", type="HANDLING_UNKNOWN")
        return self._courses[handling_no]
