"""Acting for the applicant (帮代办): what an agent may act on, and that it holds today."""

from datetime import datetime

from sqlalchemy.orm import Session

from catalog.workdays import local_day
from domain.dossier import Authorisation
from storage.documents import DocumentRow
from web.problems import Unprocessable
from web.shapes import AgentShape


def check_authorisation(session: Session, agent: AgentShape | None, now: datetime) -> None:
    """Raises Unprocessable where an authorisation has run out or names a scan that was never uploaded."""
    given = agent.authorisation if agent is not None else None
    if given is None:
        return
    if given.until is not None and given.until < local_day(now):
        raise Unprocessable("代办授权已过期，请重新授权", code="AUTHORISATION_OVER", field="agent.authorisation.until")
    if given.document_sha256 is not None and session.get(DocumentRow, given.document_sha256) is None:
        field = "agent.authorisation.documentSha256"
        raise Unprocessable("授权材料的扫描件还没有上传", code="DOCUMENT_UNKNOWN", field=field)


def authorisation_of(agent: AgentShape | None) -> Authorisation | None:
    """What the dossier keeps of it."""
    if agent is None or agent.authorisation is None:
        return None
    return Authorisation(**agent.authorisation.model_dump())
