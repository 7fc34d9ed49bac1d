"""Which files a partner has already (contracts.md "Files"): A and B know a file by its hash, C once per handling."""

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.terms import Partner
from storage.base import Base, insert_new


class SentFileRow(Base):
    """A file that the partner has acknowledged; written by `activities.commands`.

    `scope`: the handling's number on C, empty on A and B, where a file is known by its hash alone.
    """

    __tablename__ = "sent_file"

    partner: Mapped[str] = mapped_column(String(16), primary_key=True)
    scope: Mapped[str] = mapped_column(String(21), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    sent_at: Mapped[datetime]


def files_not_sent(session: Session, partner: Partner, handling_no: str, files: list[str]) -> list[str]:
    """Those of `files` (hex SHA-256) that the partner has not acknowledged for this handling, in their order."""
    query = select(SentFileRow.sha256).filter_by(partner=partner, scope=_scope(partner, handling_no))
    sent = set(session.scalars(query.where(SentFileRow.sha256.in_(files))))
    return [sha256 for sha256 in files if sha256 not in sent]


def note_file_sent(session: Session, partner: Partner, handling_no: str, sha256: str, now: datetime) -> None:
    """The partner has acknowledged the file; noted again without harm."""
    sent = {"partner": partner, "scope": _scope(partner, handling_no), "sha256": sha256, "sent_at": now}
    insert_new(session, SentFileRow, sent)


def _scope(partner: Partner, handling_no: str) -> str:
    return handling_no if partner is Partner.INTERPROVINCIAL else ""
