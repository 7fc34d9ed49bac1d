"""A refusal of routing as a problem at the field that would have to change."""

from catalog.routing import Refusal, RefusalCode
from web.problems import Unprocessable

_FIELDS = {
    RefusalCode.ITEM_NOT_IN_FORCE: "itemCode",
    RefusalCode.MODE: "mode",
    RefusalCode.APPLICANT: "applicant.idType",
    RefusalCode.ID_TYPE: "applicant.idType",
    RefusalCode.HOUSEHOLD: "applicant.householdRegion",
    RefusalCode.HOUSEHOLD_UNKNOWN: "applicant.householdRegion",
}


def cannot_go(refusal: Refusal, place: str) -> Unprocessable:
    """422 with why and what would work; `place` is the field that names the region."""
    return Unprocessable(refusal.sentence, code=refusal.code, field=_FIELDS.get(refusal.code, place))
