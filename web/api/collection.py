"""The applicant collects at the hall (大厅领取): his code or his document, and what he has signed on glass."""

from typing import Any

from sqlalchemy.orm import Session

from domain.terms import SignerKind
from parcels.scan_parsing import NoCode
from runtime.container import handover_keys
from storage.cases.rows import CaseRow
from storage.documents.uploads import bind, held_by
from storage.parcels.code_checks import CodeCheck, at_hall, check
from web.foundation.context import Context
from web.foundation.problems import Unprocessable
from web.views.handover_codes import times_at_hall


class CodeNotRight(Unprocessable):
    """The code that was typed is not this case's; raised after the try has been kept."""

    def __init__(self) -> None:
        super().__init__("交接码不对，请申请人核对；也可以查验身份证件后领取", code="CODE_WRONG", field="handoverCode")


def judge_code(session: Session, ctx: Context, case: CaseRow, typed: str | None, key: str) -> CodeCheck | None:
    """What a code that was typed at the counter comes to; None where none was. `key`: of the request, to judge it once.

    The caller's transaction must be committed also when it is wrong: tries are counted.
    """
    if typed is None:
        return None
    handing = at_hall(case.case_no, times_at_hall(session, case.case_no))
    return check(session, handover_keys(ctx.settings, ctx.sealer), handing, f"hall~{key}"[:64], typed, ctx.now())


def keep_signature(session: Session, ctx: Context, case: CaseRow, proofs: list[str], uploader: str) -> None:
    """Bind what was signed or photographed to the case.

    Raises:
        Unprocessable: the caller has not uploaded it (`DOCUMENT_UNKNOWN`).
    """
    if set(proofs) - held_by(session, proofs, uploader, ctx.now()):
        raise Unprocessable("签名没有上传成功，请重新签名", code="DOCUMENT_UNKNOWN", field="proofs")
    bind(session, case.case_no, proofs, ctx.now())


def said_at_collection(code: CodeCheck | None, no_code: NoCode | None, proofs: list[str]) -> dict[str, Any]:
    """What the case's history keeps beside who has signed."""
    said: dict[str, Any] = {"code": code} if code is not None else {}
    return said | ({"noCode": no_code} if no_code is not None else {}) | ({"proofs": proofs} if proofs else {})


ASKED_AT_HALL = (SignerKind.SELF, SignerKind.AGENT)
"""Who may collect at the hall."""
