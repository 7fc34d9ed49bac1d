"""The parcels of one case: each leg is a child workflow of its own, and outlives the run that started it."""

from collections.abc import Callable
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.parcel_booking import ParcelBooking
    from activities.parcel_closing import ParcelClosing
    from domain.carried import LegRun, LegsCarried
    from domain.messages import (
        HandlingPlan,
        LegBroken,
        LegEnd,
        LegPlan,
        LegResult,
        TaskOrder,
        TaskOutcome,
        TaskResolved,
    )
    from domain.naming import (
        CARRIER_QUEUE,
        delivery_workflow_id,
        leg_id,
    )
    from domain.tasks import TaskKind, task_id
    from domain.terms import Leg
    from workflows import policies
    from workflows.case_context import CaseContext
    from workflows.delivery import DeliveryWorkflow

Child = ChildWorkflowHandle[DeliveryWorkflow, LegResult]


class RunningLeg:
    """A leg that was sent. Over when its workflow has ended as it should, or has reported its end.

    `child` None: started by an earlier run of the case, so that its end comes by signal.
    """

    def __init__(self, plan: LegPlan, child: Child | None = None) -> None:
        self.plan = plan
        self.child = child  # None: started by an earlier run of the case, it reports its end
        self._reported: LegResult | None = None

    @property
    def leg_id(self) -> str:
        """`{handling no}-{leg}-{number}`, also the end of the id of its workflow."""
        return self.plan.leg_id

    @property
    def broken(self) -> bool:
        """Whether its workflow was terminated, timed out or failed, so that nobody follows the parcel any more."""
        return self._reported is None and self.child is not None and self.child.done() and self._fault is not None

    def done(self) -> bool:
        """Whether there is a result."""
        return self._reported is not None or (self.child is not None and self.child.done() and self._fault is None)

    def report(self, result: LegResult) -> None:
        """Note the result of a leg whose workflow this run has no handle of."""
        self._reported = result

    @property
    def result(self) -> LegResult:
        """How it ended.

        Raises:
            RuntimeError: it is under way.
        """
        if self._reported is not None:
            return self._reported
        if self.child is None:
            raise RuntimeError("the leg is under way")
        return self.child.result()

    @property
    def _fault(self) -> BaseException | None:
        if self.child is None:
            return None
        return self.child.exception()


