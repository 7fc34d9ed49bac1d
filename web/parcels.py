"""Parcels: where one is and who holds it, hand-over from hand to hand, labels."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.messages import HandedOver
from domain.naming import case_workflow_id
from domain.terms import SignerKind
from storage.cases import CaseRow
from storage.legs import LegRow, leg_by_tracking_no
from storage.owing import still_owed
from storage.updates import queue_update
from web.casebook import parcel
from web.context import Context, Ctx
from web.problems import Unprocessable
from web.sentences import Refused, refusal
from web.session import Anybody, Clerk
from web.shapes import Shape

router = APIRouter(prefix="/api/v1", tags=["寄递"])


@router.get("/parcels/{tracking_no}", operation_id="getParcel")
def get_parcel(tracking_no: str, _anybody: Anybody, ctx: Ctx) -> dict[str, Any]:
    """Where a parcel is, who holds it, and whether its promise holds."""
    with ctx.database.read() as session:
        leg = _leg(session, tracking_no)
        return parcel(session, leg) | {
            "papers": leg.manifest,
            "holder": leg.state.get("holder"),
            "findings": leg.state.get("findings", []),
        }


def _leg(session: Session, tracking_no: str) -> LegRow:
    leg = leg_by_tracking_no(session, tracking_no)
    if leg is None:
        raise NotFound("没有这个邮件号", code="PARCEL_UNKNOWN")
    return leg


class HandoverShape(Shape):
    """`POST /parcels/{trackingNo}/handover`: the applicant collects at the hall."""

    signer_kind: SignerKind = SignerKind.SELF


@router.post("/parcels/{tracking_no}/handover", status_code=202, operation_id="handOver")
def hand_over(
    tracking_no: str,
    handed: HandoverShape,
    _clerk: Clerk,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> dict[str, Any]:
    """Everything that waits at the hall for this parcel's case is handed to the applicant."""
    if handed.signer_kind not in (SignerKind.SELF, SignerKind.AGENT):
        raise Unprocessable("只能由本人或代领人领取", code="SIGNER", field="signerKind")
    with ctx.database.write() as session:
        case = session.get_one(CaseRow, _leg(session, tracking_no).case_no)
        return hand_over_case(session, ctx, case, handed.signer_kind, key)


def hand_over_case(session: Session, ctx: Context, case: CaseRow, signer: SignerKind, key: str) -> dict[str, Any]:
    if still_owed(session, case.case_no):
        raise refusal(Refused.DEFERRED_OPEN)
    queue_update(
        session,
        update_id=f"{case.case_no}-handed-over",
        workflow_id=case_workflow_id(case.case_no),
        name="handed_over",
        argument=HandedOver(request_id=key, signer_kind=signer),
        now=ctx.now(),
    )
    session.flush()
    ctx.kick()
    return {"caseNo": case.case_no}
