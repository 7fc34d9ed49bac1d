"""Whether the audit trail is whole: every entry read once, in order, and compared with the heads that were signed."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from domain.audit_verdict import AuditFault, AuditVerdict
from storage.audit.chain import COLUMNS, START, AuditRow, digest_of
from storage.audit.heads import AuditHeadRow, HeadSigner

_READ_AT_ONCE = 20_000


def verify_trail(session: Session, signer: HeadSigner, expected: dict[int, str] | None = None) -> AuditVerdict:
    """The first entry that is not as it was written, or that nothing is wrong.

    `expected`: seq → digest, as the log of a process or an earlier verification has it.
    """
    heads = {head.seq: head for head in session.scalars(select(AuditHeadRow).order_by(AuditHeadRow.seq))}
    wanted = expected or {}
    seq, digest, unknown = 0, START, 0
    for row in _rows(session):
        if row.seq != seq + 1:
            return AuditVerdict(entries=seq, first_bad=seq + 1, fault=AuditFault.MISSING)
        values = tuple(row)
        if digest_of(digest, values[:-1]) != row.digest:
            return AuditVerdict(entries=seq, first_bad=row.seq, fault=AuditFault.ALTERED)
        seq, digest = row.seq, row.digest
        head = heads.pop(seq, None)
        if head is not None:
            if head.digest != digest or (signer.knows(head) and not signer.holds(head)):
                return AuditVerdict(entries=seq - 1, first_bad=seq, fault=AuditFault.NOT_AS_SIGNED)
            unknown += not signer.knows(head)
        if wanted.get(seq, digest) != digest:
            return AuditVerdict(entries=seq - 1, first_bad=seq, fault=AuditFault.NOT_AS_SIGNED)
    if heads or any(later > seq for later in wanted):
        return AuditVerdict(entries=seq, first_bad=seq + 1, fault=AuditFault.CUT_OFF)
    return AuditVerdict(entries=seq, digest=digest, heads_of_unknown_keys=unknown)


def _rows(session: Session) -> Iterator[Row[Any]]:
    after = None
    while True:
        query = select(*COLUMNS).order_by(AuditRow.seq).limit(_READ_AT_ONCE)
        rows = session.execute(query if after is None else query.where(AuditRow.seq > after)).all()
        yield from rows
        if len(rows) < _READ_AT_ONCE:
            return
        after = rows[-1].seq
