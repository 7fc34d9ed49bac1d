"""What opens an applicant's page (查询凭证): a token in the square code of the receipt, and a code beside it (领取码).

Both are random, a pair per case, and sealed here, so that a receipt prints them again; a token is found by its hash.
Nothing of it is derived from a key of ours: keys come and go, and what is printed stays good. With them lies the
secret of the case's hand-over codes (交接码), for the same reason.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ForeignKey, LargeBinary, String, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, insert_new
from storage.cases.rows import CaseRow
from storage.sealing import Sealer

TOKEN_BYTES: Final = 20
"""160 bits, 32 letters and digits in base 32."""

CODE_DIGITS: Final = 8
_TOKEN: Final = re.compile(r"[A-Z2-7]{32}")
_SECRET_BYTES: Final = 32


class ApplicantKeyRow(Base):
    """The key of one case, written by this module only. `token_sha256`: hex, of the token in force.

    `sealed`: `ApplicantKey` as JSON, under `applicant-key/{case_no}`.
    """

    __tablename__ = "applicant_key"

    case_no: Mapped[str] = mapped_column(ForeignKey("case_file.case_no"), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime]


class ApplicantKey(NamedTuple):
    """`token`: 32 characters, None for a case from before there were any. `code`: 8 digits. `handover`: 32 bytes."""

    token: str | None
    code: str
    handover: bytes


class Before(NamedTuple):
    """The keys of which codes were functions before each case had its own: what is printed of them stays good."""

    codes: bytes
    handover: bytes


class ApplicantKeys:
    """The keys of all cases. `before`: for cases that were registered before 0034 and have none of their own yet."""

    def __init__(self, sealer: Sealer, before: Before) -> None:
        self._sealer = sealer
        self._before = before
        self._nobody = self._sealed("", _fresh())

    def issue(self, session: Session, case_no: str, now: datetime) -> ApplicantKey:
        """A key for a case that has just been registered, in the caller's transaction."""
        key = _fresh()
        session.add(self._row(case_no, key, now))
        session.flush()
        return key

    def keep(self, session: Session, case_no: str, issue: int, now: datetime) -> ApplicantKey:
        """The key of a case, in a writing transaction: one from before gets a row with the code that was printed."""
        known = session.get(ApplicantKeyRow, case_no)
        if known is None:
            key = ApplicantKey(_token(), self._printed_before(case_no, issue), self._before.handover)
            row = self._row(case_no, key, now)
            values = {"token_sha256": row.token_sha256, "sealed": row.sealed, "issued_at": now}
            insert_new(session, ApplicantKeyRow, {"case_no": case_no} | values)
            known = session.get_one(ApplicantKeyRow, case_no)
        return self._opened(known)

    def renew(self, session: Session, case_no: str, now: datetime) -> ApplicantKey:
        """Other secrets for a case, in a writing transaction; everything that was printed before is worth nothing."""
        known = session.get(ApplicantKeyRow, case_no, with_for_update=True)
        if known is None:
            return self.issue(session, case_no, now)
        key = _fresh()
        row = self._row(case_no, key, now)
        known.token_sha256, known.sealed, known.issued_at = row.token_sha256, row.sealed, now
        session.flush()
        return key

    def of(self, session: Session, case_no: str, issue: int = 1) -> ApplicantKey:
        """The key of a case; a number that nobody has costs the same look and the same opening, and fits no code.

        `issue`: of the printed code, where the case is from before.
        """
        row = session.get(ApplicantKeyRow, case_no)
        before = ApplicantKey(None, self._printed_before(case_no, issue), self._before.handover)
        opened = self._opened(row)
        return opened if row is not None else before

    def case_of(self, session: Session, token: str) -> str | None:
        """The number of the case that a token opens; None for one that opens nothing."""
        plain = token.upper()
        if _TOKEN.fullmatch(plain) is None:
            return None
        return session.scalar(select(ApplicantKeyRow.case_no).filter_by(token_sha256=_hash(plain)))

    def _opened(self, row: ApplicantKeyRow | None) -> ApplicantKey:
        case_no, sealed = (row.case_no, row.sealed) if row is not None else ("", self._nobody)
        said = json.loads(self._sealer.open(sealed, _place(case_no)))
        return ApplicantKey(said["token"], said["code"], base64.b64decode(said["handover"]))

    def _row(self, case_no: str, key: ApplicantKey, now: datetime) -> ApplicantKeyRow:
        sealed = self._sealed(case_no, key)
        return ApplicantKeyRow(case_no=case_no, token_sha256=_hash(key.token or ""), sealed=sealed, issued_at=now)

    def _sealed(self, case_no: str, key: ApplicantKey) -> bytes:
        return _sealed_key(self._sealer, case_no, key)

    def _printed_before(self, case_no: str, issue: int) -> str:
        said = hmac.digest(self._before.codes, f"printed/{case_no}/{issue}".encode(), "sha256")
        return f"{int.from_bytes(said) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def keyless(session: Session, after: str, limit: int) -> Sequence[str]:
    """Numbers of cases without a key of their own, in order, beyond `after`."""
    kept = exists().where(ApplicantKeyRow.case_no == CaseRow.case_no)
    query = select(CaseRow.case_no).where(CaseRow.case_no > after, ~kept).order_by(CaseRow.case_no)
    return session.scalars(query.limit(limit)).all()


def forgotten_key(sealer: Sealer, case_no: str) -> bytes:
    """Sealed secrets that nobody has or ever had, for a case whose time is over; no token is printed any more."""
    fresh = _fresh()
    return _sealed_key(sealer, case_no, fresh._replace(token=None))


def _fresh() -> ApplicantKey:
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    return ApplicantKey(_token(), code, secrets.token_bytes(_SECRET_BYTES))


def _sealed_key(sealer: Sealer, case_no: str, key: ApplicantKey) -> bytes:
    said = {"token": key.token, "code": key.code, "handover": base64.b64encode(key.handover).decode()}
    return sealer.seal(json.dumps(said).encode(), _place(case_no))


def _token() -> str:
    return base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _place(case_no: str) -> str:
    return f"applicant-key/{case_no}"
