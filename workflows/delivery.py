"""One leg of the two-way delivery (寄递段): booked, promised, watched, ended."""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.carrying import Carrying
    from activities.ending import Ending
    from domain.messages import (
        LegClosing,
        LegEffect,
        LegEnd,
        LegLookOrder,
        LegOutcome,
        LegPlan,
        LegResult,
        LookReason,
        TaskOutcome,
        TaskResolved,
    )
    from domain.naming import CARRIER_QUEUE, DELIVERY_WORKFLOW, case_workflow_id
    from domain.terms import Leg, ParcelStage, SignerKind
    from workflows import policies

_S = ParcelStage

_TOLD_TO_THE_CASE = {
    Leg.FORWARD: frozenset({_S.PICKED_UP, _S.DELIVERED, _S.RETURNED}),
    Leg.BACK: frozenset[ParcelStage](),
    Leg.PICKUP: frozenset[ParcelStage](),
    Leg.DELIVERY: frozenset[ParcelStage](),
}
"""Stages that an authority must hear of, or that bring originals back before they reached it."""

_ENDS = {
    _S.CANCELLED: LegOutcome.CANCELLED,
    _S.RETURNED: LegOutcome.RETURNED,
}

_IN_CUSTODY = frozenset({_S.PICKED_UP, _S.AT_OUTLET, _S.IN_TRANSIT, _S.AT_DEST_OUTLET, _S.OUT_FOR_DELIVERY})


@workflow.defn(name=DELIVERY_WORKFLOW)
class DeliveryWorkflow:
    """Door pickup, transfer to the authority, the way back, or delivery at the door."""

    @workflow.init
    def __init__(self, plan: LegPlan) -> None:
        self._plan = plan
        self._effects: list[LegEffect] = []
        self._seen: set[tuple[int, ParcelStage]] = set()
        self._tracking_no: str | None = None
        self._delivered: LegEffect | None = None
        self._ended: LegOutcome | None = None
        self._in_custody = False
        self._cancel_asked = False
        self._verdicts: list[TaskResolved] = []
        self._next_look_at = workflow.now()

    @workflow.run
    async def run(self, plan: LegPlan) -> LegResult:
        """下单 → 派单 → 上门/揽收 → 运输 → 妥投（大厅核对）; a person is called whenever it goes wrong."""
        await self._book()
        await self._look_again(LookReason.ORDERED)
        while self._ended is None:
            await self._something_happens()
        return await self._end(self._ended)

    # --- the steps ---

    async def _book(self) -> None:
        booked = await workflow.execute_activity_method(
            Carrying.book_leg,
            self._plan,
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )
        self._tracking_no = booked.tracking_no

    async def _look_again(self, reason: LookReason) -> None:
        """Promise, plan and people: dispatch, re-dispatch while it still helps, raise tasks; one activity."""
        look = await workflow.execute_activity_method(
            Carrying.look_after,
            LegLookOrder(leg_id=self._plan.leg_id, reason=reason, at=workflow.now()),
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )
        self._next_look_at = look.next_look_at

    async def _something_happens(self) -> None:
        """A scan, a person's word, a cancellation, or the next boundary of the promise."""
        patience = max(self._next_look_at - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(self._news, timeout=patience)
        except TimeoutError:
            await self._look_again(LookReason.BOUNDARY)
            return
        if self._effects:
            await self._scanned(self._effects.pop(0))
        elif self._verdicts:
            await self._resolved(self._verdicts.pop(0))
        elif self._cancel_asked:
            await self._cancel()

    def _news(self) -> bool:
        return bool(self._effects or self._verdicts or (self._cancel_asked and not self._in_custody))

    async def _scanned(self, effect: LegEffect) -> None:
        differs = effect.discrepancy and self._plan.leg is Leg.BACK  # what came from a door is our own window's matter
        if effect.stage in _TOLD_TO_THE_CASE[self._plan.leg] or differs:
            await self._tell_the_case(effect)
        if effect.stage in _IN_CUSTODY:
            self._in_custody = True
        if effect.stage is _S.DELIVERED:
            self._delivered = effect
        if self._is_home(effect):
            self._ended = LegOutcome.DELIVERED
        elif effect.stage in _ENDS:
            self._ended = _ENDS[effect.stage]
        elif effect.stage in (_S.PICKUP_FAILED, _S.DELIVERY_FAILED):
            await self._look_again(LookReason.ATTEMPT_FAILED)
        else:
            await self._look_again(LookReason.MOVED)

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
            Ending.close_leg,
            self._plan.leg_id,
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )

    async def _end(self, outcome: LegOutcome) -> LegResult:
        await workflow.execute_activity_method(
            Ending.end_leg,
            LegEnd(leg_id=self._plan.leg_id, outcome=outcome, at=workflow.now()),
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return LegResult(
            leg_id=self._plan.leg_id,
            leg=self._plan.leg,
            outcome=outcome,
            tracking_no=self._tracking_no,
            delivered_at=self._delivered_at,
            signer_kind=self._signer_kind,
        )

    # --- parts of the steps ---

    @property
    def _delivered_at(self) -> datetime | None:
        return self._delivered.occurred_at if self._delivered else None

    @property
    def _signer_kind(self) -> SignerKind | None:
        return self._delivered.signer_kind if self._delivered else None

    async def _tell_the_case(self, effect: LegEffect) -> None:
        case = workflow.get_external_workflow_handle(case_workflow_id(self._plan.case_no))
        with suppress(ApplicationError):  # a person has closed the case; the parcel goes on
            await case.signal("leg_moved", effect)

    # --- what comes from outside ---

    @workflow.update
    def scan_effect(self, effect: LegEffect) -> None:
        """What a set of scans came to (id = `{leg}-{epoch}-{stage}`)."""
        if (effect.epoch, effect.stage) not in self._seen:
            self._seen.add((effect.epoch, effect.stage))
            self._effects.append(effect)

    @workflow.update
    def task_resolved(self, resolved: TaskResolved) -> None:
        """A person has resolved a task of this leg (placed the address, asked for another attempt …)."""
        self._verdicts.append(resolved)

    @workflow.signal
    def cancel(self) -> None:
        """The case is withdrawn."""
        self._cancel_asked = True
