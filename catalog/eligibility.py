"""Who may be carried for an item: id types and 户籍地 exclusions, as data (办理条件)."""

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
    """The conditions of one item (办理条件): defaults that nobody has confirmed, see data/PROVENANCE.md.

    No id type named: all are good. `reason`, `instead`: sentences for who is excluded, without their full stop.
    """

    id_types: tuple[IdType, ...] = ()
    excluded_households: tuple[str, ...] = ()  # province codes
    reason: str
    instead: str

    def excludes(self, household_region: str) -> bool:
        """Whether people registered in this region (6 digits) can't use the item across regions."""
        return household_region[:2] + "0000" in self.excluded_households
