"""Numbers and names that people and offices carry (标识): checked, brought into one form, never guessed.

Every failure is an `IdentifierError` whose text is the Chinese sentence shown at the field. It never
repeats the number itself, so the sentence may be logged.
Sources: GB 11643 (公民身份号码), GB 32100 (统一社会信用代码), ISO 7064 MOD 11-2, GB/T 2260,
contracts.md "Common rules".
"""

import re
import unicodedata
from datetime import date
from typing import Final

from domain.errors import BadInput
from domain.terms import ApplicantType, IdType


class IdentifierError(BadInput, ValueError):
    """A number or name that cannot be taken; `sentence` is what the user reads (提示语).

    A ValueError as well, so that it may be raised inside a model's validator.
    """


# GB/T 2260 province codes that a resident number may begin with; 81/82/83 belong to residence permits.
_PROVINCES: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71")
_HMT_REGIONS: Final = frozenset({"810000", "820000", "830000"})
_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I O S V Z
_OLDEST_YEARS: Final = 130
_EARLIEST_BIRTH: Final = date(1890, 1, 1)
_MAX_SERIAL: Final = 999_999


def mod_11_2(digits: str) -> str:
    """Check character of a string of `[0-9]` by ISO 7064 MOD 11-2 (校验码), `0`–`9` or `X`."""
    remainder = 0
    for digit in digits:
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def check_id(id_type: IdType, number: str, *, today: date | None = None) -> str:
    """Check an identity number (证件号码) and return it normalised: upper case, no blanks between groups.

    Full-width and other digits are refused, not read: who types them means to write, not to be corrected.

    `today` bounds dates of birth on both sides; None: no upper bound, and not before 1890. Raises IdentifierError.
    """
    text = _half_width(number, "证件号码")
    if not text:
        raise IdentifierError("请填写证件号码。")
    match id_type:
        case IdType.RESIDENT:
            return _resident(text, today)
        case IdType.HMT_RESIDENT:
            return _hmt_resident(text, today)
        case IdType.FOREIGN_PERMANENT:
            return _foreign_permanent(text, today)
        case IdType.PASSPORT:
            return _passport(text)
        case IdType.CREDIT_CODE:
            return check_credit_code(text)


_BETWEEN_GROUPS: Final = re.compile(r"[ \t\u00a0\u3000\u2010-\u2015\u2212-]")


def _plain(text: str) -> str:
    """Half-width, upper case, without the blanks and dashes people type between groups."""
    return _BETWEEN_GROUPS.sub("", unicodedata.normalize("NFKC", text).strip().upper())


def _half_width(number: str, what: str) -> str:
    """Upper case, without blanks and dashes between groups; what is not plain ASCII is refused."""
    text = _BETWEEN_GROUPS.sub("", number)
    if any(unicodedata.category(char) in {"Cc", "Cf"} for char in text):
        raise IdentifierError(f"{what}中有看不见的控制字符，请删除后重新输入。")
    if not text.isascii():
        raise IdentifierError(f"{what}应使用半角数字和字母，请关闭全角输入后重新填写。")
    return text.upper()


def _resident(text: str, today: date | None) -> str:
    """GB 11643: 6-digit address, yyyyMMdd, 3-digit order, check character."""
    if re.fullmatch(r"[0-9]{15}", text):
        raise IdentifierError("15位旧身份证号码已停用，请填写18位居民身份证号码。")
    _check_gb11643_form(text, "居民身份证号码")
    if text[:6] in _HMT_REGIONS:
        raise IdentifierError("这是港澳台居民居住证号码，请把证件类型改为“港澳台居民居住证”。")
    if not _PROVINCES.fullmatch(text[:2]):
        raise IdentifierError("居民身份证号码前两位不是有效的省份代码，请核对。")
    _check_birth(text[6:14], "居民身份证号码", today)
    _check_mod_11_2(text, "居民身份证号码")
    return text


def _hmt_resident(text: str, today: date | None) -> str:
    """港澳台居民居住证: GB 11643 with address 810000, 820000 or 830000 (国办发〔2018〕81号)."""
    _check_gb11643_form(text, "港澳台居民居住证号码")
    if text[:6] not in _HMT_REGIONS:
        raise IdentifierError("港澳台居民居住证号码应以810000、820000或830000开头，请核对证件类型。")
    _check_birth(text[6:14], "港澳台居民居住证号码", today)
    _check_mod_11_2(text, "港澳台居民居住证号码")
    return text


