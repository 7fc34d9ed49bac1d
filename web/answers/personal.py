"""Personal data in clear, and what becomes of it."""

from domain.personal import Consented, HoldKind, UnmaskField
from web.answers.base import Answer, Moment


class ValueUnmasked(Answer):
    """One value in clear. `whose`: 申请人, 取件联系人 or 收件联系人."""

    field: UnmaskField
    label: str
    whose: str
    value: str


class Unmasked(Answer):
    """To be shown for `seconds` and kept nowhere."""

    case_no: str
    seconds: int
    values: list[ValueUnmasked]


class ConsentWithdrawn(Answer):
    """`withdrawn`: everything of this case for which consent was withdrawn. `sentence`: what follows from this one."""

    case_no: str
    withdrawn: list[Consented]
    sentence: str


class HoldShown(Answer):
    """What holds the erasing of a case's personal data; `kind` null: nothing that was set."""

    case_no: str
    kind: HoldKind | None
    label: str
    until: Moment | None
    set_by: str | None
