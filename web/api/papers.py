"""The papers of a case as PDF (文书): receipt, notice, extension, commitment, decision, delivery receipt, dossier."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy.orm import Session

from catalog.forms.choosing import for_situation
from catalog.forms.generic import form_of
from domain.errors import NotFound
from domain.identifiers import check_name
from domain.terms import IdType, Role
from logistics.masking import mask_firm, mask_name
from papers import (
    CaseFacts,
    GapNotice,
    PageSize,
    PaperKind,
    commitment,
    decision,
    delivery,
    dossier_list,
    electronic_result,
    extension,
    notice,
    receipt,
    receipt_slip,
    render,
)
from papers.sheet import Paper
from runtime.container import applicant_keys, code_desk
from storage.cases.deferred_materials import still_owed
from storage.cases.result_codes import issue_of
from storage.cases.rows import handlings_of, read_dossier
from storage.people.users import LoggedIn
from web.api.submitted import form_check
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import MaterialRequest, RequestSchema
from web.security.session import CaseReader, Clerk
from web.views.cases import find_case
from web.views.handover_codes import codes_printed
from web.views.papers import facts_of, item_facts
from web.views.results import no_result
from web.views.sentences import Refused, refusal
from web.views.verifications import CHECKED, with_checks

router = APIRouter(prefix="/api/v1", tags=["文书"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "PDF"}}


class ReceiptPaper(StrEnum):
    """What a receipt is printed on (凭证纸张)."""

    A4 = "a4"
    A5 = "a5"
    SLIP = "80mm"


@router.get("/cases/{case_no}/receipt.pdf", operation_id="getReceipt", response_class=Response, responses=_PDF)
def get_receipt(case_no: str, reader: CaseReader, ctx: Ctx, paper: ReceiptPaper = ReceiptPaper.A4) -> Response:
    """The receipt (收件凭证) as PDF; at the window with the code for electronic results. Refused: 404 CASE_UNKNOWN.

    `paper`: a4, a5, or 80mm for one slip of 80 × 160 mm.
    """
    return _answer(receipt_pdf(ctx, case_no, reader, paper), f"{case_no}-receipt")


def receipt_pdf(ctx: Context, case_no: str, reader: LoggedIn, paper: ReceiptPaper) -> bytes:
    """The bytes of the receipt.

    Raises:
        NotFound: there is no such case (`CASE_UNKNOWN`).
    """
    with ctx.database.read() as session:
        facts = _for_reader(session, ctx, facts_of(session, ctx, find_case(session, case_no)), reader)
    address = _address_for(ctx, case_no, reader)
    if paper is ReceiptPaper.SLIP:
        return receipt_slip(facts, address)
    return render(receipt(facts, address), PageSize(paper))


@router.get("/cases/{case_no}/papers/{kind}.pdf", operation_id="getPaper", response_class=Response, responses=_PDF)
def get_paper(case_no: str, kind: PaperKind, reader: CaseReader, ctx: Ctx) -> Response:
    """One paper of a case as PDF.

    Refused: 404 CASE_UNKNOWN, or where there is no occasion for it NO_SUPPLEMENT, NO_EXTENSION, NOTHING_PROMISED,
    NO_REFUSAL, NO_RESULT, RESULT_UNKNOWN; 409 DEFERRED_OPEN for what is about a result while a material is owed.
    """
    return _case_paper(ctx, case_no, kind, reader)


class GapRequest(RequestSchema):
    """`POST /papers/notice.pdf`: what the applicant has with them, before there is a case. `situation`: 情形."""

    item_code: str = Field(max_length=32)
    situation: str | None = Field(default=None, max_length=40)
    applicant_name: str = Field(default="", max_length=200)
    materials: Annotated[list[MaterialRequest], Field(max_length=60)] = []
    discredited: bool = False


@router.post("/papers/notice.pdf", operation_id="previewNotice", response_class=Response, responses=_PDF)
def preview_notice(given: GapRequest, _clerk: Clerk, ctx: Ctx) -> Response:
    """一次性告知书 as PDF, before there is a case: everything that is missing, at once.

    Refused: 422 ITEM_UNKNOWN, NOTHING_MISSING.
    """
    item = ctx.catalogue.get(given.item_code)
    if item is None:
        raise Unprocessable("没有这个事项，请重新选择", code="ITEM_UNKNOWN", field="itemCode")
    item = for_situation(item, form_of(item), given.situation)
    name = check_name(given.applicant_name) if given.applicant_name.strip() else ""
    found = form_check(item, given.materials, discredited=given.discredited)
    if found.complete:
        raise Unprocessable("材料已齐全，不需要告知书", code="NOTHING_MISSING", field="materials")
    matter = item_facts(item.snapshot(ctx.catalogue.version))
    return _pdf(notice(GapNotice(item=matter, applicant=name, sentences=found.notice, told_at=ctx.now())), "notice")


def _case_paper(ctx: Ctx, case_no: str, kind: PaperKind, reader: LoggedIn) -> Response:
    with ctx.database.write() if kind in CHECKED else ctx.database.read() as session:
        if kind in (PaperKind.DELIVERY, PaperKind.RESULT) and still_owed(session, case_no):
            raise refusal(Refused.DEFERRED_OPEN)
        facts = facts_of(session, ctx, find_case(session, case_no))
        if kind in CHECKED:
            facts = with_checks(session, ctx, kind, facts)
        if kind is PaperKind.RECEIPT:
            facts = _for_reader(session, ctx, facts, reader)
    address = _address_for(ctx, case_no, reader) if kind is PaperKind.RECEIPT else ""
    return _pdf(_written(kind, facts, address), f"{case_no}-{kind}")


def _for_reader(session: Session, ctx: Context, facts: CaseFacts, reader: LoggedIn) -> CaseFacts:
    """A receipt's facts, with the codes for who hands it to the applicant, and for nobody else."""
    return facts.model_copy(update=_codes(session, ctx, facts.case_no)) if reader.role is Role.CLERK else facts


