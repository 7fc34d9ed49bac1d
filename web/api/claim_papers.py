"""The papers of a claim as PDF (理赔文书): the request to the carrier, and the proof of loss of one paper."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlalchemy.orm import Session

from catalog.forms.shown import yuan
from catalog.postal_law import most
from domain.claims import Behalf, ClaimKind, ClaimPaper, MailService
from domain.errors import NotFound
from domain.terms import DOOR_LEGS, Leg, Role
from logistics.masking import mask_id, mask_phone
from papers.claims import ClaimFacts, LostPaper, inquiry, loss_proof
from papers.facts import Party
from papers.sheet import Paper, render
from parcels.claims import loss_of
from storage.cases.rows import CaseRow, read_dossier
from storage.parcels.claims import ClaimRow, events_of
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from web.foundation.context import Context, Ctx
from web.security.session import only
from web.views.claim_words import BEARERS, KINDS, SERVICES
from web.views.claims import fact_words, provable
from web.views.masking import applicant_masked
from web.views.wording import FORMS, LEGS

router = APIRouter(prefix="/api/v1/claims", tags=["文书"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "PDF"}}
Printing = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.SUPERVISOR))]


class ClaimPaperKind(StrEnum):
    """What is printed: 邮件查询赔偿申请书, or 丢失证明 of one paper."""

    INQUIRY = "inquiry"
    PROOF = "proof"


@router.get("/{claim_id}/papers/{kind}.pdf", operation_id="getClaimPaper", response_class=Response, responses=_PDF)
def get_claim_paper(
    claim_id: str,
    kind: ClaimPaperKind,
    _person: Printing,
    ctx: Ctx,
    paper: Annotated[int, Query(ge=0, le=98, description="of a proof: which of the claim's papers, from 0")] = 0,
) -> Response:
    """A paper of a claim as PDF; the same claim gives the same bytes.

    Refused: 404 CLAIM_UNKNOWN, NO_PROOF (no such paper, or it need not be reissued).
    """
    with ctx.database.read() as session:
        row = session.get(ClaimRow, claim_id)
        if row is None:
            raise NotFound("没有这项理赔", code="CLAIM_UNKNOWN")
        made = _written(session, ctx, row, kind, paper)
    headers = {"Content-Disposition": f'inline; filename="{claim_id}-{kind}.pdf"', "Cache-Control": "no-store"}
    return Response(render(made), media_type="application/pdf", headers=headers)


def _written(session: Session, ctx: Context, row: ClaimRow, kind: ClaimPaperKind, place: int) -> Paper:
    case, leg = session.get_one(CaseRow, row.case_no), session.get_one(LegRow, row.leg_id)
    applicant = read_dossier(case, ctx.sealer).applicant
    between_halls = Leg(leg.leg) not in DOOR_LEGS
    facts = _facts(session, ctx, row, leg, "" if between_halls else applicant_masked(applicant))
    if kind is ClaimPaperKind.INQUIRY:
        return inquiry(facts)
    named = row.named
    if place >= len(named) or not provable(row, named[place]):
        raise NotFound("这份材料不用出丢失证明", code="NO_PROOF")
    holder = Party(
        name=applicant.name,
        id_type=applicant.id_type,
        number=mask_id(applicant.id_number),
        phone=mask_phone(applicant.phone),
    )
    return loss_proof(facts, _lost(named[place]), holder)


def _facts(session: Session, ctx: Context, row: ClaimRow, leg: LegRow, person: str) -> ClaimFacts:
    steps = events_of(session, [row.claim_id])[row.claim_id]
    numbers = [step.data["inquiryNo"] for step in steps if step.data.get("inquiryNo")]
    return ClaimFacts(
        claim_id=row.claim_id,
        case_no=row.case_no,
        what=KINDS[ClaimKind(row.kind)],
        leg=LEGS[Leg(leg.leg)],
        tracking_no=leg.tracking_no or "",
        service=SERVICES[MailService(row.service)],
        behalf="受申请人委托" if row.behalf == Behalf.APPLICANT else "本单位寄件",
        person=person,
        posted_at=row.posted_at,
        opened_at=row.opened_at,
        insured=_sum(row.insured_fen),
        postage=_sum(row.postage_fen),
        asked=_sum(row.asked_fen),
        most=most(loss_of(row)).ground,
        facts=tuple(fact_words(fact) for fact in row.facts),
        papers=tuple(_lost(paper) for paper in row.named),
        documents=len(row.documents),
        inquiry_no=numbers[-1] if numbers else "",
        clerk=row.opened_by,
        phone=ctx.settings.hall_phone,
    )


def _lost(paper: ClaimPaper) -> LostPaper:
    return LostPaper(
        name=paper.name,
        form=FORMS[paper.form],
        count=paper.count,
        issuer=paper.issuer,
        how=paper.how,
        bearer=BEARERS[paper.bearer],
    )


def _sum(fen: int | None) -> str:
    return yuan(fen) if fen else ""
