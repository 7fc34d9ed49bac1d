"""Who has read which document, when and as what: each reading is a line that nobody changes (查阅留痕)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base

APPLICANT = "applicant"
"""Reads without an account of the hall; who it is, is in the case's dossier."""


class Purpose(StrEnum):
    """As what a document was read."""

    DRAFT = "draft"  # its uploader looks at it before the case is registered
    CASE = "case"  # somebody who may read the case
    RESULT = "result"  # the applicant fetches what was decided


class DocumentAccessRow(Base):
    """One reading, append-only; written by `note_access` before the bytes are given out.

    `reader`: a user name or `APPLICANT`. `case_no`: the case that gave the right to read; None of a draft.
    """

    __tablename__ = "document_access"
    __table_args__ = (
        Index("ix_document_access_document", "sha256", "at"),
        Index("ix_document_access_case", "case_no", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    case_no: Mapped[str | None] = mapped_column(String(21))
    reader: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]


def note_access(
    session: Session, sha256: str, *, reader: str, purpose: Purpose, now: datetime, case_no: str | None = None
) -> None:
    """Record one reading in the caller's transaction; the bytes are given out after it is committed."""
    line = DocumentAccessRow(sha256=sha256, case_no=case_no, reader=reader, purpose=purpose, at=now)
    session.add(line)


def is_reading(session: Session, sha256: str, *, reader: str, since: datetime, case_no: str | None) -> bool:
    """Whether this reader's reading of the document for this case was recorded since then: pages are turned in one."""
    own = select(DocumentAccessRow.id).filter_by(sha256=sha256, reader=reader, case_no=case_no)
    return session.scalar(own.where(DocumentAccessRow.at >= since).limit(1)) is not None


def accesses_of_case(session: Session, case_no: str) -> list[DocumentAccessRow]:
    """Who has read the documents of a case, the first reading first."""
    query = select(DocumentAccessRow).filter_by(case_no=case_no)
    return list(session.scalars(query.order_by(DocumentAccessRow.at, DocumentAccessRow.id)))
