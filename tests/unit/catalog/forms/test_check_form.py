"""Checking filled forms: what is refused, where, in which words; and that nothing at all makes it fail."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.forms.ages import full_years
from catalog.forms.checking import check_form
from catalog.forms.generic import form_of
from catalog.forms.model import (
    AgeRule,
    FieldKind,
    FormDefinition,
    FormField,
    Party,
    Section,
)
from catalog.forms.persons import FormApplicant
from catalog.forms.shown import lines_of, yuan
from catalog.items import load
from domain.identifiers import mod_11_2
from domain.terms import IdType

TODAY = date(2026, 11, 29)
ITEMS = load()


def resident(born, *, man, serial=10):
    body = f"500103{born:%Y%m%d}{serial:02d}{1 if man else 2}"
    return body + mod_11_2(body)


def applicant(born=date(1990, 5, 1), *, man=True):
    return FormApplicant(id_type=IdType.RESIDENT, id_number=resident(born, man=man))


def person(born=date(1992, 3, 4), *, man=False, serial=20, **more):
    number = resident(born, man=man, serial=serial)
    return {"name": "李四", "idType": "居民身份证", "idNumber": number, "phone": "13800000001"} | more


def marriage(partner=None, **more):
    partner = partner or person(present=True)
    partner = {"values": {"maritalStatus": "未婚", "householdRegion": "510104", "ethnicity": "汉族"}} | partner
    values = {"maritalStatus": "离异", "householdRegion": "500103", "freeWill": True, "notRelated": True}
    return {
        "situation": "marry",
        "applicantPresent": True,
        "values": values,
        "parties": {"partner": [partner]},
    } | more


def problems(code, answers, **more):
    found = check_form(ITEMS.get(code).form, answers, on=more.pop("on", TODAY), **more)
    return {problem.pointer: problem.sentence for problem in found}


def test_a_couple_of_age_in_person_may_marry():
    assert problems("YZ-CIVIL-013", marriage(), applicant=applicant()) == {}


@pytest.mark.parametrize(
    ("man", "years", "days_short"),
    [(True, 22, 0), (True, 22, 1), (True, 21, 0), (False, 20, 0), (False, 20, 1), (False, 19, 0)],
)
def test_men_of_22_and_women_of_20_to_the_day(man, years, days_short):
    birthday = date(TODAY.year - years, TODAY.month, TODAY.day) + timedelta(days=days_short)
    refused = days_short > 0 or years < (22 if man else 20)
    partner = person(birthday, man=man, present=True)
    found = problems("YZ-CIVIL-013", marriage(partner), applicant=applicant(man=not man))
    assert (list(found) == ["/parties/partner/0/idNumber"]) is refused
    if refused:
        assert "第一千零四十七条" in found["/parties/partner/0/idNumber"]


@pytest.mark.parametrize(
    ("answers", "who", "pointer"),
    [
        (marriage(parties={}), applicant(), "/parties/partner"),
        (marriage(parties={"partner": []}), applicant(), "/parties/partner"),
        ({k: v for k, v in marriage().items() if k != "parties"}, applicant(), "/parties/partner"),
        (marriage(person(present=False)), applicant(), "/parties/partner/0/present"),
        (marriage(person()), applicant(), "/parties/partner/0/present"),
        (marriage(applicantPresent=False), applicant(), "/applicantPresent"),
        (marriage(), applicant(date(2018, 1, 1)), "/applicantPresent"),
        (marriage(person(man=True, present=True)), applicant(), "/parties/partner/0/idNumber"),
        (marriage(person(present=True, idNumber="500103199001011234")), applicant(), "/parties/partner/0/idNumber"),
        (marriage(person(present=True, name="李\u202d四")), applicant(), "/parties/partner/0/name"),
        (marriage(person(present=True, sex="男")), applicant(), "/parties/partner/0/sex"),
        (marriage(person(present=True, birthDate="1992-03-05")), applicant(), "/parties/partner/0/birthDate"),
    ],
)
def test_nobody_marries_alone_absent_too_young_or_without_document(answers, who, pointer):
    found = check_form(ITEMS.get("YZ-CIVIL-013").form, answers, on=TODAY, applicant=who)
    assert pointer in [problem.pointer for problem in found]


def test_nobody_marries_himself():
    who = applicant(man=True)
    answers = marriage(person(present=True, idNumber=who.id_number))
    assert "/parties/partner/0/idNumber" in problems("YZ-CIVIL-013", answers, applicant=who)


def test_a_passport_says_neither_age_nor_sex_so_both_are_asked():
    foreign = {"name": "JOHN SMITH", "idType": "护照", "idNumber": "E12345678", "phone": "13800000001", "present": True}
    found = problems("YZ-CIVIL-013", marriage(foreign), applicant=applicant())
    assert set(found) == {"/parties/partner/0/birthDate", "/parties/partner/0/sex"}
    told = foreign | {"birthDate": "1990-01-01", "sex": "女"}
    assert problems("YZ-CIVIL-013", marriage(told), applicant=applicant()) == {}


def test_an_applicant_whose_passport_says_neither_is_asked_too():
    who = FormApplicant(id_type=IdType.PASSPORT, id_number="E12345678")
    assert set(problems("YZ-CIVIL-013", marriage(), applicant=who)) == {"/applicantBirthDate", "/applicantSex"}
    told = marriage(applicantBirthDate="2005-11-29", applicantSex="男")
    assert "未满22周岁" in problems("YZ-CIVIL-013", told, applicant=who)["/applicantPresent"]
    assert problems("YZ-CIVIL-013", told | {"applicantBirthDate": "2004-11-29"}, applicant=who) == {}
    woman = told | {"applicantBirthDate": "2004-11-29", "applicantSex": "女"}
    assert list(problems("YZ-CIVIL-013", woman, applicant=who)) == ["/parties/partner/0/idNumber"]


def test_what_is_stated_never_contradicts_the_document():
    told = marriage(applicantBirthDate="1990-05-02", applicantSex="女")
    assert set(problems("YZ-CIVIL-013", told, applicant=applicant())) == {"/applicantBirthDate", "/applicantSex"}
    right = marriage(applicantBirthDate="1990-05-01", applicantSex="男")
    assert problems("YZ-CIVIL-013", right, applicant=applicant()) == {}


@pytest.mark.parametrize(("ago", "refused"), [(30, "不足31天"), (31, None), (60, None), (61, "超过60天")])
def test_the_cooling_off_of_thirty_days_and_the_thirty_after_it(ago, refused):
    applied = (TODAY - timedelta(days=ago)).isoformat()
    values = {"householdRegion": "500103", "marriedOn": "2015-05-20", "marriageNumber": "J500103-2015-001"}
    values |= {"children": 1, "applicationNumber": "L500103-2026-9", "appliedOn": applied}
    spouse = person(present=True, values={"householdRegion": "500103"})
    answers = {"situation": "issue", "applicantPresent": True, "values": values, "parties": {"spouse": [spouse]}}
    found = problems("YZ-CIVIL-013", answers, applicant=applicant())
    assert (refused in found["/values/appliedOn"]) if refused else found == {}


def test_what_another_situation_asks_is_refused_in_this_one():
    answers = marriage()
    answers["values"] = answers["values"] | {"custody": "无"}
    assert problems("YZ-CIVIL-013", answers, applicant=applicant()) == {
        "/values/custody": "本情形不需要填写子女抚养安排，请留空。"
    }


def claim(**more):
    values = {
        "insuredRegion": "500103",
        "careRegion": "510104",
        "insurance": "职工基本医疗保险",
        "hospital": "华西医院",
    }
    values |= {"admissionNumber": "Z1", "admittedOn": "2026-09-01", "leftOn": "2026-09-09", "diagnosis": "骨折"}
    values |= {"total": 1_234_567, "selfPaid": 0, "invoices": 2, "thirdParty": False, "why": "未备案"}
    values |= {"bankName": "工商银行", "bankAccount": "6222000012345678", "accountHolder": "张三"}
    return {"situation": "unfiled", "values": values | more}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"total": -1}, "医疗费用总额不能小于0.00元。"),
        ({"total": 10**14}, "医疗费用总额不能大于100000000000.00元。"),
        ({"total": 1.5}, "医疗费用总额应为金额，最多两位小数。"),
        ({"total": 1.0}, "医疗费用总额应为金额，最多两位小数。"),
        ({"total": True}, "医疗费用总额应为金额，最多两位小数。"),
        ({"selfPaid": 1_234_568}, "不能超过医疗费用总额。"),
        ({"leftOn": "2026-08-31"}, "出院日期不能早于入院日期。"),
        ({"leftOn": "2026-02-30"}, "出院日期应为存在的日期"),
        ({"leftOn": "20260909"}, "出院日期应为存在的日期"),
        ({"leftOn": "2026-11-30"}, "出院日期不能晚于今天。"),
        ({"careRegion": "999999"}, "就医地不是现行的行政区划代码"),
        ({"careRegion": "成都"}, "就医地应为6位行政区划代码"),
        ({"insurance": "商业保险"}, "参保险种应从列表中选择。"),
        ({"bankAccount": "6222 0000"}, "银行账号应为8至30位数字"),
        ({"bankAccount": "62220000123\n"}, "银行账号"),
        ({"hospital": "   "}, "请填写医疗机构。"),
        ({"hospital": "华西\u202d医院"}, "看不见的控制字符"),
        ({"hospital": "长" * 61}, "医疗机构最多60个字。"),
        ({"invoices": 0}, "票据张数不能小于1。"),
        ({"thirdParty": True}, "请填写第三方责任说明。"),
        ({"accountHolder": "张\ue000三"}, "自造字"),
    ],
)
def test_fields_say_what_is_wrong(wrong, sentence):
    assert any(sentence in told for told in problems("YZ-NHSA-016", claim(**wrong)).values())


def test_a_claim_that_is_right_passes_and_reads_well():
    form = ITEMS.get("YZ-NHSA-016").form
    assert check_form(form, claim(), on=TODAY) == ()
    shown = {line.label: line.value for line in lines_of(form, claim())}
    assert shown["医疗费用总额"] == "12,345.67元" and shown["是否第三方责任"] == "否"
    assert "成都" in shown["就医地"] and shown["办理情形"] == "未备案异地住院"


def test_problems_come_in_the_order_of_the_page():
    found = list(problems("YZ-NHSA-016", {"values": {"bankName": "", "total": -1}}))
    assert found[0] == "/situation" and found.index("/values/insuredRegion") < found.index("/values/total")
    assert found.index("/values/total") < found.index("/values/bankName")


@pytest.mark.parametrize(("born", "needed"), [(date(2015, 1, 1), True), (date(2010, 11, 29), False)])
def test_a_child_needs_a_guardian(born, needed):
    values = {"person": "学生儿童", "bank": "建设银行", "insuredRegion": "500103", "address": "中山三路1号"}
    answers = {"situation": "minor" if needed else "adult", "values": values}
    found = problems("YZ-HRSS-048", answers, applicant=applicant(born))
    assert found == ({"/parties/guardian": "申请人未满16周岁，请填写监护人。"} if needed else {})
    guardian = person(values={"relation": "母亲"})
    answers["parties"] = {"guardian": [guardian]}
    assert problems("YZ-HRSS-048", answers, applicant=applicant(born)) == {}


def test_the_situation_must_suit_the_age():
    values = {"person": "学生儿童", "bank": "建设银行", "insuredRegion": "500103", "address": "中山三路1号"}
    found = problems("YZ-HRSS-048", {"situation": "minor", "values": values}, applicant=applicant(date(1990, 1, 1)))
    assert "请改选“年满16周岁”" in found["/applicantPresent"]


def test_how_many_persons():
    parents = [person(serial=n, may=1) for n in range(20, 23)]
    answers = {"situation": "unmarried", "values": {}, "parties": {"newborn": [], "parents": parents}}
    found = problems("YZ-MPS-016", answers)
    assert found["/parties/parents"] == "父母最多2人。" and found["/parties/newborn"] == "新生儿至少1人。"
    assert found["/parties/parents/0/may"] == "表单里没有这一项，请删去。"


def test_the_same_person_twice():
    answers = {"values": {}, "parties": {"relatives": [person(), person()]}}
    assert "证件号码相同" in problems("YZ-MOJ-008", {**answers, "values": {}})["/parties/relatives/1/idNumber"]


def test_firms_have_a_credit_code():
    firm = {"type": "enterprise", "name": "某公司", "idType": "居民身份证", "idNumber": resident(TODAY, man=True)}
    found = problems("YZ-NRES-001", {"values": {}, "parties": {"mortgagee": [firm | {"phone": "13800000001"}]}})
    assert "统一社会信用代码" in found["/parties/mortgagee/0/idType"]


@pytest.mark.parametrize(
    ("birth", "on", "years"),
    [
        (date(2004, 2, 29), date(2026, 2, 28), 21),
        (date(2004, 2, 29), date(2026, 3, 1), 22),
        (date(2004, 11, 29), date(2026, 11, 29), 22),
        (date(2004, 11, 30), date(2026, 11, 29), 21),
    ],
)
def test_full_years(birth, on, years):
    assert full_years(birth, on) == years


def test_sums_are_exact():
    assert [yuan(fen) for fen in (0, 5, 100, 123_456_789_012_345)] == [
        *("0.00元", "0.05元", "1.00元"),
        "1,234,567,890,123.45元",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FORMS = [form_of(item) for item in ITEMS.items if item.form] + [form_of(ITEMS.get("YZ-SAMR-027"))]


@st.composite
def near_answers(draw):
    """A form and answers with its own keys and any values, some of them right."""
    form = draw(st.sampled_from(FORMS))

    def value(field):
        right = {
            FieldKind.CHOICE: st.sampled_from(field.choices or ("x",)),
            FieldKind.CHOICES: st.lists(st.sampled_from(field.choices or ("x",)), max_size=3),
            FieldKind.FLAG: st.booleans(),
            FieldKind.DATE: st.dates().map(date.isoformat),
            FieldKind.MONEY: st.integers(-5, 10**14),
            FieldKind.COUNT: st.integers(-5, 10**4),
        }.get(field.kind, st.text(max_size=20))
        return draw(right | JSON)

    def values(fields):
        return {field.key: value(field) for field in fields if draw(st.booleans())}

    def persons(party):
        number = st.sampled_from([resident(date(2001, 1, 1), man=True), "1", "E1234567", ""])
        kind = st.sampled_from([*IdType, "x"])
        shape = st.fixed_dictionaries(
            {"name": st.text(max_size=5)},
            optional={
                "idType": kind | JSON,
                "idNumber": number | JSON,
                "birthDate": st.dates().map(date.isoformat) | JSON,
                "sex": st.sampled_from(["男", "女"]) | JSON,
                "phone": st.text(max_size=12),
                "present": st.booleans() | JSON,
                "type": JSON,
                "values": st.just(values(party.fields)) | JSON,
            },
        )
        return draw(st.lists(shape | JSON, max_size=3))

    answers = {
        "situation": draw(st.sampled_from([s.key for s in form.situations] or ["x"]) | JSON),
        "values": values(form.fields),
        "parties": {p.key: persons(p) for p in form.parties if draw(st.booleans())},
        "fee": draw(JSON),
        "applicantBirthDate": draw(st.dates().map(date.isoformat) | JSON),
        "applicantSex": draw(st.sampled_from(["男", "女"]) | JSON),
    }
    return form, {key: part for key, part in answers.items() if draw(st.integers(0, 9)) > 0}


@given(near_answers(), st.booleans())
def test_any_answers_give_problems_at_places_that_exist_or_lack(given_form, with_applicant):
    form, answers = given_form
    found = check_form(form, answers, on=TODAY, applicant=applicant() if with_applicant else None)
    assert len({problem.pointer for problem in found}) == len(found)
    for problem in found:
        assert problem.sentence.endswith("。") and any("\u4e00" <= char <= "\u9fff" for char in problem.sentence)
        here = answers
        for step in problem.pointer.split("/")[1:-1]:
            if isinstance(here, list):
                here = here[int(step)]
            else:
                here = (here or {}).get(step.replace("~1", "/").replace("~0", "~"))
    if not found:
        lines_of(form, answers)


@given(st.sampled_from(FORMS), JSON)
def test_anything_at_all_is_judged(form, answers):
    check_form(form, answers, on=TODAY)


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(1, 60))
def test_an_age_rule_holds_exactly_from_the_birthday_on(born, least):
    party = Party(key="child", label="孩子", ages=AgeRule(least=least))
    form = FormDefinition(item_code="YZ-MPS-001", sections=(Section(title="孩子", party="child"),), parties=(party,))
    child = {"name": "王五", "idType": "居民身份证", "idNumber": resident(born, man=True)}
    found = check_form(form, {"values": {}, "parties": {"child": [child]}}, on=TODAY)
    assert bool(found) is (full_years(born, TODAY) < least)


@given(st.dates(), st.dates())
def test_dates_are_in_order(first, second):
    fields = (
        FormField(key="from", label="起", kind=FieldKind.DATE),
        FormField(key="until", label="止", kind=FieldKind.DATE, not_before="from"),
    )
    form = FormDefinition(item_code="YZ-MPS-001", sections=(Section(title="日期", fields=fields),))
    found = check_form(form, {"values": {"from": first.isoformat(), "until": second.isoformat()}}, on=TODAY)
    assert bool(found) is (second < first)
