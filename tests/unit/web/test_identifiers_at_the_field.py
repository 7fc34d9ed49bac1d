"""domain.md §2.7 at the HTTP edge: each wrong identifier is told at its field, in a clear sentence of its own."""

import pytest
from sqlalchemy import func, select

from storage.cases.rows import CaseRow
from tests.unit.web.hall import PERSON, an_item, case_body

COMPANY = {
    "type": "enterprise",
    "name": "重庆渝中贸易有限公司",
    "idType": "统一社会信用代码",
    "idNumber": "11500000009275780L",
    "phone": "023-63883926",
    "householdRegion": None,
}
FOR_COMPANIES = an_item(lambda i: i.applicant.value == "enterprise" and "chuanyu" in i.schemes)

WRONG = {
    "15 digits": ({"idNumber": "110105491231002"}, "applicant.idNumber", "15位旧身份证号码已停用"),
    "17 digits": ({"idNumber": "11010519491231002"}, "applicant.idNumber", "应为18位，现在是17位"),
    "check digit": ({"idNumber": "110105194912310021"}, "applicant.idNumber", "校验位不符"),
    "no province": ({"idNumber": "990105194912310022"}, "applicant.idNumber", "省份代码"),
    "no such day": ({"idNumber": "110105194902300024"}, "applicant.idNumber", "出生日期不存在"),
    "of Hong Kong": ({"idNumber": "810000199408230021"}, "applicant.idNumber", "港澳台居民居住证"),
    "letters": ({"idNumber": "11010519491231OO2X"}, "applicant.idNumber", "前17位应为数字"),
    "full-width": ({"idNumber": "１１０１０５１９４９１２３１００２Ｘ"}, "applicant.idNumber", "半角"),
    "line feed": ({"idNumber": "11010519491231002X\n"}, "applicant.idNumber", "看不见"),
    "born tomorrow": ({"idNumber": "110105202611240029"}, "applicant.idNumber", "出生日期不合理"),
    "131 years old": ({"idNumber": "110105189501010026"}, "applicant.idNumber", "出生日期不合理"),
    "a person with a credit code": (
        {"idType": "统一社会信用代码", "idNumber": COMPANY["idNumber"]},
        "applicant.idType",
        "个人请用身份证件",
    ),
    "a company with an id card": (
        COMPANY | {"idType": "居民身份证", "idNumber": PERSON["idNumber"]},
        "applicant.idType",
        "企业请用统一社会信用代码",
    ),
    "passport": ({"idType": "护照", "idNumber": "护照12345"}, "applicant.idNumber", "半角"),
    "passport of letters": ({"idType": "护照", "idNumber": "ABCDEFG"}, "applicant.idNumber", "护照号码应为"),
    "residence permit": ({"idType": "港澳台居民居住证"}, "applicant.idNumber", "810000"),
    "permanent residence": ({"idType": "外国人永久居留身份证"}, "applicant.idNumber", "外国人永久居留"),
    "no such document": ({"idType": "学生证"}, "applicant.idType", "不在可选范围内"),
    "credit code of 17": (COMPANY | {"idNumber": "1150000000927578"}, "applicant.idNumber", "应为18位"),
    "credit code with I": (COMPANY | {"idNumber": "1150000000927578IL"}, "applicant.idNumber", "不含I、O、S、V、Z"),
    "credit code's check": (COMPANY | {"idNumber": "11500000009275781L"}, "applicant.idNumber", "校验位不符"),
    "10-digit mobile": ({"phone": "1380000000"}, "applicant.phone", "应为11位，现在是10位"),
    "no mobile": ({"phone": "12345678901"}, "applicant.phone", "联系电话格式不对|应为11位"),
    "landline without area": ({"phone": "63883926"}, "applicant.phone", "带区号"),
    "no phone": ({"phone": " "}, "applicant.phone", "请填写联系电话"),
    "no name": ({"name": "　"}, "applicant.name", "请填写姓名"),
    "digits in a name": ({"name": "王2兰"}, "applicant.name", "不能有“2”"),
    "two dots": ({"name": "古丽··买买提"}, "applicant.name", "间隔号"),
    "dot at the end": ({"name": "古丽·"}, "applicant.name", "间隔号"),
    "a made-up character": ({"name": "王\ue000"}, "applicant.name", "自造字"),
    "zero width": ({"name": "王\u200b兰"}, "applicant.name", "看不见"),
    "65 characters": ({"name": "王" * 65}, "applicant.name", "最多64个字"),
    "household of 5": ({"householdRegion": "50010"}, "applicant.householdRegion", "应为6位数字"),
    "household nowhere": ({"householdRegion": "999999"}, "applicant.householdRegion", "没有行政区划代码"),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_is_told_at_its_field(hall, name):
    changes, field, words = WRONG[name]
    body = case_body(FOR_COMPANIES if changes.get("type") == "enterprise" else None)
    body["applicant"] = PERSON | changes
    answer = hall.start(body)
    assert answer.status_code == 422, answer.text
    (told,) = answer.json()["errors"]
    assert told["field"] == field
    assert any(part in told["detail"] for part in words.split("|")), told["detail"]
    with hall.database.read() as session:
        assert session.scalar(select(func.count(CaseRow.case_no))) == 0


RIGHT = {
    "lower-case x": {"idNumber": "11010519491231002x"},
    "typed in groups": {"idNumber": "110105 19491231 002X"},
    "passport": {"idType": "护照", "idNumber": "E12345678"},
    "with country code": {"phone": "+86 138-0000-0001"},
    "landline": {"phone": "（023）63883926"},
    "rare": {"name": "𬭸𠅤"},
    "composed": {"name": "Ame\u0301lie"},
    "another dot": {"name": "古丽•买买提"},
    "zero": {"name": "〇一"},
    "household": {"householdRegion": "510104"},
    "household of 12": {"householdRegion": "511602000000"},
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_people_write_differently_is_taken(hall, name):
    body = case_body(an_item(lambda i: i.code == "YZ-HRSS-001"))
    body["applicant"] = PERSON | RIGHT[name]
    assert hall.start(body).status_code == 201


def test_a_company_is_taken_by_its_code(hall):
    body = case_body(FOR_COMPANIES)
    body["applicant"] = COMPANY
    assert hall.start(body).status_code == 201
