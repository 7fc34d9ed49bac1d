"""Parcel numbers (运单号): S10 and 13-digit numbers of the carrier, leg and seal numbers of ours.

S10 (UPU standard S10): two letters of service, eight digits, a check digit, two letters of country. The
13-digit domestic form has no public check digit, so only its form is judged (courier.md §8).
decisions.md 13: a carrier number comes from the carrier; a partner's number is opaque text.
"""

import re
from enum import StrEnum

from domain.terms import Leg

_S10 = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
_DOMESTIC = re.compile(r"[0-9]{13}")
_INTERNAL = re.compile(r"([0-9]{20}[0-9X])-([PFBD])([1-9][0-9]?)")
_SEAL = re.compile(r"YZ[0-9]{7}")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)

_LEG_LETTER = {Leg.PICKUP: "P", Leg.FORWARD: "F", Leg.BACK: "B", Leg.DELIVERY: "D"}
_LEG_OF_LETTER = {letter: leg for leg, letter in _LEG_LETTER.items()}


class NumberScheme(StrEnum):
    """Whose number it is (单号种类), courier.md §5."""

    S10 = "S10"  # international form, with check digit
    CN13 = "CN13"  # domestic form, form only
    INTERNAL = "internal"  # ours, before or without a carrier number


def normalise(text: str) -> str:
    """A typed or scanned number without blanks and in capitals; nothing else is repaired."""
    return re.sub(r"\s", "", text).upper()


def s10_check_digit(serial: str) -> str:
    """Check digit of eight digits; weights 8 6 4 2 3 5 9 7, 11 − r, 10 → 0, 11 → 5 (UPU S10).

    Raises:
        ValueError: `serial` is not eight digits.
    """
    if not re.fullmatch(r"[0-9]{8}", serial):
        raise ValueError("an S10 serial has eight digits")
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def make_s10(service: str, serial: int, country: str = "CN") -> str:
    """An S10 number such as EB000717618HK from its parts; the sandbox's courier program issues them.

    Raises:
        ValueError: service or country are not two capital letters, or serial is outside 0 … 99,999,999.
    """
    digits = f"{serial:08d}"
    if not (re.fullmatch(r"[A-Z]{2}", service) and re.fullmatch(r"[A-Z]{2}", country)):
        raise ValueError("service and country are two capital letters each")
    return f"{service}{digits}{s10_check_digit(digits)}{country}"


def is_s10(number: str) -> bool:
    """True for a well-formed S10 number with the right check digit."""
    found = _S10.fullmatch(number)
    return found is not None and s10_check_digit(found[2]) == found[3]


def is_domestic(number: str) -> bool:
    """True for thirteen digits; there is no public check digit (courier.md §8)."""
    return _DOMESTIC.fullmatch(number) is not None


def make_internal(handling_no: str, leg: Leg, ordinal: int = 1) -> str:
    """Our number of a leg, e.g. 500103202611230000013-P1; `ordinal` 1 … 99 counts legs of the same kind.

    Raises:
        ValueError: the parts don't make a number of the form.
    """
    number = f"{handling_no}-{_LEG_LETTER[leg]}{ordinal}"
    if not _INTERNAL.fullmatch(number):
        raise ValueError("an internal number is a case number, a leg's letter and 1 … 99")
    return number


def leg_of_internal(number: str) -> Leg | None:
    """The leg that one of our numbers names, None when it is not ours."""
    found = _INTERNAL.fullmatch(number)
    return _LEG_OF_LETTER[found[2]] if found else None


def scheme_of(number: str) -> NumberScheme | None:
    """Which kind of number this is, None for none of them (an S10 with a wrong check digit too)."""
    if is_s10(number):
        return NumberScheme.S10
    if is_domestic(number):
        return NumberScheme.CN13
    return NumberScheme.INTERNAL if _INTERNAL.fullmatch(number) else None


def make_seal(serial: int) -> str:
    """Number of a dossier seal (封签号), e.g. YZ0000001.

    Raises:
        ValueError: serial is outside 1 … 9,999,999.
    """
    if not 1 <= serial <= 9_999_999:
        raise ValueError("a seal's serial is 1 … 9,999,999")
    return f"YZ{serial:07d}"


def is_seal(number: str) -> bool:
    """True for the form of our seal numbers; a partner's seal is opaque text."""
    return _SEAL.fullmatch(number) is not None


def manual_entry_agrees(first: str, second: str) -> bool:
    """Typed numbers are entered twice: S10 lets 1.68 % of single-digit errors pass (courier.md §8)."""
    return normalise(first) == normalise(second) and scheme_of(normalise(first)) is not None
