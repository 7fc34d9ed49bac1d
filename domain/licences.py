"""Electronic licences (电子证照) that stand in for papers: what was said, what their office answered, who has looked.

Trust (国办函〔2016〕108号): the office's word gives grade A, a clerk's own look at the licence B, neither C.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from domain.model import Frozen
from domain.outbound import Person
from domain.terms import TrustGrade


class OfficeWord(StrEnum):
    """What the licence office says to a check (核验结果)."""

    VALID = "VALID"
    UNKNOWN = "UNKNOWN"  # no such licence
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    HOLDER_DIFFERS = "HOLDER_DIFFERS"  # somebody else's

    @property
    def label(self) -> str:
        """The word in Chinese, as people read it."""
        return _LABELS[self]


_LABELS = {
    OfficeWord.VALID: "有效",
    OfficeWord.UNKNOWN: "查无此证",
    OfficeWord.REVOKED: "已注销或吊销",
    OfficeWord.EXPIRED: "已过有效期",
    OfficeWord.HOLDER_DIFFERS: "持证主体不符",
}


class LicenceEvidence(Frozen):
    """The office's answer (核验凭据). `check_id`: its own; `round`: of the check, one more with each order of a person.

    `checked_at`: as the office says it. `answer_sha256`: hex, of the answer's bytes, which the office has signed.
    """

    check_id: str
    round: int
    word: OfficeWord
    checked_at: datetime
    answer_sha256: str


class LicenceLook(Frozen):
    """A clerk has looked at the licence himself (窗口自行核对). `by`: his user name."""

    by: str
    at: datetime


class Licence(Frozen):
    """One licence as it was said at the window. `type`: a name of `catalog.licences`; `issuer`: its authority.

    `holder`: a name, None for the applicant. `consented_at`: when the holder agreed to its being checked and used for
    this matter.
    """

    type: str
    number: str
    issuer: str
    holder: str | None = None
    consented_at: datetime
    evidence: LicenceEvidence | None = None
    look: LicenceLook | None = None

    @property
    def grade(self) -> TrustGrade:
        """A by evidence only, B by a clerk's look, else C; what the office denies stays C whoever has looked."""
        if self.evidence is not None:
            return TrustGrade.A if self.evidence.word is OfficeWord.VALID else TrustGrade.C
        return TrustGrade.B if self.look is not None else TrustGrade.C


class LicenceQuestion(Frozen):
    """What the office is asked. `key`: `{case no}-L{seq}-{round}`; the same key gets the same answer.

    `seq`: of the material. `applicant`: the holder, unless the licence names another. `purpose`: the item, because
    consent was given for it alone.
    """

    key: str
    seq: int
    licence: Licence
    applicant: Person
    purpose: str


class LicenceOrder(Frozen):
    """Input of the activity `check_licences`. `seqs`: numbers of the materials; `round`: from 1."""

    case_no: str
    seqs: tuple[int, ...]
    round: int = Field(ge=1)


class LicencesChecked(Frozen):
    """How a check ended. `denied`: the office says no; `unconfirmed`: it has said nothing, and no clerk has looked."""

    denied: tuple[int, ...] = ()
    unconfirmed: tuple[int, ...] = ()