def _foreign_permanent(text: str, today: date | None) -> str:
    """外国人永久居留身份证: 18 characters since 2023-12-01 (9 + province + country + birth …), 15 before."""
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", text):
        return text
    if not re.fullmatch(r"9[0-9]{16}[0-9X]", text):
        raise IdentifierError("外国人永久居留身份证号码应为9开头的18位号码，或3个字母加12位数字的旧版号码。")
    _check_birth(text[6:14], "外国人永久居留身份证号码", today)
    _check_mod_11_2(text, "外国人永久居留身份证号码")
    return text


def _passport(text: str) -> str:
    """护照: form only, every country numbers its own (ICAO 9303)."""
    if not re.fullmatch(r"[A-Z0-9]{5,17}", text) or not re.search(r"[0-9]", text):
        raise IdentifierError("护照号码应为5至17位字母和数字，请按护照资料页填写。")
    return text


def _check_gb11643_form(text: str, what: str) -> None:
    if len(text) != 18:
        raise IdentifierError(f"{what}应为18位，现在是{len(text)}位。")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        raise IdentifierError(f"{what}前17位应为数字，末位应为数字或X。")


def _check_birth(day: str, what: str, today: date | None) -> None:
    try:
        born = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        raise IdentifierError(f"{what}中的出生日期不存在，请核对第7至14位。") from None
    earliest = _EARLIEST_BIRTH if today is None else today.replace(year=today.year - _OLDEST_YEARS, day=1)
    if born < earliest or (today is not None and born > today):
        raise IdentifierError(f"{what}中的出生日期不合理，请核对第7至14位。")


def _check_mod_11_2(text: str, what: str) -> None:
    if mod_11_2(text[:-1]) != text[-1]:
        raise IdentifierError(f"{what}校验位不符，请逐位核对。")


def check_credit_code(code: str) -> str:
    """Check a 统一社会信用代码 (GB 32100, 18 characters) and return it in upper case. Raises IdentifierError."""
    text = _half_width(code, "统一社会信用代码")
    if len(text) != 18:
        raise IdentifierError(f"统一社会信用代码应为18位，现在是{len(text)}位。")
    if any(char not in _CREDIT_ALPHABET for char in text):
        raise IdentifierError("统一社会信用代码只含数字和大写字母，不含I、O、S、V、Z。")
    if not re.fullmatch(r"[0-9]{6}", text[2:8]):
        raise IdentifierError("统一社会信用代码第3至8位应为数字（登记机关行政区划）。")
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(text[:17]))
    if _CREDIT_ALPHABET[-total % 31] != text[17]:
        raise IdentifierError("统一社会信用代码校验位不符，请逐位核对。")
    return text


def normalise_phone(phone: str) -> str:
    """Bring a mainland phone number (联系电话) into `13800000001` or `023-63883926`. Raises IdentifierError."""
    text = re.sub(r"[ \t()\u2010-\u2015\u2212-]", "", unicodedata.normalize("NFKC", phone))
    if not text:
        raise IdentifierError("请填写联系电话。")
    text = re.sub(r"\A(?:\+86|0086|86(?=1[0-9]{10}\Z))", "", text)
    if re.fullmatch(r"1[3-9][0-9]{9}", text):
        return text
    # Two-digit area codes exist only for 010 and 02x; all others have three digits after the zero.
    landline = re.fullmatch(r"(010|02[0-9]|0[3-9][0-9]{2})([2-9][0-9]{6,7})", text)
    if landline:
        return f"{landline[1]}-{landline[2]}"
    if re.fullmatch(r"[0-9]+", text) and text.startswith("1"):
        raise IdentifierError(f"手机号码应为11位，现在是{len(text)}位，请核对。")
    raise IdentifierError("联系电话格式不对，请填写11位手机号码，或带区号的固定电话。")


_DOTS: Final = re.compile("[\u2022\u2027\u2219\u22c5\u30fb\uff65\u25cf\u0387]")
_HAN_STOP: Final = re.compile(r"(?<=[\u3400-\u9fff])[.．](?=[\u3400-\u9fff])")
_COMPATIBILITY_HAN: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f])")
_NAME_MAX: Final = {ApplicantType.PERSONAL: 64, ApplicantType.ENTERPRISE: 120}


