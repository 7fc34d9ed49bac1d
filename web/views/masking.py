"""How an applicant is named to people who need not know (脱敏): a person by the family name, a firm by its two ends."""

from domain.dossier import ERASED_NAME
from domain.outbound import Person
from domain.terms import ApplicantType
from logistics.masking import mask_firm, mask_name


def applicant_masked(person: Person) -> str:
    """The name of a person or a firm, masked; of who was erased, the word that says so."""
    if person.name == ERASED_NAME:
        return ERASED_NAME
    return mask_firm(person.name) if person.type is ApplicantType.ENTERPRISE else mask_name(person.name)