def _address_for(ctx: Context, case_no: str, reader: LoggedIn) -> str:
    return track_address(ctx, case_no) if reader.role is Role.CLERK else ""


def track_address(ctx: Context, case_no: str) -> str:
    """Where the applicant follows a case that there is, without typing anything: for his own eyes only."""
    keys = applicant_keys(ctx.settings, ctx.sealer)
    with ctx.database.read() as session:
        token = keys.of(session, case_no).token
    if token is None:  # registered before there were any
        with ctx.database.write() as session:
            token = keys.keep(session, case_no, issue_of(session, case_no), ctx.now()).token
    return f"{ctx.settings.public_address}/t/{token}"


def _codes(session: Session, ctx: Context, case_no: str) -> dict[str, Any]:
    """What the applicant alone may know, on the paper that is handed to him."""
    case = find_case(session, case_no)
    doors = codes_printed(session, ctx, case, handlings_of(session, case_no), read_dossier(case, ctx.sealer))
    return {"result_code": code_desk(ctx.settings, ctx.sealer).printed(session, case_no), "handover_codes": doors}


def result_sheet(session: Session, ctx: Context, case_no: str) -> Callable[[], Response]:
    """The sheet that is printed with an electronic result; registers it in the caller's writing transaction.

    What it returns draws it: after the transaction, or every writer would wait for the drawing.

    Raises:
        NotFound: there is no electronic result here (`RESULT_UNKNOWN`).
        Conflict: a material is owed (`DEFERRED_OPEN`).
    """
    if still_owed(session, case_no):
        raise refusal(Refused.DEFERRED_OPEN)
    facts = facts_of(session, ctx, find_case(session, case_no))
    sheet = _written(PaperKind.RESULT, with_checks(session, ctx, PaperKind.RESULT, facts))
    return lambda: _pdf(sheet, f"{case_no}-result")


def _written(kind: PaperKind, facts: CaseFacts, address: str = "") -> Paper:
    match kind:
        case PaperKind.RECEIPT:
            return receipt(facts, address)
        case PaperKind.NOTICE:
            if not facts.rounds:
                raise NotFound("这个办件没有补正告知", code="NO_SUPPLEMENT")
            return notice(facts)
        case PaperKind.EXTENSION:
            if not facts.extensions:
                raise NotFound("这个办件没有延长办理期限", code="NO_EXTENSION")
            return extension(facts)
        case PaperKind.COMMITMENT:
            if not facts.deferred and not facts.committed:
                raise NotFound("这个办件没有容缺或告知承诺的材料", code="NOTHING_PROMISED")
            return commitment(facts)
        case PaperKind.DECISION:
            if not facts.refusals:
                raise NotFound("这个办件没有不予受理或不予许可的决定", code="NO_REFUSAL")
            return decision(facts)
        case PaperKind.RESULT:
            if not facts.proofs:
                raise no_result()
            return electronic_result(facts)
        case PaperKind.DELIVERY:
            if not facts.results:
                raise NotFound("这个办件还没有办理结果", code="NO_RESULT")
            return delivery(facts)
        case PaperKind.DOSSIER:
            # It travels with the bag past many hands; the other papers are signed by the applicant.
            return dossier_list(_masked(facts))


def _masked(facts: CaseFacts) -> CaseFacts:
    firm = facts.applicant.id_type == IdType.CREDIT_CODE
    name = (mask_firm if firm else mask_name)(facts.applicant.name)
    hidden = {"applicant": facts.applicant.model_copy(update={"name": name})}
    if facts.agent is not None:
        hidden["agent"] = facts.agent.model_copy(update={"name": mask_name(facts.agent.name)})
    return facts.model_copy(update=hidden)


def _pdf(paper: Paper, name: str) -> Response:
    return _answer(render(paper), name)


def _answer(data: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(data, media_type="application/pdf", headers=headers)
