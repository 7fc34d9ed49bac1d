"""Electronic licences (电子证照): their types, and one that stands in for a material."""

from catalog.model import Applicants
from domain.licences import OfficeWord
from domain.terms import IdType
from web.answers.base import Answer, Moment


class LicenceTypeShown(Answer):
    """One type. `numberKind`: its number is one of this kind; null: any text."""

    name: str
    holder: Applicants
    number_kind: IdType | None
    department: str


class LicenceTypes(Answer):
    """`checked`: their office can be asked; else the clerk looks at a licence himself."""

    checked: bool
    types: list[LicenceTypeShown]


class LicenceShown(Answer):
    """A licence that stands in for a material; number and holder masked. `holder` null: the applicant.

    `word`, `checkId`, `checkedAt`: of its office's answer, null without one. `lookedBy`: the clerk who has seen it.
    """

    type: str
    number: str
    issuer: str
    holder: str | None
    consented_at: Moment
    word: OfficeWord | None
    word_label: str | None
    check_id: str | None
    checked_at: Moment | None
    answer_sha256: str | None
    looked_by: str | None
    looked_at: Moment | None