def check_name(name: str, kind: ApplicantType = ApplicantType.PERSONAL) -> str:
    """Check a name (姓名/单位名称) and return it composed, with one `·` and single blanks.

    Rare Han characters of every plane pass, also those newer than this Python's Unicode tables, and
    compatibility characters stay as the certificate writes them. Raises IdentifierError.
    """
    what = "姓名" if kind is ApplicantType.PERSONAL else "单位名称"
    text = re.sub(r"[ \u00a0\u3000]+", " ", name).strip(" ")
    if not text:
        raise IdentifierError(f"请填写{what}。")
    if len(text) > _NAME_MAX[kind]:
        raise IdentifierError(f"{what}最多{_NAME_MAX[kind]}个字。")
    for place, char in enumerate(text):
        _check_name_character(char, text[:place], what)
    # NFC would rewrite compatibility Han characters into others, so it runs around them only.
    parts = _COMPATIBILITY_HAN.split(text)
    text = "".join(part if _COMPATIBILITY_HAN.fullmatch(part) else unicodedata.normalize("NFC", part) for part in parts)
    text = _HAN_STOP.sub("·", _DOTS.sub("·", text))
    if kind is ApplicantType.PERSONAL:
        _check_personal(text)
    return text


def _check_name_character(char: str, before: str, what: str) -> None:
    point, category = ord(char), unicodedata.category(char)
    if category == "Co":
        raise IdentifierError(f"{what}中有自造字，其他系统无法显示，请改用标准汉字输入（GB 18030）。")
    unassigned_han = 0x20000 <= point <= 0x3FFFD and point & 0xFFFE != 0xFFFE
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"} or (category == "Cn" and not unassigned_han):
        raise IdentifierError(f"{what}中有看不见的控制字符，请删除后重新输入。")
    if category == "Mn" and (not before or 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF):
        raise IdentifierError(f"{what}中有多余的组合符号，请重新输入。")


def _check_personal(text: str) -> None:
    for char in text:
        # Radicals (⼀ for 一) come from copied documents and stay as they stand there.
        letter = unicodedata.category(char)[0] in "LM" or ord(char) >= 0x20000 or 0x2E80 <= ord(char) <= 0x2FDF
        if not letter and char not in "·〇 -'’.,":
            raise IdentifierError(f"姓名中不能有“{char}”，请按证件填写。")
    if text[0] in "·-'’.," or text[-1] in "·-" or "··" in text:
        raise IdentifierError("姓名中间隔号“·”应只在两段之间出现一次，请按证件填写。")
    if re.fullmatch(r"[·〇 \-'’.,]+", text) and "〇" not in text:
        raise IdentifierError("姓名中没有文字，请按证件填写。")


def normalise_line(text: str) -> str:
    """A number or a name of an authority as people type it: one form, single blanks. Raises IdentifierError."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
    if len(plain) < 2 or not any(unicodedata.category(char)[0] in "LN" for char in plain):
        raise IdentifierError("请填写完整。")
    if any(unicodedata.category(char)[0] == "C" for char in plain):
        raise IdentifierError("内容中有看不见的控制字符，请删除后重新输入。")
    return plain


def normalise_region(code: str) -> str:
    """6-digit GB/T 2260 code from its 6- or 12-digit form (行政区划代码).

    Form only: the catalogue knows which regions exist. Raises IdentifierError.
    """
    text = _BETWEEN_GROUPS.sub("", code)
    if re.fullmatch(r"[1-9][0-9]{5}", text):
        return text
    if re.fullmatch(r"[1-9][0-9]{5}000000", text):
        return text[:6]
    raise IdentifierError("行政区划代码应为6位数字，例如渝中区500103。")


def make_case_number(region: str, day: date, serial: int) -> str:
    """Make a case number (办件编号): region + yyyyMMdd + 6-digit serial + MOD 11-2 character, 21 characters.

    Raises ValueError for a region out of form or a serial outside 1..999999: those are our own mistakes.
    """
    if not re.fullmatch(r"[0-9]{6}", region):
        raise ValueError("region must be six digits")
    if not 1 <= serial <= _MAX_SERIAL:
        raise ValueError("serial must be within 1..999999")
    body = f"{region}{day.isoformat().replace('-', '')}{serial:06d}"
    return body + mod_11_2(body)


def is_case_number(text: str) -> bool:
    """Whether this is "ours to come": the form and the check character (contracts.md "Case number")."""
    return re.fullmatch(r"[0-9]{20}[0-9X]", text) is not None and mod_11_2(text[:20]) == text[20]
