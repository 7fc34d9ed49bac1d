"""Writing the audit trail, in the transaction of what it tells."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from domain.audit import AuditEntry
from storage.audit.chain import append, hold, last_of
from storage.audit.heads import HeadSigner

log = structlog.get_logger(__name__)

SIGNED_EVERY = timedelta(hours=1)


class AuditTrail:
    """Appends entries; the first of an hour has the end before it signed, and said in the log of the process.

    So a copy of each head is where the logs are, which whoever changes the database may not reach.
    """

    def __init__(self, signer: HeadSigner) -> None:
        self.signer = signer

    def note(self, session: Session, entry: AuditEntry) -> None:
        """Append an entry as the last thing that the caller's transaction does; nothing of it counts without the other.

        Raises:
            OperationalError: it can't be written, so the transaction must not be either.
        """
        hold(session)
        last = last_of(session)
        if last is not None and _hour(last.at) < _hour(entry.at):
            head = self.signer.sign(last.seq, last.digest, entry.at)
            session.add(head)
            session.flush()
            log.info("audit_head", seq=head.seq, digest=head.digest, kid=head.kid, signature=head.signature)
        append(session, last, entry)


def _hour(at: datetime) -> int:
    return int(at.timestamp() // SIGNED_EVERY.total_seconds())
