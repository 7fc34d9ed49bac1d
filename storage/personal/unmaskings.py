"""Who was shown a person's data in clear (查看明文), what of whom and why; the values themselves are not kept here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.personal import UnmaskField, UnmaskReason
from storage.base import Base
from storage.cases.phone_views import PhoneViewRow
from storage.sealing import Sealer


class UnmaskingRow(Base):
    """One look; append-only. `fields`: of `UnmaskField`, with blanks. `reason`: an `UnmaskReason`.

    `words`: what was said beside it, sealed under `unmasking/{case_no}`; forgotten with the case.
    """

    __tablename__ = "unmasking"
    __table_args__ = (Index("ix_unmasking_case", "case_no", "at"), Index("ix_unmasking_by", "by", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"))
    fields: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(16))
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]


def note_unmasking(
    session: Session,
    sealer: Sealer,
    case_no: str,
    fields: Sequence[UnmaskField],
    reason: UnmaskReason,
    words: str,
    *,
    by: str,
    role: str,
    now: datetime,
) -> None:
    """Write down a look in the transaction of the look; shown after it is committed."""
    sealed = sealer.seal(words.encode(), f"unmasking/{case_no}") if words else None
    said = " ".join(fields)
    session.add(UnmaskingRow(case_no=case_no, fields=said, by=by, role=role, reason=reason, words=sealed, at=now))


def looks_since(session: Session, by: str, since: datetime) -> int:
    """How often this login was shown something in clear since then, telephone numbers among it."""
    shown = select(func.count()).select_from(UnmaskingRow).where(UnmaskingRow.by == by, UnmaskingRow.at > since)
    called = select(func.count()).select_from(PhoneViewRow).where(PhoneViewRow.by == by, PhoneViewRow.at > since)
    return (session.scalar(shown) or 0) + (session.scalar(called) or 0)