class Legs:
    """Books, starts and follows the legs of a case. A second parcel of the same kind gets the next number."""

    def __init__(self, context: CaseContext, carried: LegsCarried | None = None) -> None:
        before = carried or LegsCarried()
        self._context = context
        self._booked = {(plan.handling_no, plan.leg): plan for plan in before.booked}
        self._running = {plan.leg_id: RunningLeg(plan) for plan in before.running}
        self._asking = dict(before.broken)
        self._verdicts: list[TaskResolved] = []
        self._broken_off: list[LegBroken] = []
        for result in before.ended:
            self._running[result.leg_id].report(result)

    def carried(self) -> LegsCarried:
        """What is booked, under way, over and broken off, for the next run."""
        # Nobody waits for the end of what was forwarded: once it is over it is forgotten.
        running = [leg for leg in self._running.values() if not (leg.done() and leg.plan.leg is Leg.FORWARD)]
        return LegsCarried(
            numbers=dict(self._context.leg_numbers),
            booked=tuple(self._booked.values()),
            running=tuple(leg.plan for leg in running),
            ended=tuple(leg.result for leg in running if leg.done()),
            broken=dict(self._asking),
        )

    # --- booked, sent, over ---

    async def book(self, owner: HandlingPlan, leg: Leg, *, round_: int = 0) -> LegPlan:
        """Book a leg: it has a waybill number before a command names it, and moves only when `send` starts it.

        `round_`: of the supplement whose papers it carries; 0: it carries what is sent with the case.
        """
        plan = self._plan(owner.handling_no, leg).model_copy(update={"round": round_})
        self._booked[owner.handling_no, leg] = plan
        with self._context.step():
            await workflow.execute_activity_method(
                ParcelBooking.book_leg,
                plan,
                task_queue=CARRIER_QUEUE,
                start_to_close_timeout=policies.CARRIER_ATTEMPT,
                retry_policy=policies.CARRIER_RETRY,
            )
        return plan

    async def send(self, owner: HandlingPlan, leg: Leg, *, tracking_no: str | None = None) -> RunningLeg:
        """Start the leg's workflow, booked before or not; it outlives the case if it must.

        `tracking_no`: of a BACK leg, the number that the authority gave. Who waits for the end waits for `done()`.
        """
        plan = self._booked.pop((owner.handling_no, leg), None)
        plan = plan or self._plan(owner.handling_no, leg, tracking_no)
        return await self._start(plan)

    def under_way(self, leg: Leg) -> RunningLeg | None:
        """The leg of this kind that was sent and whose result was not taken by `over` yet; None: there is none."""
        return next((running for running in self._running.values() if running.plan.leg is leg), None)

    def find(self, leg_id: str) -> RunningLeg:
        """A leg that this run or one before has sent. Raises KeyError for one whose result was taken."""
        return self._running[leg_id]

    def over(self, leg: RunningLeg) -> LegResult:
        """Take the result of a leg that is done; the leg is forgotten."""
        self._running.pop(leg.leg_id, None)
        return leg.result

    async def cancel(self, leg: RunningLeg) -> None:
        """Signal the leg that nobody need come any more; one that has just ended is left as it is."""
        with suppress(ApplicationError), self._context.step():
            if leg.child is not None:
                await leg.child.signal(DeliveryWorkflow.cancel)
            else:
                await self._signal(leg, DeliveryWorkflow.cancel)

    # --- over several runs of the case ---

    async def take_up(self) -> None:
        """In a further run of the case: have legs under way report their end, because it holds no handle of theirs.

        One whose workflow is gone is looked up in its row; where that says nothing it has broken off.
        """
        for leg in list(self._running.values()):
            if leg.child is None and not leg.done() and leg.leg_id not in self._asking:
                try:
                    await self._signal(leg, DeliveryWorkflow.report_end)
                except ApplicationError:
                    await self._look_up(leg)

    def ended(self, result: LegResult) -> None:
        """Note the end that a leg reports; of a leg that is not under way nothing is noted."""
        if result.leg_id in self._running:
            self._running[result.leg_id].report(result)

    async def _look_up(self, leg: RunningLeg) -> None:
        """It ended between two runs of the case: its row says how. If it says nothing, the workflow broke off."""
        with self._context.step():
            result = await workflow.execute_activity_method(
                ParcelClosing.result_of,
                leg.leg_id,
                task_queue=CARRIER_QUEUE,
                start_to_close_timeout=policies.CARRIER_ATTEMPT,
                retry_policy=policies.CARRIER_RETRY,
            )
        if result is not None:
            leg.report(result)
        else:
            self.broke_off(LegBroken(leg_id=leg.leg_id, run_id=""))

    async def _signal(self, leg: RunningLeg, signal: Callable[[DeliveryWorkflow], None]) -> None:
        workflow_id = delivery_workflow_id(leg.leg_id)
        with self._context.step():
            await workflow.get_external_workflow_handle_for(DeliveryWorkflow.run, workflow_id).signal(signal)

    # --- broken off ---

    @property
    def needs_care(self) -> bool:
        """Whether `care` has something to do: a leg broke off, or a person has decided about one."""
        return bool(self._broken_off or self._verdicts) or any(self._unasked())

    def broke_off(self, broken: LegBroken) -> None:
        """The sweep says that a leg's workflow is gone.

        Ignored where this run has a handle of it, which knows better.
        """
        leg = self._running.get(broken.leg_id)
        if leg is not None and leg.child is None and not leg.done():
            self._broken_off.append(broken)

    def decided(self, resolved: TaskResolved) -> bool:
        """Take a person's verdict on a leg that broke off; False where the task is about something else."""
        mine = resolved.task_id in {task_id(key) for key in self._asking.values()}
        if mine:
            self._verdicts.append(resolved)
        return mine

    async def care(self) -> None:
        """Open a task for each leg that broke off, and carry out verdicts: the leg is started again, or closed."""
        with self._context.step():
            gone = [leg.leg_id for leg in self._unasked()] + [one.leg_id for one in self._broken_off]
            self._broken_off.clear()
            for broken in dict.fromkeys(gone):
                if broken not in self._asking:
                    await self._ask(self._running[broken].plan)
            while self._verdicts:
                await self._carry_out(self._verdicts.pop(0))

    def _unasked(self) -> list[RunningLeg]:
        return [leg for leg in self._running.values() if leg.broken and leg.leg_id not in self._asking]

    async def _ask(self, plan: LegPlan) -> None:
        times = self._context.leg_number(f"{plan.leg_id}-broken")
        key = f"{plan.leg_id}/{TaskKind.LEG_BROKEN}/{times}"
        self._asking[plan.leg_id] = key
        task = TaskOrder(key=key, kind=TaskKind.LEG_BROKEN)
        await self._context.record(TaskKind.LEG_BROKEN, handling_no=plan.handling_no, task=task)

    async def _carry_out(self, verdict: TaskResolved) -> None:
        gone = next(number for number, key in self._asking.items() if task_id(key) == verdict.task_id)
        del self._asking[gone]
        plan = self._running[gone].plan
        if verdict.outcome is TaskOutcome.CLOSE_AS_FAILED and await self._give_up(plan):
            return
        await self._start(plan.model_copy(update={"resumed": True}))

    async def _give_up(self, plan: LegPlan) -> bool:
        """False: somebody holds the parcel, which comes back first; so the leg goes on until it is there."""
        closing = await workflow.execute_activity_method(
            ParcelClosing.close_leg,
            plan.leg_id,
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )
        if closing.outcome is None:
            return False
        await workflow.execute_activity_method(
            ParcelClosing.end_leg,
            LegEnd(leg_id=plan.leg_id, outcome=closing.outcome, at=workflow.now()),
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )
        self.ended(LegResult(leg_id=plan.leg_id, leg=plan.leg, outcome=closing.outcome, tracking_no=None))
        return True

    # --- parts ---

    async def _start(self, plan: LegPlan) -> RunningLeg:
        leg = self._running.setdefault(plan.leg_id, RunningLeg(plan))
        with self._context.step():
            try:
                leg.child = await workflow.start_child_workflow(
                    DeliveryWorkflow.run,
                    LegRun(**plan.model_dump()),
                    id=delivery_workflow_id(plan.leg_id),
                    parent_close_policy=ParentClosePolicy.ABANDON,
                )
            except WorkflowAlreadyStartedError:  # it was not gone after all, or a run before has started it
                leg.child = None
                await self._signal(leg, DeliveryWorkflow.report_end)
        return leg

    def _plan(self, handling_no: str, leg: Leg, tracking_no: str | None = None) -> LegPlan:
        number = self._context.leg_number(f"{handling_no}-{leg}")
        return LegPlan(
            leg_id=leg_id(handling_no, leg, number),
            case_no=self._context.case_no,
            handling_no=handling_no,
            leg=leg,
            time_scale=self._context.start.time_scale,
            inbound_tracking_no=tracking_no,
            edition=self._context.start.edition,
        )
