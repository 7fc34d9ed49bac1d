"""What persons have asked for about their data (行使权利): a copy, a consent withdrawn; kept with the skeleton."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.personal import Consented, RequestKind
from storage.base import Base


class PersonRequestRow(Base):
    """One request; append-only. `what`: a `Consented`, or the form of a copy. `reason`: an `ExportReason`, else "".

    `channel`: `window` or `track`. `by`: a user name, or `applicant`. `text_version`: of the consent.
    """

    __tablename__ = "person_request"
    __table_args__ = (Index("ix_person_request_case", "case_no", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    kind: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(64))
    text_version: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


def requests_of(session: Session, case_no: str) -> Sequence[PersonRequestRow]:
    """All of a case, the first one first."""
    return session.scalars(select(PersonRequestRow).filter_by(case_no=case_no).order_by(PersonRequestRow.id)).all()


def withdrawn(session: Session, case_no: str) -> frozenset[Consented]:
    """Which consents of a case were withdrawn."""
    said = select(PersonRequestRow.what).filter_by(case_no=case_no, kind=RequestKind.CONSENT_WITHDRAWN)
    return frozenset(Consented(what) for what in session.scalars(said))
