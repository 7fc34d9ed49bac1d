"""The handler of every Update that we send, by the name under which it waits in its row."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from temporalio.workflow import UpdateMethodMultiParam

from domain.messages import (
    AuthorityEvent,
    CalendarChanged,
    DeferredBrought,
    HandedOver,
    HoldNotice,
    LegBroken,
    LegEffect,
    PapersCounted,
    SupplementGiven,
    TaskResolved,
    VisitCancelled,
    WithdrawalAsked,
)
from domain.model import Frozen
from domain.naming import CaseUpdate, LegUpdate, case_no_of
from workflows.case import CaseWorkflow
from workflows.delivery import DeliveryWorkflow


class Handler(NamedTuple):
    """How an Update is delivered. `update`: the workflow's method; `message`: the model that it takes."""

    update: UpdateMethodMultiParam[[Any, Any], None]
    message: type[Frozen]


CASE_HANDLERS: Final[Mapping[CaseUpdate, Handler]] = {
    CaseUpdate.AUTHORITY_EVENT: Handler(CaseWorkflow.authority_event, AuthorityEvent),
    CaseUpdate.HOLD: Handler(CaseWorkflow.hold, HoldNotice),
    CaseUpdate.SUPPLEMENT: Handler(CaseWorkflow.supplement, SupplementGiven),
    CaseUpdate.DEFERRED_BROUGHT: Handler(CaseWorkflow.deferred_brought, DeferredBrought),
    CaseUpdate.WITHDRAW: Handler(CaseWorkflow.withdraw, WithdrawalAsked),
    CaseUpdate.HANDED_OVER: Handler(CaseWorkflow.handed_over, HandedOver),
    CaseUpdate.TASK_RESOLVED: Handler(CaseWorkflow.task_resolved, TaskResolved),
    CaseUpdate.CALENDAR_CHANGED: Handler(CaseWorkflow.calendar_changed, CalendarChanged),
    CaseUpdate.LEG_BROKEN: Handler(CaseWorkflow.leg_broken, LegBroken),
    CaseUpdate.PAPERS_COUNTED: Handler(CaseWorkflow.papers_counted, PapersCounted),
}
LEG_HANDLERS: Final[Mapping[LegUpdate, Handler]] = {
    LegUpdate.SCAN_EFFECT: Handler(DeliveryWorkflow.scan_effect, LegEffect),
    LegUpdate.TASK_RESOLVED: Handler(DeliveryWorkflow.task_resolved, TaskResolved),
    LegUpdate.CALL_OFF: Handler(DeliveryWorkflow.call_off, VisitCancelled),
}


def handler_of(workflow_id: str, name: str) -> Handler:
    """The handler of an Update, by the workflow id (a case's or a leg's) and the Update's name (`domain.naming`).

    Raises:
        ValueError: that workflow has no Update of this name.
    """
    if case_no_of(workflow_id) is not None:
        return CASE_HANDLERS[CaseUpdate(name)]
    return LEG_HANDLERS[LegUpdate(name)]
