"""What the provinces accept inside a RECORD: elements, forms and check digits (contracts.md C, table)."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from sandbox.forms import FORM_LIMIT
from sandbox.partners.interprovincial.wire import Refused, moment
from sandbox.partners.interprovincial.xmltree import Node

MODES = ("全程网办", "异地代收代办", "多地联办")
ID_TYPES = ("居民身份证", "港澳台居民居住证", "外国人永久居留身份证", "护照", "统一社会信用代码")
FORMS = ("original", "copy", "electronic", "form")
PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82")
_LONGEST = 4000


@dataclass(frozen=True)
class Submission:
    """A submission that is in form."""

    case_no: str
    item_code: str
    item_name: str
    mode: str
    region: str
    phone: str
    has_parcel: bool
    files: list[str]
    form: dict[str, Any] | None


def text(record: Node, name: str, *, empty: bool = False, code: int = -60) -> str:
    """The one element of that name; `empty`: may be empty or absent. Raises Refused."""
    found = record.all(name)
    if len(found) > 1 or any(one.children for one in found):
        raise Refused(code, name)
    value = found[0].text if found else ""
    if (not value and not empty) or len(value) > _LONGEST:
        raise Refused(code, name)
    return value


def case_no(record: Node) -> str:
    number = text(record, "AJBH")
    if not re.fullmatch("[0-9]{20}[0-9X]", number) or check_character(number[:20]) != number[20]:
        raise Refused(-60, "AJBH")
    return number


def number(record: Node, name: str, most: int) -> int:
    value = text(record, name)
    if not re.fullmatch("[1-9][0-9]{0,8}", value) or int(value) > most:
        raise Refused(-60, name)
    return int(value)


def time_text(record: Node, name: str) -> str:
    value = text(record, name)
    if moment(value) is None:
        raise Refused(-60, name)
    return value


def sha256(record: Node, name: str = "SHA256", *, empty: bool = True) -> str:
    value = text(record, name, empty=empty)
    if value and not re.fullmatch("[0-9a-f]{64}", value):
        raise Refused(-60, name)
    return value


def submission(record: Node, unknown_items: list[str]) -> Submission:
    """Raises Refused −60, −902, −903, −905."""
    number_, item, name, mode = (
        case_no(record),
        text(record, "SXBM"),
        text(record, "SXMC"),
        text(record, "BLFS"),
    )
    if mode not in MODES:
        raise Refused(-60, "BLFS")
    region = text(record, "BLDQH", empty=True)
    files = [digest for line in lines(record) if (digest := _submitted_line(line))]
    tracking = parcel(record)
    time_text(record, "TJSJ")
    form = filled_form(record)
    if not re.fullmatch("YZ-[A-Z]{2,8}-[0-9]{3}", item) or item in unknown_items:
        raise Refused(-902, "SXBM")
    if text(record, "SQRLX", empty=True) not in ("1", "2"):
        raise Refused(-903, "SQRLX")
    phone = person(record)
    agents = record.all("DLR")
    if len(agents) > 1:
        raise Refused(-903, "DLR")
    if agents and (agents[0].children or agents[0].text):
        person(agents[0])
    if not re.fullmatch("[0-9]{6}", region) or not PROVINCES.fullmatch(region[:2]):
        raise Refused(-905, "BLDQH")
    return Submission(number_, item, name, mode, region, phone, bool(tracking), files, form)


def filled_form(record: Node) -> dict[str, Any] | None:
    """BD, JSON in text; None where it is empty or absent."""
    found = record.all("BD")
    if len(found) > 1 or any(one.children or len(one.text.encode()) > FORM_LIMIT for one in found):
        raise Refused(-60, "BD")
    if not found or not found[0].text:
        return None
    try:
        form = json.loads(found[0].text, object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        raise Refused(-60, "BD") from None
    if not _is_form(form):
        raise Refused(-60, "BD")
    return dict(form)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def _never(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_form(form: Any) -> bool:
    if not isinstance(form, dict) or not isinstance(form.get("answers"), dict):
        return False
    lines = form.get("lines")
    if not isinstance(form.get("version"), str) or not isinstance(lines, list):
        return False
    words = ("section", "label", "value")
    return all(isinstance(line, dict) and all(isinstance(line.get(w), str) for w in words) for line in lines)


def person(parent: Node) -> str:
    """XM, ZJLX, ZJHM, LXDH; returns the phone. Raises Refused −903."""
    text(parent, "XM", code=-903)
    kind = text(parent, "ZJLX", code=-903)
    digits = text(parent, "ZJHM", code=-903)
    phone = text(parent, "LXDH", code=-903)
    resident = kind in ("居民身份证", "港澳台居民居住证") and not _resident(digits)
    company = kind == "统一社会信用代码" and not _credit_code(digits)
    if kind not in ID_TYPES or resident or company:
        raise Refused(-903, "ZJHM")
    return phone


def lines(record: Node) -> list[Node]:
    """CLS may be empty but must be there, once."""
    holders = record.all("CLS")
    if len(holders) != 1:
        raise Refused(-60, "CLS")
    return holders[0].all("CL")


def _submitted_line(line: Node) -> str:
    """The hash of the file that a line names, or ""."""
    number(line, "XH", 999)
    manifest_line(line)
    return sha256(line)


def manifest_line(line: Node) -> dict[str, str | int]:
    form = text(line, "XS")
    if form not in FORMS:
        raise Refused(-60, "XS")
    count = text(line, "YS")
    if not re.fullmatch("[0-9]{1,5}", count):
        raise Refused(-60, "YS")
    return {"name": text(line, "MC"), "form": form, "count": int(count)}


def supplement_files(record: Node) -> list[str]:
    return [digest for line in lines(record) if (digest := _submitted_line(line))]


def parcel(record: Node) -> str:
    """Tracking number, or ""."""
    text(record, "FQH", empty=True)
    return text(record, "YJHM", empty=True)


def check_character(digits: str) -> str:
    """ISO 7064 MOD 11-2, by weights."""
    total = sum(int(one) * pow(2, len(digits) - place, 11) for place, one in enumerate(digits))
    return "10X98765432"[total % 11]


def _resident(digits: str) -> bool:
    if not re.fullmatch("[0-9]{17}[0-9X]", digits) or check_character(digits[:17]) != digits[17]:
        return False
    try:
        datetime.strptime(digits[6:14], "%Y%m%d")  # noqa: DTZ007 – a day, not a moment
    except ValueError:
        return False
    return True


def _credit_code(digits: str) -> bool:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(digits) != 18 or any(one not in alphabet for one in digits):
        return False
    total = sum(alphabet.index(one) * pow(3, place, 31) for place, one in enumerate(digits[:17]))
    return (total + alphabet.index(digits[17])) % 31 == 0
