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
    """The conditions of one item (unconfirmed defaults, see data/PROVENANCE.md). No id type named: all are good."""

    id_types: tuple[IdType, ...] = ()
    excluded_households: tuple[str, ...] = ()  # province codes
    reason: str
    instead: str

    def excludes(self, household_region: str) -> bool:
        """Whether people registered there must go home for this item."""
        return household_region[:2] + "0000" in self.excluded_households
