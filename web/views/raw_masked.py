"""The bytes of a message for eyes (原文): as they are, but for what tells of a person (脱敏)."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from logistics.masking import mask_address, mask_id, mask_name, mask_phone

SHOWN_BYTES: Final = 65_536
_PERSON: Final = {"idNumber": mask_id, "phone": mask_phone, "contactPhone": mask_phone, "contactName": mask_name}
_PLACE: Final = {"address": mask_address}
_TAGS: Final = {"XM": mask_name, "ZJHM": mask_id, "LXDH": mask_phone}
_IN_TAGS: Final = re.compile(r"(<(XM|ZJHM|LXDH)>)([^<]*)(</\2>)")
# Whatever else has the form of an identity or a mobile number, wherever it stands; a case number has 21 characters.
_ANYWHERE: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|1[3-9][0-9]{9})(?![0-9A-Za-z])")


def raw_shown(raw: bytes) -> str | None:
    """The text of a message with its people masked, at most 64 kB of it; None where it is no text that we can read.

    JSON, lines of JSON and XML are read to know what is a person; everything else stays byte for byte.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    start = text.lstrip()[:1]
    if start == "<":
        masked = _IN_TAGS.sub(lambda found: f"{found[1]}{_TAGS[found[2]](found[3])}{found[4]}", text)
    elif start in ("{", "["):
        masked_json = _masked_json(text)
        if masked_json is None:
            return None
        masked = masked_json
    else:
        return None
    return _ANYWHERE.sub(lambda found: _by_form(found[0]), masked)[:SHOWN_BYTES]


def _masked_json(text: str) -> str | None:
    """With each person's values replaced where they stand; None where a line is no JSON."""
    lines = [text] if _parsed(text) is not None else text.splitlines()
    parsed = [_parsed(line) for line in lines if line.strip()]
    if any(value is None for value in parsed):
        return None
    for value, instead in sorted({pair for one in parsed for pair in _people(one)}, key=lambda pair: -len(pair[0])):
        for ascii_only in (False, True):
            written = json.dumps(value, ensure_ascii=ascii_only)
            text = text.replace(written, json.dumps(instead, ensure_ascii=False))
    said = {value for one in parsed for value, _ in _people(one)}
    left = {value for line in (text.splitlines() if len(parsed) > 1 else [text]) for value, _ in _people(_parsed(line))}
    return None if left & said else text  # written in a way that was not found


def _people(value: Any) -> Iterator[tuple[str, str]]:
    """(value, masked) of everything that tells of a person, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from _people(each)
    elif isinstance(value, dict):
        masks = dict(_PERSON | _PLACE)
        if "idNumber" in value:
            masks["name"] = mask_name
        for name, member in value.items():
            if name in masks and isinstance(member, str) and member:
                yield member, masks[name](member)
            else:
                yield from _people(member)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _by_form(found: str) -> str:
    return mask_phone(found) if len(found) == 11 else mask_id(found)
