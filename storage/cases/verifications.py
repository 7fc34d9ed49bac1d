"""What a printed paper can be checked against (核验): a random-looking token in its square code, known by its hash."""

import base64
import hashlib
import hmac
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from domain.terms import CaseStatus
from storage.base import Base, insert_new
from storage.cases.electronic_results import file_of
from storage.cases.rows import HandlingRow
from storage.tasks.rows import TaskRow


class VerificationRow(Base):
    """One paper as it was printed about a handling's decision. It is valid as long as the decision is the same.

    Its key is the hex SHA-256 of the token. `paper`: a PaperKind. `status`, `sha256`: of the decision and of its file
    when it was printed first. Written by `register` only.
    """

    __tablename__ = "verification"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    handling_no: Mapped[str] = mapped_column(ForeignKey("handling.handling_no"))
    paper: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(24))
    sha256: Mapped[str | None] = mapped_column(String(64))
    printed_at: Mapped[datetime]


def token_for(key: bytes, paper: str, handling: HandlingRow) -> str:
    """The token of a paper about the handling's decision: 128 bits as 26 characters, the same as long as that is.

    A function of a secret key, so that a paper prints the same again and the database knows no token.
    """
    said = f"{paper}/{handling.handling_no}/{handling.status}/{file_of(handling) or ''}".encode()
    return base64.b32encode(hmac.digest(key, said, "sha256")[:16]).decode().rstrip("=")


def register(session: Session, key: bytes, paper: str, handling: HandlingRow, now: datetime) -> str:
    """The token of a paper that is printed now; registered with its first printing, in a writing transaction."""
    token = token_for(key, paper, handling)
    values = {"token_sha256": _hash(token), "handling_no": handling.handling_no, "paper": paper}
    decision = {"status": handling.status, "sha256": file_of(handling), "printed_at": now}
    insert_new(session, VerificationRow, values | decision)
    return token


def verification_of(session: Session, token: str) -> VerificationRow | None:
    """What was printed with this token, written in any case; None for one that nobody has printed."""
    return session.get(VerificationRow, _hash(token.upper()))


def is_valid(session: Session, row: VerificationRow) -> bool:
    """Whether what was printed still counts: the decision is the same, and no broken promise has revoked it."""
    handling = session.get_one(HandlingRow, row.handling_no)
    if (handling.status, file_of(handling)) != (row.status, row.sha256):
        return False
    revoked = select(TaskRow.id).filter_by(
        case_no=handling.case_no, kind=TaskKind.POST_CHECK, outcome=TaskOutcome.CHECKED_FALSE
    )
    return handling.status != CaseStatus.APPROVED or session.scalar(revoked.limit(1)) is None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
