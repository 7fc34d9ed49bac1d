"""Parcel numbers (运单号): S10 numbers of the carrier, seal numbers of ours.

S10 (UPU standard S10): two letters of service, eight digits, a check digit, two letters of country.
decisions.md 13: a carrier number comes from the carrier; a partner's number is opaque text.
"""

import re

_S10 = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
_SEAL = re.compile(r"YZ[0-9]{7}")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


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
