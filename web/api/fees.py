"""The fee of a case marked as paid (缴费标记): by whom it was paid, the receipt's number, who has seen it."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from domain.dossier import FeePaid
from domain.errors import Conflict
from domain.identifiers import normalise_line
from domain.terms import Payer
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from web.answers.fees import FeeMarked
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import Clerk
from web.views.cases import find_case
from web.views.fees import due_fen, fee_shown, paid

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])


class FeeRequest(RequestSchema):
    """`POST /cases/{caseNo}/fee`. `receiptNo`: of the payment; the government's share has none."""

    payer: Payer
    receipt_no: Annotated[str, Field(max_length=40), AfterValidator(lambda no: normalise_line(no) if no else no)] = ""


@router.post("/{case_no}/fee", operation_id="markFeePaid", response_model=FeeMarked)
def mark_fee_paid(case_no: str, wanted: FeeRequest, clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """The clerk has seen that the fee is paid. The same mark again changes nothing.

    Refused: 404 CASE_UNKNOWN; 409 FEE_NONE (nothing is due), FEE_PAID (with another receipt); 422 RECEIPT_NO.
    """
    now = ctx.now()
    if not wanted.receipt_no and wanted.payer is not Payer.GOVERNMENT:
        raise Unprocessable("请填写缴费票据号", code="RECEIPT_NO", field="receiptNo")
    with ctx.database.write() as session:
        case = session.get(CaseRow, case_no, with_for_update=True) or find_case(session, case_no)
        due, dossier = due_fen(case), read_dossier(case, ctx.sealer)
        if not due:
            raise Conflict("这个办件不收费", code="FEE_NONE")
        known = dossier.fee_paid
        if known is not None and (known.payer, known.receipt_no) == (wanted.payer, wanted.receipt_no):
            return {"caseNo": case_no, "fee": fee_shown(case, dossier)}
        if paid(case, dossier):
            raise Conflict("这个办件已登记缴费，请核对票据号", code="FEE_PAID")
        mark = FeePaid(payer=wanted.payer, amount_fen=due, receipt_no=wanted.receipt_no, by=clerk.username, at=now)
        dossier = dossier.model_copy(update={"fee_paid": mark})
        write_dossier(case, ctx.sealer, dossier)
        add_event(
            session,
            case_no=case_no,
            key="fee-paid",
            kind="FEE_PAID",
            at=now,
            now=now,
            actor=clerk.username,
            data={"fen": due, "payer": wanted.payer},
        )
        return {"caseNo": case_no, "fee": fee_shown(case, dossier)}
