"""What a command changes goes on the audit trail, in the transaction of the change, under the system's user."""

import getpass
import socket

from sqlalchemy.orm import Session

from domain.audit import AuditEntry, AuditKind
from runtime.container import Container, audit_trail, container_of, now
from runtime.settings import Settings


def acting(settings: Settings, command: str, subject: str = "") -> Container:
    """The container for `command` (`kuayu user add`): each of its writing transactions ends with an entry.

    `subject`: whom or what it changes; no personal data.
    """
    parts, trail = container_of(settings), audit_trail(settings)
    who, address = actor(), socket.gethostname()[:45]

    def say(session: Session) -> None:
        entry = AuditEntry(
            at=now(), kind=AuditKind.CHANGE, actor=who, address=address, action=command, subject=subject[:120]
        )
        trail.note(session, entry)

    parts.database.last_words = say
    return parts


def actor() -> str:
    """Who runs this command, as the trail names him: a user of the system, not of ours."""
    return f"os:{getpass.getuser()}"[:64]
