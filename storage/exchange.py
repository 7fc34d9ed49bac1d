"""The exchange log (交换日志) and security events: who sent what, verdict, milliseconds; no body in clear."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base


class ExchangeRow(Base):
    """One message or one attempt, either direction. Bodies are kept sealed in inbox and command rows."""

    __tablename__ = "exchange"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    partner: Mapped[str] = mapped_column(String(16), index=True)
    direction: Mapped[str] = mapped_column(String(3))  # in | out
    kind: Mapped[str] = mapped_column(String(32))  # event or command
    message_id: Mapped[str] = mapped_column(String(128), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(32), index=True)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    verdict: Mapped[str] = mapped_column(String(32))
    duration_ms: Mapped[int] = mapped_column(default=0)


class SecurityEventRow(Base):
    """Something that a person responsible for security must be able to see (安全事件)."""

    __tablename__ = "security_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String(32), index=True)
    code: Mapped[str] = mapped_column(String(48), index=True)
    handling_no: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(default="")


def note_exchange(session: Session, row: ExchangeRow) -> None:
    session.add(row)


def note_security_event(
    session: Session, source: str, code: str, now: datetime, *, handling_no: str | None = None, detail: str = ""
) -> None:
    """Exactly one row per refusal; `detail` never holds personal data."""
    session.add(SecurityEventRow(at=now, source=source, code=code, handling_no=handling_no, detail=detail))
