"""Visits of applicants (查询会话): after the token or the code, a cookie says for half an hour whose case is shown."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base

VISIT_LENGTH: Final = timedelta(minutes=30)
_REMOVED_AT_ONCE: Final = 100


class ApplicantSessionRow(Base):
    """One visit. `token_sha256`: hex SHA-256 of what the cookie says, which itself is kept nowhere.

    `by_code`: opened with a code, so that nobody asks for it again before a download.
    """

    __tablename__ = "applicant_session"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), index=True)
    by_code: Mapped[bool]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Visit(NamedTuple):
    """Whose case a visitor may see; `by_code`: as the row has it."""

    case_no: str
    by_code: bool


def open_visit(session: Session, visit: Visit, now: datetime) -> str:
    """Open a visit of half an hour: what its cookie says. Some visits that are over are deleted on the way."""
    over = select(ApplicantSessionRow.token_sha256).where(ApplicantSessionRow.expires_at <= now)
    over = over.order_by(ApplicantSessionRow.expires_at).limit(_REMOVED_AT_ONCE)
    session.execute(delete(ApplicantSessionRow).where(ApplicantSessionRow.token_sha256.in_(over)))
    token = secrets.token_urlsafe(32)
    session.add(ApplicantSessionRow(token_sha256=_hash(token), **visit._asdict(), expires_at=now + VISIT_LENGTH))
    return token


def visit_of(session: Session, token: str, now: datetime) -> Visit | None:
    """Whose visit this is; None for one that is over or never was."""
    row = session.get(ApplicantSessionRow, _hash(token))
    return Visit(row.case_no, row.by_code) if row is not None and now < row.expires_at else None


def end_visit(session: Session, token: str) -> None:
    """End a visit; nothing happens for an unknown one."""
    session.execute(delete(ApplicantSessionRow).filter_by(token_sha256=_hash(token)))


def end_visits(session: Session, case_no: str) -> None:
    """End every visit to a case: its applicant gets other codes."""
    session.execute(delete(ApplicantSessionRow).filter_by(case_no=case_no))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
