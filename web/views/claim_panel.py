"""Claims at the parcels of a case's page (理赔): what was claimed for each, and the form for a new one, filled in."""

from typing import Any, Final

from sqlalchemy.orm import Session

from catalog.forms.shown import yuan
from domain.claims import Bearer, Behalf, ClaimKind, ClaimState, ClaimStep, MailService, ReissueStatus
from domain.tasks import TaskKind
from domain.terms import Role
from storage.cases.rows import CaseRow
from storage.people.users import LoggedIn
from web.foundation.context import Context
from web.views.claim_words import BEARERS, BEHALVES, KINDS, REFUSALS, SERVICES, STATUSES, STEPS
from web.views.claims import case_claims

PROPOSING: Final = frozenset(
    {
        *(TaskKind.PARCEL_LOST, TaskKind.PARCEL_DAMAGED, TaskKind.DISCREPANCY, TaskKind.PAPERS_SHORT),
        *(TaskKind.LEG_OVERDUE, TaskKind.PAPERS_NOT_ARRIVED, TaskKind.CLAIM_DUE, TaskKind.CLAIM_OVERDUE),
    }
)
"""Tasks that lead to the claim of their parcel, or to its form."""

TONES: Final = {
    ClaimState.FOUND: "done",
    ClaimState.SETTLED: "done",
    ClaimState.REFUSED: "late",
    ClaimState.WITHDRAWN: "plain",
}
"""Of a claim that is over; an open one is soon, or late once its limit is."""

CHOICES: Final[dict[str, dict[str, str]]] = {
    "kinds": {str(kind): KINDS[kind] for kind in ClaimKind},
    "services": {str(service): SERVICES[service] for service in MailService},
    "behalves": {str(behalf): BEHALVES[behalf] for behalf in Behalf},
    "bearers": {str(bearer): BEARERS[bearer] for bearer in Bearer},
    "statuses": {str(status): STATUSES[status] for status in ReissueStatus},
    "grounds": {str(ground): told for ground, told in REFUSALS.items()},
    "steps": {str(step): STEPS[step] for step in ClaimStep},
}
"""Values of the forms and their words."""


def claim_panel(session: Session, ctx: Context, case: CaseRow, person: LoggedIn) -> dict[str, Any]:
    """`of`: leg → its claims; `new`: leg → what would be claimed, for who may; `choices`, `proposing`: as above."""
    found = case_claims(session, ctx, case, person)
    of: dict[str, list[dict[str, Any]]] = {}
    for claim in found["claims"]:
        of.setdefault(claim["legId"], []).append(claim | {"tone": _tone(claim), **_sums(claim)})
    may = person.role is Role.CLERK
    new = {proposal["legId"]: proposal for proposal in found["proposals"]} if may else {}
    return {"of": of, "new": new, "choices": CHOICES, "proposing": PROPOSING}


def _sums(claim: dict[str, Any]) -> dict[str, Any]:
    """Sums as people read them; `offered`: as it is typed into the form of an acceptance."""
    asked, accepted = claim["askedFen"], claim["acceptedFen"]
    told = {"asked": yuan(asked), "accepted": yuan(accepted) if accepted is not None else ""}
    return told | {"offered": f"{asked // 100}.{asked % 100:02d}"}


def _tone(claim: dict[str, Any]) -> str:
    return TONES.get(ClaimState(claim["state"]), "late" if claim["overdue"] else "soon")
