"""The fee of a case (收费)."""

from domain.terms import Payer
from web.answers.base import Answer, Moment


class FeeTold(Answer):
    """What the applicant reads of it. `due`: in yuan; `receiptNo`: of the payment."""

    due_fen: int
    due: str
    payer: Payer
    payer_label: str
    paid: bool
    receipt_no: str | None
    marked_at: Moment | None


class FeeShown(FeeTold):
    """`markedBy`: the clerk who has marked it as paid after the registration."""

    marked_by: str | None


class FeeMarked(Answer):
    """The fee as it stands now."""

    case_no: str
    fee: FeeShown
