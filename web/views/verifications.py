"""Checking a print (核验): the addresses in the square codes of papers, and what is told to whoever asks there."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.regions import find as find_region
from domain.errors import NotFound
from domain.terms import WireEvent
from papers import CaseFacts, PaperKind
from papers.content import day
from runtime.container import verification_key
from storage.cases.rows import CaseRow, HandlingRow, read_dossier
from storage.cases.verifications import is_valid, register, verification_of
from storage.exchange.inbox_row import InboxRow
from web.foundation.context import Context
from web.views.masking import applicant_masked

CHECKED: Final = frozenset({PaperKind.DECISION, PaperKind.RESULT})
"""Papers with a square code; a print of one is registered."""

_LONGEST_TOKEN: Final = 64


def with_checks(session: Session, ctx: Context, kind: PaperKind, facts: CaseFacts) -> CaseFacts:
    """The facts with an address to check each decision at; registers the print in the caller's transaction."""

    def address(handling_no: str) -> str:
        handling = session.get_one(HandlingRow, handling_no)
        token = register(session, verification_key(ctx.settings), kind, handling, ctx.now())
        return f"{ctx.settings.public_address}/verify/{token}"

    if kind is PaperKind.DECISION:
        told = tuple(r.model_copy(update={"check_at": address(r.handling_no)}) for r in facts.refusals)
        return facts.model_copy(update={"refusals": told})
    proofs = tuple(p.model_copy(update={"check_at": address(p.handling_no)}) for p in facts.proofs)
    return facts.model_copy(update={"proofs": proofs})


def checked(session: Session, ctx: Context, token: str) -> dict[str, Any]:
    """What a print with this token says and whether it still counts; nobody's number, phone or full name.

    Raises:
        NotFound: nothing was printed with it (`VERIFICATION_UNKNOWN`).
    """
    row = verification_of(session, token) if len(token) <= _LONGEST_TOKEN else None
    if row is None:
        raise NotFound("没有查到这份文书，请核对网址；如有疑问，请与大厅联系。", code="VERIFICATION_UNKNOWN")
    handling = session.get_one(HandlingRow, row.handling_no)
    case = session.get_one(CaseRow, handling.case_no)
    region = find_region(handling.region)
    decided = _decided(session, ctx, handling, row.status)
    return {
        "valid": is_valid(session, row),
        "paper": PaperKind(row.paper).heading,
        "authority": (decided.actor_org if decided else "") or (region.full_name if region else handling.region),
        "department": case.item["department"],
        "decidedOn": day(decided.occurred_at if decided else row.printed_at),
        "applicant": applicant_masked(read_dossier(case, ctx.sealer).applicant),
        "sha256": row.sha256[:16] if row.sha256 else None,
    }


def _decided(session: Session, ctx: Context, handling: HandlingRow, status: str) -> Any:
    """The authority's last word of the decision that was printed; None where it was told otherwise."""
    told = select(InboxRow).where(InboxRow.handling_no == handling.handling_no, InboxRow.case_no.is_not(None))
    rows = session.scalars(told.order_by(InboxRow.received_at.desc(), InboxRow.id.desc()))
    said = (ctx.inbox.message_of(row) for row in rows)
    return next((word for word in said if word.event in set(WireEvent) and word.event == status), None)
