"""Who may be carried for an item: id types and 户籍地 exclusions, as data (办理条件)."""

import csv
import io
from functools import cache
from importlib import resources

from domain.model import Frozen
from domain.terms import ApplicantType, IdType


class RouteApplicant(Frozen):
    """What routing needs to know of an applicant; nothing that names a person."""

    id_type: IdType | None = None
    household_region: str | None = None

    @property
    def kind(self) -> ApplicantType | None:
        """A credit code means an enterprise, any other document a person."""
        if self.id_type is None:
            return None
        enterprise = self.id_type is IdType.CREDIT_CODE
        return ApplicantType.ENTERPRISE if enterprise else ApplicantType.PERSONAL


class Eligibility(Frozen):
    """The conditions of one item (unconfirmed defaults, see data/PROVENANCE.md)."""

    id_types: frozenset[IdType]
    excluded_households: frozenset[str]  # province codes
    reason: str
    instead: str

    def excludes(self, household_region: str) -> bool:
        """Whether people registered there must go home for this item."""
        return household_region[:2] + "0000" in self.excluded_households


@cache
def _table() -> dict[str, Eligibility]:
    text = (resources.files("catalog") / "data" / "eligibility.csv").read_text("utf-8")
    return {
        row["item_code"]: Eligibility(
            id_types=frozenset(IdType(name) for name in row["id_types"].split(";") if name),
            excluded_households=frozenset(code for code in row["excluded_households"].split(";") if code),
            reason=row["reason"],
            instead=row["instead"],
        )
        for row in csv.DictReader(io.StringIO(text))
    }


def conditions(item_code: str) -> Eligibility | None:
    """The conditions of an item; None: anyone whom the item admits."""
    return _table().get(item_code)
