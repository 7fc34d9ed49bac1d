"""What a person claims (理赔申请): its shape, and what the law and the parcel say of it before it is taken."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.forms.model import MAX_FEN
from catalog.forms.shown import yuan
from catalog.postal_law import ask_until, most
from domain.claims import Bearer, Behalf, ClaimKind, MailService
from domain.errors import Conflict
from parcels.claim_facts import claimed, facts_of, lacking, papers_in, posted_at
from parcels.claims import Opening
from storage.cases.rows import CaseRow, handlings_of
from storage.parcels.claims import open_claim_of
from storage.parcels.legs import LegRow
from storage.parcels.papers import papers_of, sightings_of
from storage.parcels.scans import ScanProofRow
from web.api.material_files import check_file
from web.foundation.context import Context
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema

Fen = Annotated[int | None, Field(ge=0, le=MAX_FEN, strict=True)]
_DOCUMENT = r"^[0-9a-f]{64}$"


class EvidenceRequest(RequestSchema):
    """A document that shows what happened, uploaded before."""

    sha256: str = Field(pattern=_DOCUMENT)


class OpenRequest(RequestSchema):
    """`POST /cases/{caseNo}/claims`. `papers`: keys of the parcel's list; none: of a lost parcel, all of it.

    `behalf`: who has lost something, and gets what is paid. `documents`: evidence that the case or the parcel has
    already, `evidence`: new. `statement`: the applicant's words, kept sealed. `whole`: all of it is destroyed.
    `insuredFen`: 保价额, `valueFen`: worth of all, `lossFen`: what was really lost, `postageFen`: 资费, each where it
    is known. `gross`: intent or gross negligence of the carrier.
    """

    leg_id: str = Field(max_length=48)
    kind: ClaimKind
    service: MailService = MailService.REGISTERED
    behalf: Behalf = Behalf.APPLICANT
    papers: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=99)] = []
    documents: Annotated[list[Annotated[str, Field(pattern=_DOCUMENT)]], Field(max_length=40)] = []
    evidence: Annotated[list[EvidenceRequest], Field(max_length=20)] = []
    statement: str = Field(default="", max_length=1000)
    whole: bool = False
    gross: bool = False
    insured_fen: Fen = None
    value_fen: Fen = None
    loss_fen: Fen = None
    postage_fen: Fen = None
    asked_fen: int = Field(default=0, ge=0, le=MAX_FEN, strict=True)
    bearer: Bearer = Bearer.CARRIER


def opening_of(
    session: Session, ctx: Context, case: CaseRow, leg: LegRow, wanted: OpenRequest, uploader: str
) -> Opening:
    """The claim, checked; case and leg are locked.

    Raises:
        Conflict: the carrier never had the parcel (`CLAIM_NOT_POSTED`), or there is an open claim (`CLAIM_OPEN`).
        Unprocessable: too late, no papers, unknown evidence, or a sum that the law does not give.
    """
    posted = posted_at(leg)
    if posted is None:
        raise Conflict("这件邮件还没有交给邮政，谈不上丢失或损毁", code="CLAIM_NOT_POSTED")
    if open_claim_of(session, leg.leg_id) is not None:
        raise Conflict("这件邮件已有一项理赔在办，请在那一项里接着办", code="CLAIM_OPEN")
    if ctx.now() > ask_until(posted):
        raise Unprocessable(
            "交寄已满一年，依法不能再查询和索赔（邮政法第四十九条）", code="CLAIM_TOO_LATE", field="legId"
        )
    sightings = sightings_of(session, case.case_no)
    lacks = lacking(leg, sightings)
    papers = claimed(
        leg,
        _keys(leg, wanted, lacks),
        lacks=lacks if wanted.kind is ClaimKind.MISSING_CONTENT else {},
        bearer=wanted.bearer,
        papers={paper.paper_no: paper for paper in papers_of(session, case.case_no)},
        handlings={handling.handling_no: handling for handling in handlings_of(session, case.case_no)},
    )
    sums = wanted.model_dump(include={"insured_fen", "value_fen", "loss_fen", "postage_fen", "asked_fen", "gross"})
    opening = Opening(
        kind=wanted.kind,
        service=wanted.service,
        behalf=wanted.behalf,
        posted_at=posted,
        whole=wanted.kind is ClaimKind.LOST or (wanted.kind is ClaimKind.DAMAGED and wanted.whole),
        papers=papers,
        documents=_evidence(session, ctx, case, leg, wanted, uploader),
        facts=tuple(facts_of(leg, sightings)),
        statement=wanted.statement.strip(),
        **sums,
    )
    _check_sum(opening)
    return opening


def _keys(leg: LegRow, wanted: OpenRequest, lacks: dict[str, int]) -> list[str]:
    """The papers that the claim is about; where nobody names them, as the parcel's list and counts have it."""
    known = papers_in(leg)
    if any(key not in known for key in wanted.papers):
        raise Unprocessable("清单里没有这份材料，请从邮件清单里选", code="CLAIM_PAPERS", field="papers")
    if wanted.papers:
        return wanted.papers
    if wanted.kind is ClaimKind.LOST:
        return list(known)
    named = [key for key in lacks if key in known] if wanted.kind is ClaimKind.MISSING_CONTENT else []
    if not named and wanted.kind is not ClaimKind.DELAYED:
        raise Unprocessable("请选出是哪几份材料", code="CLAIM_PAPERS", field="papers")
    return named


def _evidence(
    session: Session, ctx: Context, case: CaseRow, leg: LegRow, wanted: OpenRequest, uploader: str
) -> tuple[str, ...]:
    """Every document of the evidence: a scan's of this parcel, the case's own, or one that the clerk has uploaded."""
    came = select(ScanProofRow.sha256).where(ScanProofRow.leg_id == leg.leg_id, ScanProofRow.uploaded_at.is_not(None))
    scanned = frozenset(session.scalars(came)) if wanted.documents else frozenset()
    fields = {sha256: f"documents.{place}" for place, sha256 in enumerate(wanted.documents)}
    fields |= {new.sha256: f"evidence.{place}.sha256" for place, new in enumerate(wanted.evidence)}
    for sha256, field in fields.items():
        if sha256 not in scanned:
            check_file(session, sha256, "证明文件", field, uploader=uploader, now=ctx.now(), case_no=case.case_no)
    return tuple(fields)


def _check_sum(opening: Opening) -> None:
    partly = not opening.whole and opening.kind is not ClaimKind.DELAYED and opening.service is not MailService.EXPRESS
    if opening.insured_fen is not None and partly and not opening.gross:
        for field, fen in (("valueFen", opening.value_fen), ("lossFen", opening.loss_fen)):
            if not fen:
                told = "保价邮件部分损失按比例赔偿，请填邮件全部价值和实际损失"
                raise Unprocessable(told, code="CLAIM_VALUE", field=field)
    allowed = most(opening.loss)
    if allowed.fen is not None and opening.asked_fen > allowed.fen:
        told = f"{allowed.ground}，这里最多{yuan(allowed.fen)}"
        raise Unprocessable(told, code="CLAIM_AMOUNT", field="askedFen")
