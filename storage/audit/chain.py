"""The entries of the audit trail, each with the SM3 digest over the one before and itself (GB/T 32905)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Index, Row, String, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.audit import ACTION_LENGTH, SUBJECT_LENGTH, AuditEntry
from storage.base import Base

START: Final = "0" * 64
"""What the first entry is chained to."""
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7232619)")
"""On PostgreSQL, until the end of the transaction; SQLite has one writer anyway."""


class AuditRow(Base):
    """One entry. The database refuses to change or remove it (triggers of migration 0037).

    `seq`: 1, 2, 3 … without a gap. `digest`: hex SM3, by `digest_of`. The others as `domain.audit.AuditEntry` has them.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_actor", "actor", "seq"),
        Index("ix_audit_entry_subject", "subject", "seq"),
        Index("ix_audit_entry_kind", "kind", "seq"),
        Index("ix_audit_entry_at", "at"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(8))
    actor: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(ACTION_LENGTH))
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    code: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))


COLUMNS: Final = tuple(AuditRow.__table__.columns)
"""In the order in which `digest_of` takes them, the digest last."""


def digest_of(before: str, values: Sequence[Any]) -> str:
    """Hex SM3 over the digest before and an entry's values: JSON, its time in UTC to the microsecond."""
    seq, at, *words = values
    said = json.dumps([seq, at.isoformat(timespec="microseconds"), *words], ensure_ascii=False, separators=(",", ":"))
    return hashlib.new("sm3", f"{before}\n{said}".encode()).hexdigest()


def last_of(session: Session) -> Row[int, datetime, str] | None:
    """The newest entry: seq, at, digest; None of an empty trail."""
    newest = select(AuditRow.seq, AuditRow.at, AuditRow.digest).order_by(AuditRow.seq.desc()).limit(1)
    return session.execute(newest).first()


def hold(session: Session) -> None:
    """Be the only one who appends until this transaction ends: to be called last, when all else is written."""
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_ONE_AT_A_TIME)


def append(session: Session, after: Row[int, datetime, str] | None, entry: AuditEntry) -> None:
    """Chain an entry to the newest one, in the caller's transaction and while it holds the end (`hold`)."""
    words = (entry.kind.value, entry.actor, entry.role, entry.address, entry.action, entry.subject, entry.code)
    seq, before = (after.seq + 1, after.digest) if after is not None else (1, START)
    values = (seq, entry.at.astimezone(UTC), *words)
    named = zip((column.key for column in COLUMNS), (*values, digest_of(before, values)), strict=True)
    session.execute(insert(AuditRow).values(dict(named)))
