"""The record of who did and saw what (审计): one entry per change, look, export and refusal; no personal data in it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from domain.model import Frozen

ACTION_LENGTH: Final = 80
SUBJECT_LENGTH: Final = 120


class AuditKind(StrEnum):
    """What was done."""

    CHANGE = "CHANGE"  # 变更, in the same transaction as what was changed
    LOOK = "LOOK"  # 查阅 of what is about one person or case, written before it is shown
    EXPORT = "EXPORT"  # 导出 of a list or report, written before it is given
    UNMASK = "UNMASK"  # 查看明文 of a person's name, numbers or address, written before it is shown
    REFUSAL = "REFUSAL"  # 被拒绝: not logged in, not this role, not this object


class AuditEntry(Frozen):
    """One entry as it is said; the chain gives it its number and its digest.

    `at`: aware. `actor`: a user name, `applicant`, or `-` where nobody is known. `role`: of that moment. `address`: the
    peer's, as the proxy that is trusted says. `action`: an operation of the interface, `GET /window/{case_no}` or a
    command. `subject`: numbers of cases, legs or tasks, names of users, digests of documents; never a person's data.
    `code`: of a refusal, e.g. `ROLE`; of an unmasking, why.
    """

    at: datetime
    kind: AuditKind
    actor: str = Field(max_length=64)
    role: str = Field("", max_length=16)
    address: str = Field("", max_length=45)
    action: str = Field(max_length=ACTION_LENGTH)
    subject: str = Field("", max_length=SUBJECT_LENGTH)
    code: str = Field("", max_length=40)
