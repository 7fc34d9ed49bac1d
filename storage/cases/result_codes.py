"""Codes that an applicant types: the one that his receipt prints (领取码), and one that is sent to his phone.

The printed one is part of the case's key (`storage.cases.applicant_keys`). Of a code that was sent only a keyed hash
is kept. Wrong ones are counted by who calls (`storage.people.wrong_tries`), never against the case alone: nobody can
lock its owner out.
"""

import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, insert_new
from storage.cases.applicant_keys import ApplicantKeys

ONCE_DIGITS: Final = 8
ONCE_FOR: Final = timedelta(minutes=10)
ONCE_AGAIN_AFTER: Final = timedelta(minutes=1)
"""A second message is not sent sooner."""


class CodeVerdict(StrEnum):
    """What a code that somebody gives comes to."""

    RIGHT = "RIGHT"
    WRONG = "WRONG"


class ResultAccessRow(Base):
    """What was given out for one case; written by this module only, there from the first code on that is sent.

    `issue`: how many times codes were given out on paper, from 1. `once_hash`: keyed, of the code that was sent last,
    None once it was used.
    """

    __tablename__ = "result_access"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    issue: Mapped[int] = mapped_column(default=1)
    once_hash: Mapped[str | None] = mapped_column(String(64))
    once_until: Mapped[datetime | None]
    once_sent_at: Mapped[datetime | None]


class CodeDesk:
    """Prints, sends and judges codes. `key`: of the hashes of codes that were sent, 32 bytes."""

    def __init__(self, keys: ApplicantKeys, key: bytes) -> None:
        self._keys = keys
        self._key = key

    def printed(self, session: Session, case_no: str) -> str:
        """The code in force that the receipt prints: 8 digits in two groups."""
        digits = self._keys.of(session, case_no, issue_of(session, case_no)).code
        return f"{digits[:4]} {digits[4:]}"

    def renew(self, session: Session, case_no: str, now: datetime) -> int:
        """Make everything that was printed or sent worthless: the next receipt has others. Returns their issue."""
        row = _locked_row(session, case_no)
        row.issue += 1
        row.once_hash = row.once_until = None
        self._keys.renew(session, case_no, now)
        return row.issue

    def to_send(self, session: Session, case_no: str, now: datetime) -> str | None:
        """A fresh code of 8 digits, good for 10 minutes and once; None within a minute of the last."""
        row = _locked_row(session, case_no)
        if row.once_sent_at is not None and now < row.once_sent_at + ONCE_AGAIN_AFTER:
            return None
        code = f"{secrets.randbelow(10**ONCE_DIGITS):0{ONCE_DIGITS}}"
        row.once_hash, row.once_until, row.once_sent_at = self._hash(case_no, code), now + ONCE_FOR, now
        return code

    def judge(self, session: Session, case_no: str, given: str, now: datetime) -> CodeVerdict:
        """Judge a code in the caller's writing transaction; one that was sent and is right is used up.

        Blanks, hyphens and full-width digits do no harm. A number that nobody has costs what a wrong code costs.
        """
        row = session.get(ResultAccessRow, case_no)
        key = self._keys.of(session, case_no, row.issue if row is not None else 1)
        said = self._hash(case_no, digits_of(given))
        printed = hmac.compare_digest(said, self._hash(case_no, key.code))
        sent, until = (row.once_hash or "", row.once_until) if row is not None else ("", None)
        once = hmac.compare_digest(said, sent) and until is not None and now < until
        if not once:
            return CodeVerdict.RIGHT if printed else CodeVerdict.WRONG
        used = update(ResultAccessRow).where(ResultAccessRow.case_no == case_no, ResultAccessRow.once_hash == said)
        taken = session.execute(used.values(once_hash=None, once_until=None).returning(ResultAccessRow.case_no)).all()
        return CodeVerdict.RIGHT if taken or printed else CodeVerdict.WRONG

    def _hash(self, case_no: str, code: str) -> str:
        return hmac.digest(self._key, f"code/{case_no}/{code}".encode(), "sha256").hex()


def digits_of(given: str) -> str:
    """What was typed, without blanks and hyphens, full-width digits as digits."""
    return "".join(char for char in unicodedata.normalize("NFKC", given) if char.isalnum())


def issue_of(session: Session, case_no: str) -> int:
    """How many times codes of this case were given out on paper, from 1."""
    row = session.get(ResultAccessRow, case_no)
    return row.issue if row is not None else 1


def _locked_row(session: Session, case_no: str) -> ResultAccessRow:
    insert_new(session, ResultAccessRow, {"case_no": case_no, "issue": 1})
    return session.get_one(ResultAccessRow, case_no, with_for_update=True, populate_existing=True)
