"""A step of a claim as a person asks for it: its shape, what it needs, and why it may not follow now."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from catalog.forms.model import MAX_FEN
from catalog.forms.shown import yuan
from catalog.postal_law import ask_until
from domain.claims import ClaimState, ClaimStep, NotNow, RefusalGround, ReissueStatus
from domain.errors import BadInput, Conflict, NotFound
from domain.identifiers import normalise_line
from parcels.claims import Taken
from storage.parcels.claims import ClaimRow
from web.foundation.problems import FieldsRefused, Forbidden, Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.views.claim_words import STATES

Number = Annotated[str | None, Field(pattern=r"^[0-9A-Za-z-]{4,32}$")]


class StepRequest(RequestSchema):
    """`POST /claims/{claimId}/steps`. `version`: of the claim as it was read.

    `inquire`: `inquiryNo`, the carrier's number of the inquiry; `remote`: to a place that the postal authority calls
    remote. `answer`, `withdraw`: `words`. `accept`: `fen`. `refuse`: `ground`, `words`. `settle`: `receiptNo` where
    money was paid. `reissue`: `paper` (its key), `status`, `issuer` where it is another one.
    """

    step: ClaimStep
    version: int = Field(ge=1, strict=True)
    words: str = Field(default="", max_length=500)
    inquiry_no: Number = None
    remote: bool = False
    fen: int | None = Field(default=None, ge=0, le=MAX_FEN, strict=True)
    ground: RefusalGround | None = None
    receipt_no: Number = None
    paper: str | None = Field(default=None, max_length=200)
    status: ReissueStatus | None = None
    issuer: Annotated[str, Field(max_length=60), AfterValidator(normalise_line)] | None = None


_NEEDED: Final[dict[ClaimStep, tuple[tuple[str, str, str], ...]]] = {
    ClaimStep.INQUIRE: (("inquiry_no", "inquiryNo", "请填邮政给的查询编号"),),
    ClaimStep.ANSWER: (("words", "words", "请写下邮政怎样答复"),),
    ClaimStep.ACCEPT: (("fen", "fen", "请填赔偿金额；只承担补办费用的填 0"),),
    ClaimStep.REFUSE: (("ground", "ground", "请选不予赔偿的法定理由"), ("words", "words", "请写明具体情况")),
    ClaimStep.WITHDRAW: (("words", "words", "请写明为什么撤回"),),
    ClaimStep.REISSUE: (("paper", "paper", "请选补办的材料"), ("status", "status", "请选补办进展")),
}
"""Step → (member, field, sentence) of what it needs."""


def taken_of(wanted: StepRequest, row: ClaimRow, now: datetime) -> Taken:
    """The step, checked against the claim, which is locked and to which it may follow.

    Raises:
        BadInput: it lacks something or does not fit (as `POST /claims/{claimId}/steps` says).
    """
    lacking = [(field, told) for member, field, told in _NEEDED.get(wanted.step, ()) if _empty(wanted, member)]
    if lacking:
        raise FieldsRefused(lacking[0][1], code="INVALID", faults=tuple(lacking))
    if wanted.step is ClaimStep.INQUIRE and now > ask_until(row.posted_at):
        raise Unprocessable("交寄已满一年，依法不能再查询（邮政法第四十九条）", code="CLAIM_TOO_LATE", field="step")
    if wanted.step is ClaimStep.ACCEPT and (wanted.fen or 0) > row.asked_fen:
        told = f"不能超过提出的{yuan(row.asked_fen)}；要更多的，请撤回后重新提出"
        raise Unprocessable(told, code="CLAIM_AMOUNT", field="fen")
    if wanted.ground is RefusalGround.FORCE_MAJEURE and row.insured_fen is not None:
        told = "保价的邮件，不可抗力造成的损失也要赔偿（邮政法第四十八条）"
        raise Unprocessable(told, code="CLAIM_GROUND", field="ground")
    if wanted.step is ClaimStep.SETTLE and row.accepted_fen and wanted.receipt_no is None:
        raise FieldsRefused("请填付款凭证号", code="INVALID", faults=(("receiptNo", "请填付款凭证号"),))
    if wanted.step is ClaimStep.REISSUE and wanted.paper not in {paper.key for paper in row.named}:
        raise NotFound("这项理赔里没有这份材料", code="CLAIM_PAPER_UNKNOWN", field="paper")
    said = wanted.model_dump(exclude={"version", "words"})
    return Taken(words=wanted.words.strip(), **said)


def _empty(wanted: StepRequest, member: str) -> bool:
    value = getattr(wanted, member)
    return value is None or (isinstance(value, str) and not value.strip())


def refused(why: NotNow, row: ClaimRow) -> BadInput:
    """The error for a step that may not be taken now, with what can be done instead."""
    match why:
        case NotNow.ROLE:
            return Forbidden("这一步由窗口人员办理", code=why)
        case NotNow.SAME_PERSON:
            return Conflict(f"赔偿与否由另一个人决定：这项由 {row.opened_by} 提出，请同事或督办来办", code=why)
        case NotNow.UNANSWERED:
            return Conflict("邮政的答复期限还没到，先登记邮政的答复，或者等期满", code=why)
    return Conflict(f"现在是“{STATES[ClaimState(row.state)]}”，不能进行这一步", code=why)
