"""Who an applicant is without a login: the receipt number and the last four digits of the phone."""

import hmac

from sqlalchemy.orm import Session

from domain.dossier import Dossier
from domain.errors import NotFound
from storage.cases.rows import CaseRow, read_dossier
from web.foundation.context import Context


def applicants_case(session: Session, ctx: Context, case_no: str, phone_tail: str) -> tuple[CaseRow, Dossier]:
    """The case with this number and its dossier, where the applicant's phone ends so.

    Raises:
        NotFound: no such case, or another phone, without a difference (`TRACK`).
    """
    case = session.get(CaseRow, case_no)
    dossier = read_dossier(case, ctx.sealer) if case is not None else None
    expected = dossier.applicant.phone[-4:] if dossier is not None else ""
    if case is None or dossier is None or not hmac.compare_digest(expected.encode(), phone_tail.encode()):
        raise NotFound("没有查到，请核对办件编号和手机尾号", code="TRACK")
    return case, dossier
