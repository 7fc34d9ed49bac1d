"""What a scanner, an input method or a person gives for a code, read as one code: the same rules as on the device.

web/static/js/scan/codes.js does the same; both are tried on tests/vectors/scanned_codes.json.
"""

import re
import unicodedata

_AIM = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
_INVISIBLE = re.compile(r"[\s\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_LABEL = re.compile(r"YZ1\|[^|]+\|(PICKUP|FORWARD|BACK|DELIVERY)\|[0-9a-f]{8}", re.IGNORECASE)


def clean(text: str) -> str:
    """Without what a device adds: full-width forms, control characters, `]C1` in front, the stars of Code 39.

    In capitals, but for our label's square code, whose seal is in small letters.
    """
    code = _AIM.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)), count=1)
    if len(code) > 2 and code.startswith("*") and code.endswith("*"):
        code = code[1:-1]
    return code if _LABEL.fullmatch(code) else code.upper()


def number_of(text: str) -> str:
    """The number that a code names; our label's square code carries it as its second part."""
    parts = clean(text).split("|")
    return (parts[1] if parts[0].upper() == "YZ1" and len(parts) > 1 and parts[1] else "|".join(parts)).upper()
