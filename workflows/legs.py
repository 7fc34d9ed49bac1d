"""The parcels of one case: each leg is a child workflow of its own."""

from temporalio import workflow
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.carrying import Carrying
    from domain.messages import HandlingPlan, LegPlan, LegResult
    from domain.naming import CARRIER_QUEUE, DELIVERY_WORKFLOW, delivery_workflow_id, leg_id
    from domain.terms import Leg
    from workflows import policies
    from workflows.desk import Desk

Running = ChildWorkflowHandle["object", LegResult]


class Legs:
    """Books and starts legs. A second parcel of the same kind gets the next number."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._booked: dict[tuple[str, Leg], LegPlan] = {}

    async def book(self, owner: HandlingPlan, leg: Leg) -> LegPlan:
        """Have the waybill number before anything names it; the parcel moves when it is sent."""
        plan = self._plan(owner.handling_no, leg)
        self._booked[owner.handling_no, leg] = plan
        await workflow.execute_activity_method(
            Carrying.book_leg,
            plan,
            task_queue=CARRIER_QUEUE,
            start_to_close_timeout=policies.CARRIER_ATTEMPT,
            retry_policy=policies.CARRIER_RETRY,
        )
        return plan

    async def send(self, owner: HandlingPlan, leg: Leg, *, tracking_no: str | None = None) -> Running:
        """Start the leg; whoever waits for it awaits the handle. It outlives the case if it must."""
        plan = self._booked.pop((owner.handling_no, leg), None)
        plan = plan or self._plan(owner.handling_no, leg, tracking_no)
        return await workflow.start_child_workflow(
            DELIVERY_WORKFLOW,
            plan,
            id=delivery_workflow_id(plan.leg_id),
            parent_close_policy=ParentClosePolicy.ABANDON,
            result_type=LegResult,
        )

    def _plan(self, handling_no: str, leg: Leg, tracking_no: str | None = None) -> LegPlan:
        number = self._desk.leg_number(f"{handling_no}-{leg}")
        return LegPlan(
            leg_id=leg_id(handling_no, leg, number),
            case_no=self._desk.case_no,
            handling_no=handling_no,
            leg=leg,
            time_scale=self._desk.start.time_scale,
            inbound_tracking_no=tracking_no,
        )
