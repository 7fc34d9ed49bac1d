"""A refusal of routing as a problem at the field that would have to change."""

from catalog.routing import Refusal, RefusalCode
from web.foundation.problems import Unprocessable

_FIELDS = {
    RefusalCode.ITEM_NOT_IN_FORCE: "itemCode",
    RefusalCode.MODE: "mode",
    RefusalCode.APPLICANT: "applicant.idType",
    RefusalCode.ID_TYPE: "applicant.idType",
    RefusalCode.HOUSEHOLD: "applicant.householdRegion",
    RefusalCode.HOUSEHOLD_UNKNOWN: "applicant.householdRegion",
}


def cannot_go(refusal: Refusal, place: str) -> Unprocessable:
    """The problem for a refusal of routing: its code and sentence, at the field that would have to change.

    `place`: the field that names the region, for refusals that depend on it.
    """
    return Unprocessable(refusal.sentence, code=refusal.code, field=_FIELDS.get(refusal.code, place))
