"""The audit trail as the auditor reads it: the newest first, by who, kind, object and day."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.audit import AuditKind
from domain.model import Frozen
from storage.audit.chain import AuditRow


class Wanted(Frozen):
    """Which entries; all conditions hold together, and what is empty asks for nothing.

    `subject`: its beginning. `since`, `until`: aware; from the one on, before the other.
    """

    actor: str = ""
    kind: AuditKind | None = None
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries(session: Session, wanted: Wanted, *, size: int, before: int | None = None) -> Sequence[AuditRow]:
    """Up to `size` entries with smaller numbers than `before`, the newest first."""
    query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(size)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    if wanted.actor:
        query = query.where(AuditRow.actor == wanted.actor)
    if wanted.kind is not None:
        query = query.where(AuditRow.kind == wanted.kind)
    if wanted.subject:
        query = query.where(AuditRow.subject >= wanted.subject, AuditRow.subject < wanted.subject + "\U0010ffff")
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    return session.scalars(query).all()
