"""What of which case was erased, when and why (删除记录): all that tells later why there is nothing."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.personal import EraseReason
from storage.base import Base


class CaseErasureRow(Base):
    """A case of which something was erased; written by `storage.personal.eraser` only.

    `documents_at`: when the papers that the applicant had brought went. `erased_at`: when everything personal did;
    earlier than the case's end where it was opened again since. `reason`: an `EraseReason`. `by`: a user of the system
    or `system`. `documents`: how many files went in all.
    """

    __tablename__ = "case_erasure"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    documents_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(64))
    documents: Mapped[int] = mapped_column(default=0)


def erased_at(session: Session, case_no: str) -> datetime | None:
    """When everything personal of a case was erased; None: it was not."""
    return session.scalar(select(CaseErasureRow.erased_at).filter_by(case_no=case_no))


def note_erasure(
    session: Session, case_no: str, now: datetime, reason: EraseReason, by: str, *, whole: bool, documents: int
) -> None:
    """Write down what went, in the transaction in which it does; `documents`: how many files went before it."""
    row = session.get(CaseErasureRow, case_no)
    if row is None:
        row = CaseErasureRow(case_no=case_no, documents=0)
        session.add(row)
    row.documents_at, row.reason, row.by = now, reason, by
    row.documents += documents
    if whole:
        row.erased_at = now
    session.flush()
