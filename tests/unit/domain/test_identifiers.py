"""Identifiers: the shared vectors, the standards' own examples, and the sentence at the field."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from domain.identifiers import (
    IdentifierError,
    check_credit_code,
    check_id,
    check_name,
    is_case_number,
    make_case_number,
    mod_11_2,
    normalise_phone,
    normalise_region,
)
from domain.terms import ApplicantType, IdType

# The "numbers" part of the contract's vectors, copied so that the test stands alone.
NUMBERS = json.loads((Path(__file__).parent / "data" / "numbers.json").read_text("utf-8"))


@pytest.mark.parametrize("number", NUMBERS["case_numbers"])
def test_contract_case_numbers(number):
    assert is_case_number(number)
    assert make_case_number(number[:6], date.fromisoformat(number[6:14]), int(number[14:20])) == number


@pytest.mark.parametrize(
    "text",
    [
        NUMBERS["bad_case_number"],
        NUMBERS["case_numbers"][0] + "\n",
        NUMBERS["case_numbers"][0][:-1],
        "",
        "５" + NUMBERS["case_numbers"][0][1:],
        "٥" + NUMBERS["case_numbers"][0][1:],
        NUMBERS["case_numbers"][0] + "0",
    ],
)
def test_not_a_case_number(text):
    assert not is_case_number(text)


def test_case_number_with_x():
    number = make_case_number("500103", date(2026, 11, 23), 3)
    assert number == "50010320261123000003X"
    assert not is_case_number(number.lower())


@given(st.dates(), st.integers(1, 999_999), st.integers(0, 19), st.integers(1, 9))
def test_any_one_wrong_digit_is_seen(day, serial, place, shift):
    number = make_case_number("500103", day, serial)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert is_case_number(number)
    assert not is_case_number(wrong)


@pytest.mark.parametrize(("region", "serial"), [("50010", 1), ("50010X", 1), ("500103", 0), ("500103", 1_000_000)])
def test_case_number_out_of_range(region, serial):
    with pytest.raises(ValueError, match="must be"):
        make_case_number(region, date(2026, 1, 1), serial)


@pytest.mark.parametrize("number", NUMBERS["id_numbers"])
def test_resident_vectors(number):
    assert check_id(IdType.RESIDENT, number) == number


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (NUMBERS["id_bad_check"][0], "校验位不符"),
        (NUMBERS["id_bad_date_good_check"][0], "出生日期不存在"),
        ("", "请填写证件号码"),
        ("110105491231002", "15位旧身份证"),
        ("1101051949123100", "应为18位，现在是16位"),
        ("11010519491231002A", "末位应为数字或X"),
        ("99010519491231002X", "省份代码"),
        ("810000199408230021", "港澳台居民居住证"),
    ],
)
def test_resident_refused(number, sentence):
    with pytest.raises(IdentifierError, match=sentence) as caught:
        check_id(IdType.RESIDENT, number)
    assert caught.value.sentence == str(caught.value)
    assert not number or number not in caught.value.sentence


def test_resident_is_normalised():
    assert check_id(IdType.RESIDENT, " 110105 19491231–002x\u3000") == "11010519491231002X"


@pytest.mark.parametrize(
    ("kind", "number", "sentence"),
    [
        (IdType.RESIDENT, "１１０１０５１９４９１２３１００２Ｘ", "半角"),
        (IdType.RESIDENT, "11010519491231002Ｘ", "半角"),
        (IdType.RESIDENT, "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "半角"),
        (IdType.PASSPORT, "Ｅ12345678", "半角"),
        (IdType.CREDIT_CODE, "１1500000009275780L", "半角"),
        (IdType.RESIDENT, "11010519491231002X\n", "看不见"),
        (IdType.RESIDENT, "110105\u200b19491231002X", "看不见"),
        (IdType.CREDIT_CODE, "11500000009275780L\n", "看不见"),
    ],
)
def test_other_digits_and_what_cannot_be_seen_are_refused_not_read(kind, number, sentence):
    with pytest.raises(IdentifierError, match=sentence):
        check_id(kind, number)


def test_nobody_is_older_than_130():
    def born(day):
        return f"500103{day}001" + mod_11_2(f"500103{day}001")

    assert check_id(IdType.RESIDENT, born("18961101"), today=date(2026, 11, 23))  # to the month
    with pytest.raises(IdentifierError, match="不合理"):
        check_id(IdType.RESIDENT, born("18961031"), today=date(2026, 11, 23))


def test_birth_in_the_future():
    body = "50010320270101001"
    number = body + mod_11_2(body)
    assert check_id(IdType.RESIDENT, number) == number
    with pytest.raises(IdentifierError, match="不合理"):
        check_id(IdType.RESIDENT, number, today=date(2026, 11, 23))


def test_hmt_residence_permit():
    # The specimen printed on the ministry's permit.
    assert check_id(IdType.HMT_RESIDENT, "810000199408230021") == "810000199408230021"
    for wrong, sentence in [("11010519491231002X", "810000"), ("810000199408230022", "校验位")]:
        with pytest.raises(IdentifierError, match=sentence):
            check_id(IdType.HMT_RESIDENT, wrong)


def test_foreign_permanent_residents():
    body = "93184019800101001"
    assert check_id(IdType.FOREIGN_PERMANENT, body + mod_11_2(body)) == body + mod_11_2(body)
    assert check_id(IdType.FOREIGN_PERMANENT, "usa110080010101") == "USA110080010101"
    wrong = "0" if mod_11_2(body) != "0" else "1"
    for bad in (body + wrong, "931840198001010", "11010519491231002X"):
        with pytest.raises(IdentifierError, match="外国人永久居留身份证号码"):
            check_id(IdType.FOREIGN_PERMANENT, bad)


def test_passports():
    assert check_id(IdType.PASSPORT, "e12345678") == "E12345678"
    for bad in ("E12", "ABCDEFGH", "E1234/678", "E" * 18):
        with pytest.raises(IdentifierError, match="护照号码"):
            check_id(IdType.PASSPORT, bad)


@pytest.mark.parametrize("code", [*NUMBERS["credit_codes"], "11500000009275780L", "11511300008778693M"])
def test_credit_codes(code):
    assert check_id(IdType.CREDIT_CODE, code.lower()) == code


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (NUMBERS["credit_bad_check"][0], "校验位不符"),
        ("91350100M000100Y4", "现在是17位"),
        ("91350100I000100Y43", "不含I"),
        ("9135A100M000100Y43", "行政区划"),
    ],
)
def test_credit_codes_refused(code, sentence):
    with pytest.raises(IdentifierError, match=sentence):
        check_credit_code(code)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("13800000001", "13800000001"),
        ("+86 138-0000-0001", "13800000001"),
        ("0086 13800000001", "13800000001"),
        ("８６１３８０００００００１", "13800000001"),
        ("(023) 63883926", "023-63883926"),
        ("0826-2345678", "0826-2345678"),
        ("+86 010 12345678", None),
        ("010 62345678", "010-62345678"),
    ],
)
def test_phones(typed, normal):
    if normal is None:
        with pytest.raises(IdentifierError):
            normalise_phone(typed)
    else:
        assert normalise_phone(typed) == normal


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "请填写"),
        ("1380000000", "现在是10位"),
        ("12800000001", "11位"),
        ("63883926", "区号"),
        ("电话", "格式"),
        ("13800000001\n", "11位|格式"),
        ("13800\u200b000001", "格式"),
    ],
)
def test_phones_refused(typed, sentence):
    with pytest.raises(IdentifierError, match=sentence):
        normalise_phone(typed)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("张三", "张三"),
        ("  李  四 ", "李 四"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉.买买提", "阿卜杜拉·买买提"),
        ("𠅤𬎆", "𠅤𬎆"),  # Extension B and E
        ("王\U000323b0", "王\U000323b0"),  # Extension J, newer than the tables of Python 3.11
        ("王\U0003fffd", "王\U0003fffd"),  # the last place of all, should they ever fill them
        ("\uf9dc\u5b50", "\uf9dc\u5b50"),  # a compatibility form stays itself
        ("⼀", "⼀"),  # a radical copied from a document stays as it is
        ("〇一", "〇一"),
        ("Jose\u0301 O'Neil", "José O'Neil"),
        ("SMITH JOHN-PAUL", "SMITH JOHN-PAUL"),
    ],
)
def test_names(typed, normal):
    assert check_name(typed) == normal


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("　 ", "请填写姓名"),
        ("张\u200b三", "控制字符"),
        ("张\u202e三", "控制字符"),
        ("张\u0000三", "控制字符"),
        ("张\ud800", "控制字符"),
        ("张\ue000", "自造字"),
        ("\u0301张", "组合符号"),
        ("张\ufe0f", "组合符号"),
        ("葛\U000e0100城", "组合符号"),
        ("张三\n", "控制字符"),
        ("张3", "不能有“3”"),
        ("张<b>", "不能有“<”"),
        ("·张三", "间隔号"),
        ("阿··里", "间隔号"),
        ("张" * 65, "最多64个字"),
        (" . ", "间隔号"),
    ],
)
def test_names_refused(typed, sentence):
    with pytest.raises(IdentifierError, match=sentence):
        check_name(typed)


def test_enterprise_names_may_hold_digits_and_brackets():
    assert check_name("重庆（渝中）360网络有限公司", ApplicantType.ENTERPRISE) == "重庆（渝中）360网络有限公司"
    with pytest.raises(IdentifierError, match="单位名称中有看不见"):
        check_name("公司\u2066", ApplicantType.ENTERPRISE)


def test_regions():
    assert normalise_region("500103") == "500103"
    assert normalise_region("511602000000") == "511602"
    for bad in ("050103", "50010", "511602001000", "渝中区", ""):
        with pytest.raises(IdentifierError, match="6位数字"):
            normalise_region(bad)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9), st.integers(0, 30))
def test_credit_codes_agree_with_an_independent_checker(organisation, last):
    code = f"91500103{organisation}" + "0123456789ABCDEFGHJKLMNPQRTUWXY"[last]
    try:
        accepted = check_credit_code(code) == code
    except IdentifierError:
        accepted = False
    assert accepted == uscc.is_valid(code)


@given(st.dates(date(1930, 1, 1), date(2020, 12, 31)), st.integers(0, 999), st.sampled_from("0123456789X"))
def test_resident_numbers_agree_with_an_independent_checker(born, order, last):
    number = f"500103{born:%Y%m%d}{order:03d}{last}"
    try:
        accepted = check_id(IdType.RESIDENT, number) == number
    except IdentifierError:
        accepted = False
    # Its table of places is older than ours, so only the check character is compared.
    assert accepted == (ric.calc_check_digit(number) == last)
