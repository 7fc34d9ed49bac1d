"""Names that cross a boundary: workflow ids, task queues, updates, queries, search attributes.

Only names: no applicant data is in any of them.
"""

from enum import StrEnum

from domain.terms import Leg, Partner


class CaseUpdate(StrEnum):
    """Updates that a case takes; each handler in `workflows.case` bears its name from here."""

    AUTHORITY_EVENT = "authority_event"
    HOLD = "hold"
    SUPPLEMENT = "supplement"
    DEFERRED_BROUGHT = "deferred_brought"
    WITHDRAW = "withdraw"
    HANDED_OVER = "handed_over"
    TASK_RESOLVED = "task_resolved"
    CALENDAR_CHANGED = "calendar_changed"
    LEG_BROKEN = "leg_broken"
    PAPERS_COUNTED = "papers_counted"


class LegUpdate(StrEnum):
    """Updates that a leg takes; each handler in `workflows.delivery` bears its name from here."""

    SCAN_EFFECT = "scan_effect"
    TASK_RESOLVED = "task_resolved"
    CALL_OFF = "call_off"


class CaseSignal(StrEnum):
    """Signals of a case's own legs to it."""

    LEG_MOVED = "leg_moved"
    LEG_ENDED = "leg_ended"


class LegSignal(StrEnum):
    """Signals of a case to its leg."""

    CANCEL = "cancel"
    REPORT_END = "report_end"


CASE_WORKFLOW = "CaseWorkflow"
DELIVERY_WORKFLOW = "DeliveryWorkflow"

CASES_QUEUE = "kuayu-cases"  # workflows and our own records
CARRIER_QUEUE = "kuayu-carrier"
LICENCES_QUEUE = "kuayu-licences"


def partner_queue(partner: Partner) -> str:
    """`kuayu-partner-{partner}`: one task queue per partner, so that one network's outage delays no other's cases."""
    return f"kuayu-partner-{partner}"


def case_workflow_id(case_no: str) -> str:
    """`case-{case no}`, the workflow id of a case."""
    return f"case-{case_no}"


def case_no_of(workflow_id: str) -> str | None:
    """The case number in a case's workflow id; None for another workflow's id."""
    prefix = case_workflow_id("")
    return workflow_id.removeprefix(prefix) if workflow_id.startswith(prefix) else None


def leg_id(handling_no: str, leg: Leg, attempt: int = 1) -> str:
    """`{handling no}-{leg}-{attempt}`, e.g. `500103202611230000013-FORWARD-1`.

    The second parcel of a kind (a supplement's papers) gets attempt 2.
    """
    return f"{handling_no}-{leg}-{attempt}"


def delivery_workflow_id(leg: str) -> str:
    """`leg-{leg id}`, the workflow id of a leg."""
    return f"leg-{leg}"


def leg_id_of(workflow_id: str) -> str | None:
    """The leg id in a leg's workflow id; None for another workflow's id."""
    prefix = delivery_workflow_id("")
    return workflow_id.removeprefix(prefix) if workflow_id.startswith(prefix) else None


def command_key(handling_no: str, step: str, round_: int = 1) -> str:
    """`{handling no}-{step}-{round}`, the idempotency key of a command (decisions.md 5).

    `step`: the CommandKind; of a notice `{notice}-{leg}-{number}` in lower case, e.g. `papers-sent-forward-1`, with the
    attempt (epoch) in place of the round.
    """
    return f"{handling_no}-{step}-{round_}"


ITEM_ATTRIBUTE = "KuayuItem"
SCHEMES_ATTRIBUTE = "KuayuSchemes"
REGIONS_ATTRIBUTE = "KuayuRegions"
SEARCH_ATTRIBUTES: dict[str, str] = {
    ITEM_ATTRIBUTE: "KEYWORD",
    SCHEMES_ATTRIBUTE: "KEYWORD_LIST",
    REGIONS_ATTRIBUTE: "KEYWORD_LIST",
}
"""By what an operator finds cases on the server's pages; name → Temporal's type, registered at start.

What never changes only, given with the start: work lists come from our own tables, which are never behind.
"""
