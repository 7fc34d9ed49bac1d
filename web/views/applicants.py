"""Who an applicant is without a login: the receipt number and the code on his receipt or in a message."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from domain.errors import NotFound
from runtime.container import applicant_keys, code_desk
from storage.cases.result_codes import CodeVerdict
from web.foundation.context import Context
from web.foundation.problems import Unprocessable
from web.views.erased import refuse_visit


class Proof(NamedTuple):
    """What somebody brings to show that a case is his."""

    case_no: str
    code: str


def proved(session: Session, ctx: Context, proof: Proof) -> str:
    """The number of the case, in a writing transaction: a code that was sent is used up, unless that is rolled back.

    Raises:
        NotFound: no such case, or another code, without a difference (`TRACK`).
    """
    if code_desk(ctx.settings, ctx.sealer).judge(session, *proof, ctx.now()) is CodeVerdict.RIGHT:
        return proof.case_no
    raise NotFound("没有查到，请核对办件编号和领取码", code="TRACK")


def opened_by(session: Session, ctx: Context, token: str) -> str:
    """The number of the case that the token of a receipt opens.

    Raises:
        NotFound: none (`TRACK`).
        Gone: everything personal of it was erased (`PERSONAL_ERASED`).
    """
    case_no = applicant_keys(ctx.settings, ctx.sealer).case_of(session, token)
    if case_no is None:
        raise NotFound("这个二维码已失效。请用最新的回执扫码，或填办件编号和领取码查询。", code="TRACK")
    refuse_visit(session, case_no)
    return case_no


def confirmed(session: Session, ctx: Context, proof: Proof) -> None:
    """Whether who sees a case already also knows its code, as `proved`.

    Raises:
        Unprocessable: he does not (`CODE_WRONG`).
    """
    if code_desk(ctx.settings, ctx.sealer).judge(session, *proof, ctx.now()) is not CodeVerdict.RIGHT:
        raise Unprocessable("领取码不对，请核对回执或短信上的数字。", code="CODE_WRONG", field="code")
