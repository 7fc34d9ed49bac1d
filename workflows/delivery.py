"""One leg of the two-way delivery (寄递段): booked, promised, watched, ended."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.parcel_booking import ParcelBooking
    from activities.parcel_closing import ParcelClosing
    from domain.carried import LegCarried, LegRun
    from domain.messages import (
        LegBooked,
        LegClosing,
        LegEffect,
        LegEnd,
        LegLookOrder,
        LegOutcome,
        LegResult,
        LookReason,
        TaskOutcome,
        TaskResolved,
        VisitCancelled,
    )
    from domain.naming import (
        CARRIER_QUEUE,
        DELIVERY_WORKFLOW,
        CaseSignal,
        LegSignal,
        LegUpdate,
        case_workflow_id,
    )
    from domain.terms import DOOR_LEGS, Leg, ParcelStage, SignerKind
    from workflows import policies
    from workflows.at_once import at_once
    from workflows.renewal import renewal_due
    from workflows.seen_events import SeenEvents

_S = ParcelStage
_DAMAGE_IS_WAITED_FOR = 3  # the edition since which a damaged parcel that arrived is not over before a person looked
_FEWER_STEPS = 2  # the edition since which a leg is begun in one step, and looked at where somebody waits for it

_TOLD_TO_THE_CASE = {
    Leg.FORWARD: frozenset({_S.PICKED_UP, _S.DELIVERED, _S.RETURNED}),
    Leg.BACK: frozenset[ParcelStage](),
    Leg.PICKUP: frozenset[ParcelStage](),
    Leg.DELIVERY: frozenset[ParcelStage](),
}
"""Stages that an authority gets a notice of, or that bring originals back before they reached it."""

_ENDS = {
    _S.CANCELLED: LegOutcome.CANCELLED,
    _S.RETURNED: LegOutcome.RETURNED,
}

_IN_CUSTODY = frozenset({_S.PICKED_UP, _S.AT_OUTLET, _S.IN_TRANSIT, _S.AT_DEST_OUTLET, _S.OUT_FOR_DELIVERY})


@workflow.defn(name=DELIVERY_WORKFLOW)
class DeliveryWorkflow:
    """One leg: door pickup, transfer to the authority, the way back, or delivery at the door.

    Workflow id `leg-{leg id}`; input `LegRun`, result `LegResult`. Its stages come as Updates from the scan log, so it
    books, looks after the promise when it is due, and ends (decisions.md 6).
    """

    @workflow.init
    def __init__(self, plan: LegRun) -> None:
        before = plan.carried or LegCarried(next_look_at=workflow.now())
        self._plan = plan
        self._effects = list(before.effects)
        self._verdicts = list(before.verdicts)
        self._seen = SeenEvents(before.seen)
        self._tracking_no = before.tracking_no
        self._delivered = before.delivered
        self._ended = before.ended
        self._in_custody = before.in_custody
        self._damaged = before.damaged
        self._differs = False  # of the check that ends the leg: nothing comes between the two
        self._cancel_asked = before.cancel_asked
        self._called_off = before.called_off
        self._reports_end = before.reports_end  # the case has no handle of this workflow any more
        self._next_look_at = before.next_look_at
        self._quiet_looks = before.quiet_looks
        self._begun = plan.carried is not None

    @workflow.run
    async def run(self, plan: LegRun) -> LegResult:
        """下单 → 派单 → 上门/揽收 → 运输 → 妥投（大厅核对）; what goes wrong becomes a task for a person."""
        if not self._begun:
            await self._begin()
        while self._ended is None:
            if renewal_due():
                workflow.continue_as_new(plan.model_copy(update={"carried": self._carried()}))
            await self._something_happens()
        while await self._damage_unseen():
            if renewal_due():
                workflow.continue_as_new(plan.model_copy(update={"carried": self._carried()}))
            await self._somebody_looks()
        return await self._end(self._ended)

    # --- the steps ---

    async def _begin(self) -> None:
        """Booked and looked after at once; a leg that began before edition 2 did so in two steps."""
        if self._plan.edition < _FEWER_STEPS:
            self._heard_before(await self._book())
            await self._look_again(LookReason.ORDERED)
            return
        begun = await workflow.execute_activity_method(
            ParcelBooking.begin_leg,
            self._plan,
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )
        self._heard_before(begun)
        self._next_look_at = begun.next_look_at

    async def _book(self) -> LegBooked:
        return await workflow.execute_activity_method(
            ParcelBooking.book_leg,
            self._plan,
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )

    def _heard_before(self, booked: LegBooked) -> None:
        self._tracking_no = booked.tracking_no
        for effect in booked.effects:  # what the workflow that broke off had heard, and what came since
            self._note(effect)
        if booked.called_off:
            self._cancel_asked = self._called_off = True

    async def _look_again(self, reason: LookReason) -> None:
        """Promise, plan and people: dispatch, re-dispatch while it still helps, raise tasks; one activity."""
        look = await at_once(
            ParcelBooking.look_after,
            LegLookOrder(leg_id=self._plan.leg_id, reason=reason, at=workflow.now(), quiet_looks=self._quiet(reason)),
            edition=0 if reason is LookReason.BOUNDARY else self._plan.edition,  # a series of them shall make history
            queue=CARRIER_QUEUE,
            attempt=policies.CARRIER_ATTEMPT,
            retry=policies.CARRIER_RETRY,
        )
        self._next_look_at = look.next_look_at

    def _quiet(self, reason: LookReason) -> int:
        """How often in a row it was looked at without anything having happened: the looks grow rarer by it."""
        if not (self._plan.edition or workflow.patched("looks-grow-rarer")):
            return 0
        self._quiet_looks = self._quiet_looks + 1 if reason is LookReason.BOUNDARY else 0
        return max(self._quiet_looks - 1, 0)

    async def _something_happens(self) -> None:
        """A scan, a person's word, a cancellation, or the next boundary of the promise."""
        patience = max(self._next_look_at - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(self._events, timeout=patience)
        except TimeoutError:
            await self._look_again(LookReason.BOUNDARY)
            return
        if self._effects:
            self._quiet_looks = 0
            await self._scanned(self._effects.pop(0))
        elif self._verdicts:
            await self._resolved(self._verdicts.pop(0))
        elif self._cancel_asked:
            await self._cancel()

    def _events(self) -> bool:
        return bool(self._effects or self._verdicts or (self._cancel_asked and not self._in_custody))

    async def _scanned(self, effect: LegEffect) -> None:
        differs = effect.discrepancy and self._plan.leg is Leg.BACK  # what came from a door is our own window's matter
        if effect.stage in _TOLD_TO_THE_CASE[self._plan.leg] or differs:
            await self._report_to_case(effect)
        if effect.stage in _IN_CUSTODY:
            self._in_custody = True
        self._damaged = self._damaged or effect.stage is _S.DAMAGED
        if effect.stage is _S.DELIVERED:
            self._delivered = effect
        if effect.stage is _S.HALL_CHECKED:
            self._differs = effect.discrepancy
        if self._is_home(effect):
            self._ended = LegOutcome.DELIVERED
        elif effect.stage in _ENDS:
            self._ended = _ENDS[effect.stage]
        elif effect.stage in (_S.PICKUP_FAILED, _S.DELIVERY_FAILED):
            await self._look_again(LookReason.ATTEMPT_FAILED)
        elif self._is_awaited(effect):
            await self._look_again(LookReason.MOVED)

    def _is_awaited(self, effect: LegEffect) -> bool:
        """Whether somebody waits for this move: the plan of a courier at a door, or the alarm over a parcel that came.

        Between two halls nothing else follows from a scan on the way: the expectation stays what it was.
        """
        at_a_door = self._plan.leg in DOOR_LEGS
        return at_a_door or effect.stage is _S.DELIVERED or self._plan.edition < _FEWER_STEPS

    def _is_home(self, effect: LegEffect) -> bool:
        """Into our own hall a leg ends when the hall has checked the papers, elsewhere when signed for."""
        into_our_hall = self._plan.leg in (Leg.PICKUP, Leg.BACK)
        return effect.stage is (_S.HALL_CHECKED if into_our_hall else _S.DELIVERED)

    async def _cancel(self) -> None:
        """Only what nobody holds can be cancelled; what is held goes on to the hall."""
        self._cancel_asked = False
        self._ended = LegOutcome.CANCELLED

    async def _resolved(self, verdict: TaskResolved) -> None:
        if verdict.outcome is not TaskOutcome.CLOSE_AS_FAILED:
            await self._look_again(LookReason.ASKED)
        elif workflow.patched("closing-asks-the-log"):
            self._ended = (await self._close()).outcome
        else:
            self._ended = LegOutcome.LOST if self._in_custody else LegOutcome.ABANDONED

    async def _close(self) -> LegClosing:
        """A person gives it up: what somebody holds is sent back first, and ends the leg when it is there."""
        return await workflow.execute_activity_method(
            ParcelClosing.close_leg,
            self._plan.leg_id,
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )

    async def _damage_unseen(self) -> bool:
        """Whether it has arrived damaged, and nobody has yet looked at what was in it: neither leg nor case is over."""
        if not (self._damaged and self._ended is LegOutcome.DELIVERED and self._plan.edition >= _DAMAGE_IS_WAITED_FOR):
            return False
        return await at_once(
            ParcelClosing.is_damage_open,
            self._plan.leg_id,
            edition=self._plan.edition,
            queue=CARRIER_QUEUE,
            attempt=policies.CARRIER_ATTEMPT,
            retry=policies.CARRIER_RETRY,
        )

    async def _somebody_looks(self) -> None:
        """A person's word; asked again after a while, because a correction of the scan settles it too."""
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: bool(self._verdicts), timeout=policies.DAMAGE_ASKED_AFTER)
        self._verdicts.clear()

    async def _end(self, outcome: LegOutcome) -> LegResult:
        await at_once(
            ParcelClosing.end_leg,
            LegEnd(leg_id=self._plan.leg_id, outcome=outcome, at=workflow.now()),
            edition=self._plan.edition if outcome is LegOutcome.DELIVERED else 0,  # else the carrier may be asked
            queue=CARRIER_QUEUE,
            attempt=policies.CARRIER_ATTEMPT,
            retry=policies.CARRIER_RETRY,
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        result = LegResult(
            leg_id=self._plan.leg_id,
            leg=self._plan.leg,
            outcome=outcome,
            tracking_no=self._tracking_no,
            delivered_at=self._delivered_at,
            signer_kind=self._signer_kind,
            differs=self._differs,
            called_off=self._called_off and outcome is LegOutcome.CANCELLED,
        )
        if self._reports_end:
            with suppress(ApplicationError):  # the case is over; the row of the leg says how this one ended
                await self._case.signal(CaseSignal.LEG_ENDED, result)
        return result

    def _carried(self) -> LegCarried:
        return LegCarried(
            tracking_no=self._tracking_no,
            effects=tuple(self._effects),
            verdicts=tuple(self._verdicts),
            delivered=self._delivered,
            ended=self._ended,
            in_custody=self._in_custody,
            damaged=self._damaged,
            cancel_asked=self._cancel_asked,
            called_off=self._called_off,
            reports_end=self._reports_end,
            next_look_at=self._next_look_at,
            quiet_looks=self._quiet_looks,
            seen=self._seen.carried(),
        )

    # --- parts of the steps ---

    @property
    def _delivered_at(self) -> datetime | None:
        return self._delivered.occurred_at if self._delivered else None

    @property
    def _signer_kind(self) -> SignerKind | None:
        return self._delivered.signer_kind if self._delivered else None

    @property
    def _case(self) -> workflow.ExternalWorkflowHandle[Any]:
        return workflow.get_external_workflow_handle(case_workflow_id(self._plan.case_no))

    async def _report_to_case(self, effect: LegEffect) -> None:
        with suppress(ApplicationError):  # a person has closed the case; the parcel goes on
            await self._case.signal(CaseSignal.LEG_MOVED, effect)

    def _note(self, effect: LegEffect) -> None:
        if not self._seen.again(f"{effect.epoch}-{effect.stage}"):
            self._effects.append(effect)

    # --- what comes from outside ---

    @workflow.update(name=LegUpdate.SCAN_EFFECT)
    def scan_effect(self, effect: LegEffect) -> None:
        """A stage that a set of scans has brought the leg to; the same epoch and stage again changes nothing."""
        self._note(effect)

    @workflow.update(name=LegUpdate.TASK_RESOLVED)
    def task_resolved(self, resolved: TaskResolved) -> None:
        """A person has resolved a task of this leg: CLOSE_AS_FAILED gives it up, else it is looked after."""
        if not self._seen.again():
            self._verdicts.append(resolved)

    @workflow.update(name=LegUpdate.CALL_OFF)
    def call_off(self, _cancelled: VisitCancelled) -> None:
        """Somebody has cancelled this visit; it ends as CANCELLED unless somebody holds the parcel already."""
        if not self._seen.again():
            self._cancel_asked = self._called_off = True

    @workflow.signal(name=LegSignal.CANCEL)
    def cancel(self) -> None:
        """Signal: the case is withdrawn. The leg ends as CANCELLED unless somebody holds the parcel already."""
        self._cancel_asked = True

    @workflow.signal(name=LegSignal.REPORT_END)
    def report_end(self) -> None:
        """Signal: the case goes on in a new run, without a handle of this workflow; the end is signalled to it."""
        self._reports_end = True
