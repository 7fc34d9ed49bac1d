"""The hall's counter: the applicant collects what waits there, with his code or his document, and signs."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import Field

from domain.terms import SignerKind
from parcels.scan_parsing import NoCode
from storage.parcels.code_checks import CodeCheck
from web.answers.parcels import CollectedAtHall
from web.api.collection import ASKED_AT_HALL, CodeNotRight, judge_code, keep_signature, said_at_collection
from web.api.parcels import hand_over_case
from web.foundation.context import Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.session import Clerk
from web.views.cases import find_case

router = APIRouter(prefix="/api/v1", tags=["寄递"])

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CollectionRequest(RequestSchema):
    """`POST /cases/{caseNo}/collection`: his code or why there is none; `proofs`: what he has signed."""

    signer_kind: SignerKind = SignerKind.SELF
    handover_code: str | None = Field(default=None, min_length=1, max_length=16)
    no_code: NoCode | None = None
    proofs: list[Sha256] = Field(default_factory=list, max_length=10)


@router.post(
    "/cases/{case_no}/collection", status_code=202, operation_id="collectAtHall", response_model=CollectedAtHall
)
def collect(
    case_no: str,
    wanted: CollectionRequest,
    clerk: Clerk,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> dict[str, Any]:
    """The applicant takes everything of the case at the hall.

    Refused: 404 CASE_UNKNOWN; 409 DEFERRED_OPEN; 422 SIGNER, CODE_WRONG (counted; after five none counts),
    DOCUMENT_UNKNOWN, AGENT_UNAUTHORISED, AUTHORISATION_OVER.
    """
    if wanted.signer_kind not in ASKED_AT_HALL:
        raise Unprocessable("只能由本人或代领人领取", code="SIGNER", field="signerKind")
    with ctx.database.write() as session:
        case = find_case(session, case_no)
        code = judge_code(session, ctx, case, wanted.handover_code, key)
        if code in (None, CodeCheck.RIGHT):
            keep_signature(session, ctx, case, wanted.proofs, clerk.username)
            said = said_at_collection(code, wanted.no_code, wanted.proofs)
            return hand_over_case(session, ctx, case, wanted.signer_kind, key, clerk.username, said)
    raise CodeNotRight
