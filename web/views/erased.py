"""Cases whose personal data were erased (个人信息已删除): what is said of them, and what can't be had any more."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from domain.dossier import Dossier
from logistics.service_calendar import CHINA
from storage.personal.erasures import erased_at
from web.foundation.problems import Gone

CODE: Final = "PERSONAL_ERASED"


def erased_sentence(at: datetime) -> str:
    """For a case's page."""
    day = at.astimezone(CHINA)
    return f"个人信息已按规定于 {day.year} 年 {day.month} 月 {day.day} 日删除，只保留办理记录"


def refuse_erased(dossier: Dossier) -> None:
    """Whoever wants somebody's data, or a paper with them, hears that they are gone.

    Raises:
        Gone: they were erased (`PERSONAL_ERASED`).
    """
    if dossier.erased_at is not None:
        raise Gone(f"{erased_sentence(dossier.erased_at)}。", code=CODE)


def refuse_visit(session: Session, case_no: str) -> None:
    """The applicant of a case whose data were erased sees nothing of it any more.

    Raises:
        Gone: they were (`PERSONAL_ERASED`).
    """
    at = erased_at(session, case_no)
    if at is not None:
        raise Gone(f"这个办件已经办结，{erased_sentence(at)}。需要办理证明的，请持本人证件到大厅窗口。", code=CODE)
