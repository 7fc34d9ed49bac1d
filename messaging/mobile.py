"""Which phone numbers can take a short message (手机号)."""

import re

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PREFIX = re.compile(r"^(\+?86|0086)")


def mobile_of(phone: str) -> str:
    """The 11 digits of a mainland mobile number, however it was written; "" for any other number."""
    digits = _PREFIX.sub("", re.sub(r"[\s\-()（）]", "", phone))
    return digits if _MOBILE.fullmatch(digits) else ""
