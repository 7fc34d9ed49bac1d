"""Names that cross a boundary: workflow ids, task queues, updates, queries, search attributes.

Only names: no applicant data is in any of them.
"""

from domain.terms import Leg, Partner

CASE_WORKFLOW = "CaseWorkflow"
DELIVERY_WORKFLOW = "DeliveryWorkflow"

CASES_QUEUE = "kuayu-cases"  # workflows and our own records
CARRIER_QUEUE = "kuayu-carrier"


def partner_queue(partner: Partner) -> str:
    """One task queue per partner: one network's outage never delays another's cases."""
    return f"kuayu-partner-{partner}"


def case_workflow_id(case_no: str) -> str:
    return f"case-{case_no}"


def case_no_of(workflow_id: str) -> str | None:
    """The case of a case's workflow; None for another's."""
    prefix = case_workflow_id("")
    return workflow_id.removeprefix(prefix) if workflow_id.startswith(prefix) else None


def leg_id(handling_no: str, leg: Leg, attempt: int = 1) -> str:
    """A leg of one handling; the second parcel of a kind (a supplement's papers) gets attempt 2."""
    return f"{handling_no}-{leg}-{attempt}"


def delivery_workflow_id(leg: str) -> str:
    return f"leg-{leg}"


def command_key(handling_no: str, step: str, round_: int = 1) -> str:
    """The idempotency key of a command (decisions.md 5)."""
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
