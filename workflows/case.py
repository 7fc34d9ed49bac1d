"""One case (办件), from the window to the applicant's hand. `run` is the business process."""

import asyncio
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.case import Action, may
    from domain.messages import (
        AuthorityEvent,
        CalendarChanged,
        CaseResult,
        CaseStart,
        CaseView,
        DeferredBrought,
        HandedOver,
        HoldNotice,
        LegEffect,
        LegOutcome,
        LegResult,
        SupplementGiven,
        TaskResolved,
        WithdrawalAsked,
    )
    from domain.naming import CASE_WORKFLOW
    from domain.terms import CaseStatus, Leg, ParcelStage
    from workflows.clocks import Clocks
    from workflows.collection import Collection
    from workflows.deferral import Deferral
    from workflows.desk import Desk
    from workflows.handling import HandlingCourse
    from workflows.legs import Legs


@workflow.defn(name=CASE_WORKFLOW)
class CaseWorkflow:
    """A case has one or more handlings, one per authority; each runs its own course."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        self._start = start
        self._desk = Desk(start)
        self._legs = Legs(self._desk)
        self._courses = {
            plan.handling_no: HandlingCourse(self._desk, self._legs, plan, self._one_has_decided)
            for plan in start.handlings
        }
        self._withdrawn_early = False
        self._submitting = False
        self._papers_in_hall = False
        self._deferral = Deferral(self._desk)
        self._collection = Collection(self._desk)
        self._followed: list[HandlingCourse] = []
        self._listening: list[asyncio.Task[None]] = []

    @workflow.run
    async def run(self, start: CaseStart) -> CaseResult:
        """登记 → (上门揽件) → 收件 → 转递、受理、补正、审查、决定 → 结果回寄 → 送达 → 办结."""
        self._deferral.watch()
        await self._fetch_papers_at_the_door()
        await self._collect_papers()
        await self._let_the_authorities_decide()
        await self._bring_everything_to_the_applicant()
        return await self._close()

    # --- the steps ---

    async def _fetch_papers_at_the_door(self) -> None:
        """上门揽件: a courier within the hour; the hall checks what came."""
        if not self._start.pickup or self._withdrawn_early:
            return
        leg = await self._legs.send(self._start.handlings[0], Leg.PICKUP)
        await workflow.wait_condition(lambda: leg.done() or self._withdrawn_early)
        if not leg.done():
            with suppress(ApplicationError):  # it has ended in this very moment
                await leg.signal("cancel")
        result = await leg
        self._papers_in_hall = result.outcome is LegOutcome.DELIVERED
        if not self._papers_in_hall and not self._withdrawn_early:
            await self._end_before_submission(CaseStatus.FAILED, "PAPERS_NEVER_CAME")

    async def _collect_papers(self) -> None:
        """收件: the papers are checked and the applicant has a receipt; the posting limit starts."""
        if self._withdrawn_early:
            await self._end_before_submission(CaseStatus.WITHDRAWN, "WITHDRAWN")
        if self._desk.status.is_outcome:
            return
        self._papers_in_hall = self._start.papers_kept
        self._set_all(CaseStatus.COLLECTED)
        await self._desk.record("COLLECTED")
        if self._withdrawn_early:
            await self._end_before_submission(CaseStatus.WITHDRAWN, "WITHDRAWN")

    async def _let_the_authorities_decide(self) -> None:
        """Each authority on its own course; joined when all have decided and everything is back."""
        if self._desk.status.is_outcome:
            return
        self._submitting = True
        if any(plan.originals_travel for plan in self._start.handlings):
            self._papers_in_hall = False
        await asyncio.gather(*(self._follow(course) for course in self._courses.values()))

    async def _bring_everything_to_the_applicant(self) -> None:
        """送达: whatever is in our hall, until nothing is under way and nothing waits for a person.

        容缺: no result, on paper or electronic, is released until nothing is owed any more.
        """
        if not await self._deferral.gap_closed():
            self._nothing_left()  # the hall keeps the result and sends it back to be revoked
        elif any(course.issued_here for course in self._courses.values()):
            self._papers_in_hall = True
        while True:
            await workflow.wait_condition(lambda: self._something_in_our_hall() or self._all_at_rest())
            if not self._something_in_our_hall():
                return
            await self._hand_over()

    async def _close(self) -> CaseResult:
        """办结: nothing of the applicant's is in anyone's hands any more. Rating never delays it."""
        await self._desk.record("CLOSED", closed=True)
        for listening in self._listening:
            listening.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return CaseResult(case_no=self._start.case_no, status=self._desk.status)

    # --- parts of the steps ---

    async def _follow(self, course: HandlingCourse) -> None:
        """One authority to its end; then still listen to it, because others may take longer."""
        await course.run()
        self._followed.append(course)
        self._listening.append(asyncio.create_task(course.stay()))

    def _something_in_our_hall(self) -> bool:
        return self._papers_in_hall or any(course.brought_back for course in self._followed)

    def _all_at_rest(self) -> bool:
        return all(course.at_rest for course in self._followed)

    async def _hand_over(self) -> None:
        """To the door within the hour of arrival, or the applicant collects it at the hall (自取)."""
        if self._start.delivery:
            result = await (await self._legs.send(self._start.handlings[0], Leg.DELIVERY))
            if result.outcome is LegOutcome.DELIVERED:
                await self._handed(result)
                return
            if result.outcome is LegOutcome.LOST:
                self._nothing_left()
                return
        await self._wait_at_the_hall()

    async def _handed(self, result: LegResult) -> None:
        self._papers_in_hall = False
        for course in self._courses.values():
            await course.notify_delivered(result)

    def _nothing_left(self) -> None:
        """What was lost is in nobody's hands, and nobody is told that it was delivered."""
        self._papers_in_hall = False
        for course in self._courses.values():
            course.brought_back = False

    async def _wait_at_the_hall(self) -> None:
        """Papers wait at the hall until they are collected (自取)."""
        handed = await self._collection.wait()
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

    async def _end_before_submission(self, status: CaseStatus, kind: str) -> None:
        self._set_all(status)
        await self._desk.record(kind)

    def _set_all(self, status: CaseStatus) -> None:
        for handling_no in self._courses:
            self._desk.move(handling_no, status)

    def _one_has_decided(self, decided: HandlingCourse) -> None:
        """多地联办: one refusal stops the others where possible."""
        if decided.status is CaseStatus.APPROVED:
            return
        for course in self._courses.values():
            if course is not decided and not course.status.is_outcome:
                course.tell(WithdrawalAsked(request_id=f"after-{decided.plan.handling_no}"))

    # --- what comes from outside: Updates, their id is the sender's event id ---

    @workflow.update
    def authority_event(self, said: AuthorityEvent) -> None:
        """An authority has said something; the wire table has judged it, so it is never refused here."""
        self._course(said.handling_no).tell(said)

    @workflow.update
    def hold(self, notice: HoldNotice) -> None:
        """An authority contradicts itself; a person decides."""
        self._course(notice.handling_no).tell(notice)

    @workflow.update
    def supplement(self, given: SupplementGiven) -> None:
        """The applicant's missing papers are at the window."""
        self._papers_in_hall |= given.papers_kept
        self._course(given.handling_no).tell(given)

    @supplement.validator
    def _may_supplement(self, given: SupplementGiven) -> None:
        if not self._course(given.handling_no).supplement_open:
            raise ApplicationError("现在不需要补正材料", type="SUPPLEMENT_NOT_OPEN")

    @workflow.update
    def deferred_brought(self, brought: DeferredBrought) -> None:
        """Materials that were owed are at the window (容缺补交)."""
        self._papers_in_hall |= brought.papers_kept
        self._deferral.brought(brought)

    @workflow.update
    def withdraw(self, asked: WithdrawalAsked) -> None:
        """The applicant asks to stop: at once before submission, else the authority answers."""
        if not self._submitting:
            self._withdrawn_early = True
            return
        self._desk.withdrawal_pending = True
        for course in self._courses.values():
            course.tell(asked)

    @withdraw.validator
    def _may_withdraw(self, asked: WithdrawalAsked) -> None:
        if not may(self._desk.status, Action.WITHDRAW):
            raise ApplicationError("已有办理结果，不能再撤回", type="WITHDRAWAL_TOO_LATE")

    @workflow.update
    def handed_over(self, handed: HandedOver) -> None:
        """The applicant has collected everything at the hall."""
        self._collection.handed_over(handed)

    @workflow.update
    def task_resolved(self, resolved: TaskResolved) -> None:
        """A person has resolved a task of this case."""
        self._deferral.decided(resolved)
        for course in self._courses.values():
            if resolved.handling_no in (None, course.plan.handling_no):
                course.tell(resolved)

    @workflow.update
    def calendar_changed(self, changed: CalendarChanged) -> None:
        """The State Council's notice has come: every running clock is computed anew."""
        for course in self._courses.values():
            course.tell(changed)
        self._deferral.calendar_changed()
        self._collection.calendar_changed()

    @workflow.signal
    def leg_moved(self, effect: LegEffect) -> None:
        """One of our own legs reports a stage that an authority is to hear of, or that its papers are here again."""
        if effect.stage in (ParcelStage.RETURNED, ParcelStage.PICKED_UP):
            self._papers_in_hall = effect.stage is ParcelStage.RETURNED
        course = next((c for c in self._courses.values() if effect.leg_id.startswith(c.plan.handling_no)), None)
        if course is not None:
            course.tell(effect)

    @workflow.query
    def view(self) -> CaseView:
        """Where the workflow stands, for operators."""
        return CaseView(
            case_no=self._start.case_no,
            status=self._desk.status,
            on_hold=self._desk.on_hold,
            withdrawal_pending=self._desk.withdrawal_pending,
            handlings=tuple(course.view() for course in self._courses.values()),
            deadlines=tuple(d for clocks in self._clocks() for d in clocks.running),
        )

    def _clocks(self) -> list[Clocks]:
        return [*(c.clocks for c in self._courses.values()), self._deferral.clocks, self._collection.clocks]

    def _course(self, handling_no: str) -> HandlingCourse:
        if handling_no not in self._courses:
            raise ApplicationError("没有这个办理编号", type="HANDLING_UNKNOWN")
        return self._courses[handling_no]
