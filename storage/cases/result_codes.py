"""The code (领取码) behind which an applicant takes the electronic results of a case, and its one-time sisters.

The printed code is a function of a secret key, the case and the number of its issue: a receipt prints the same code
again, and the database knows none. Of a code that was sent only a keyed hash is kept.
"""

import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, insert_new

PRINTED_DIGITS: Final = 8
ONCE_DIGITS: Final = 6
ONCE_FOR: Final = timedelta(minutes=10)
ONCE_AGAIN_AFTER: Final = timedelta(minutes=1)
"""A second message is not sent sooner."""

TRIES: Final = 5
"""So many wrong codes in a row lock a case's results."""

LOCKED_FOR: Final = timedelta(minutes=15)


class CodeVerdict(StrEnum):
    """What a code that somebody gives comes to."""

    RIGHT = "RIGHT"
    WRONG = "WRONG"
    LOCKED = "LOCKED"  # nothing is compared until the lock ends


class ResultAccessRow(Base):
    """What guards the electronic results of one case; written by this module only, there from the first try on.

    `issue`: of the printed code; a new one makes the old one worthless. `failures`: wrong codes since the last right
    one or lock. `once_hash`: keyed, of the code that was sent last, None once it was used.
    """

    __tablename__ = "result_access"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    issue: Mapped[int] = mapped_column(default=1)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    once_hash: Mapped[str | None] = mapped_column(String(64))
    once_until: Mapped[datetime | None]
    once_sent_at: Mapped[datetime | None]


def printed_code(session: Session, key: bytes, case_no: str) -> str:
    """The code in force that the receipt prints: 8 digits in two groups."""
    row = session.get(ResultAccessRow, case_no)
    digits = _printed(key, case_no, row.issue if row is not None else 1)
    return f"{digits[:4]} {digits[4:]}"


def renew_code(session: Session, case_no: str) -> int:
    """Make the printed code worthless and lift the lock: the next receipt prints another one. Returns its issue."""
    row = _locked_row(session, case_no)
    row.issue, row.failures, row.locked_until = row.issue + 1, 0, None
    row.once_hash = row.once_until = None
    return row.issue


def code_to_send(session: Session, key: bytes, case_no: str, now: datetime) -> str | None:
    """A fresh one-time code of 6 digits, good for 10 minutes and once; None within a minute of the last, or locked."""
    row = _locked_row(session, case_no)
    soon = row.once_sent_at is not None and now < row.once_sent_at + ONCE_AGAIN_AFTER
    if soon or _is_locked(row, now):
        return None
    code = f"{secrets.randbelow(10**ONCE_DIGITS):0{ONCE_DIGITS}}"
    row.once_hash, row.once_until, row.once_sent_at = _hash(key, case_no, code), now + ONCE_FOR, now
    return code


def try_code(session: Session, key: bytes, case_no: str, given: str, now: datetime) -> CodeVerdict:
    """Judge a code in the caller's writing transaction, which must be committed also when it is wrong.

    Blanks, hyphens and full-width digits do no harm. A one-time code that is right is used up.
    """
    row = _locked_row(session, case_no)
    if _is_locked(row, now):
        return CodeVerdict.LOCKED
    code = "".join(char for char in unicodedata.normalize("NFKC", given) if char.isalnum())
    printed = hmac.compare_digest(_hash(key, case_no, code), _hash(key, case_no, _printed(key, case_no, row.issue)))
    valid = row.once_until is not None and now < row.once_until
    once = hmac.compare_digest(_hash(key, case_no, code), row.once_hash or "") and valid
    if printed or once:
        row.failures, row.locked_until = 0, None
        if once:
            row.once_hash = row.once_until = None
        return CodeVerdict.RIGHT
    row.failures += 1
    if row.failures >= TRIES:
        row.failures, row.locked_until = 0, now + LOCKED_FOR
        row.once_hash = row.once_until = None
        return CodeVerdict.LOCKED
    return CodeVerdict.WRONG


def _locked_row(session: Session, case_no: str) -> ResultAccessRow:
    insert_new(session, ResultAccessRow, {"case_no": case_no, "issue": 1, "failures": 0})
    return session.get_one(ResultAccessRow, case_no, with_for_update=True, populate_existing=True)


def _is_locked(row: ResultAccessRow, now: datetime) -> bool:
    return row.locked_until is not None and now < row.locked_until


def _printed(key: bytes, case_no: str, issue: int) -> str:
    said = hmac.digest(key, f"printed/{case_no}/{issue}".encode(), "sha256")
    return f"{int.from_bytes(said) % 10**PRINTED_DIGITS:0{PRINTED_DIGITS}}"


def _hash(key: bytes, case_no: str, code: str) -> str:
    return hmac.digest(key, f"code/{case_no}/{code}".encode(), "sha256").hex()
