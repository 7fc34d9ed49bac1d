"""Birth, sex and full years of a person (出生、性别、周岁), from the document's number where it says them."""

from datetime import date

from domain.terms import IdType

_GB11643 = frozenset({IdType.RESIDENT, IdType.HMT_RESIDENT})


def born(id_type: IdType, number: str) -> date | None:
    """The date of birth that a checked number carries (characters 7–14); None where its kind carries none."""
    if len(number) != 18 or id_type not in _GB11643 | {IdType.FOREIGN_PERMANENT}:
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def is_man(id_type: IdType, number: str) -> bool | None:
    """Whether the 17th digit is odd (GB 11643); None where the document does not say it."""
    if id_type not in _GB11643 or len(number) != 18 or not number[16].isdigit():
        return None
    return int(number[16]) % 2 == 1


def full_years(birth: date, on: date) -> int:
    """Full years on a day (周岁); who was born on 29 February has the birthday on 1 March in other years."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
