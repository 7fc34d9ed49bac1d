"""Item forms over HTTP: described, checked when a case is registered, kept sealed, shown masked."""

from datetime import date

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from domain.identifiers import mod_11_2
from storage.cases.rows import CaseRow, read_dossier
from tests.web.office import CHENGDU, case_body

CLAIM = "YZ-NHSA-016"
MARRIAGE = "YZ-CIVIL-013"


def resident(born, *, man, serial=10):
    body = f"500103{born:%Y%m%d}{serial:02d}{1 if man else 2}"
    return body + mod_11_2(body)


def described(office, item, **query):
    return office.call("GET", f"/api/v1/items/{item}/form", "clerk", params=query).json()


def claim_answers(**more):
    values = {
        "insuredRegion": "500103",
        "careRegion": "510104",
        "insurance": "职工基本医疗保险",
        "hospital": "华西医院",
    }
    values |= {"admissionNumber": "Z1", "admittedOn": "2026-09-01", "leftOn": "2026-09-09", "diagnosis": "骨折"}
    values |= {"total": 1_234_567, "selfPaid": 0, "invoices": 2, "thirdParty": False, "why": "未备案"}
    values |= {"bankName": "工商银行", "bankAccount": "6222000012345678", "accountHolder": "王秀兰"}
    return {"situation": "unfiled", "values": values | more}


def with_form(office, item, answers, number=1, **more):
    body = case_body(office, number, item=item, **more)
    situation = answers.get("situation")
    asked = {m["seq"] for m in described(office, item, **({"situation": situation} if situation else {}))["materials"]}
    body["materials"] = [m for m in body["materials"] if m["seq"] in asked]
    return body | {"form": {"answers": answers}}


def post(office, body):
    return office.call("POST", "/api/v1/cases", "clerk", body)


def marriage(office, *, born=date(1990, 5, 1), partner_born=date(1992, 3, 4), **more):
    values = {"maritalStatus": "未婚", "householdRegion": "500103", "freeWill": True, "notRelated": True}
    partner = {"name": "李四", "idType": "居民身份证", "idNumber": resident(partner_born, man=False), "present": True}
    partner |= {"phone": "13800000001"}
    partner["values"] = {"maritalStatus": "离异", "householdRegion": "510104", "ethnicity": "汉族"}
    answers = {"situation": "marry", "applicantPresent": True, "values": values, "parties": {"partner": [partner]}}
    body = with_form(office, MARRIAGE, answers | more)
    body["applicant"] |= {"idType": "居民身份证", "idNumber": resident(born, man=True)}
    return body


def test_every_item_describes_its_form(office):
    own, other = described(office, CLAIM), described(office, "YZ-MPS-005")
    assert own["own"] and not other["own"]
    assert own["version"] == office.app.state.context.catalogue.version
    assert [s["title"] for s in own["definition"]["sections"]][:2] == ["住院信息", "费用"]
    Draft202012Validator(own["schema"]).validate(claim_answers())
    assert other["schema"]["properties"]["values"]["properties"]["reason"]["title"] == "申请说明"
    damaged = described(office, "YZ-MPS-001", situation="damaged")
    assert damaged["feeYuan"] == "40" and [m["seq"] for m in damaged["materials"]] == [1, 2, 3]
    assert office.call("GET", "/api/v1/items/YZ-NOPE-1/form", "clerk").status_code == 404


def test_a_form_is_kept_sealed_and_shown_masked(office):
    answer = post(office, with_form(office, CLAIM, claim_answers()))
    assert answer.status_code == 201, answer.text
    case_no = answer.json()["caseNo"]
    context = office.app.state.context
    with office.database.read() as session:
        row = session.scalar(select(CaseRow).filter_by(case_no=case_no))
        assert "华西医院".encode() not in row.dossier and "华西医院" not in str(row.item) + str(row.start)
        kept = read_dossier(row, context.sealer).form
    assert (kept.version, kept.situation, kept.answers) == (context.catalogue.version, "unfiled", claim_answers())
    shown = office.call("GET", f"/api/v1/cases/{case_no}", "supervisor").json()["form"]
    lines = {line["label"]: line["value"] for line in shown["lines"]}
    assert lines["医疗费用总额"] == "12,345.67元" and lines["办理情形"] == "未备案异地住院"
    assert lines["户名"] == "王**" and lines["银行账号"] == "622200******5678"


def test_the_case_page_shows_it(office):
    case_no = post(office, with_form(office, CLAIM, claim_answers())).json()["caseNo"]
    page = office.call("GET", f"/window/{case_no}", "clerk").text
    assert "事项信息" in page and "12,345.67元" in page and "6222000012345678" not in page
    assert "<h3>住院信息</h3>" in page
    without = office.start(2)["caseNo"]
    assert "事项信息" not in office.call("GET", f"/window/{without}", "clerk").text


def test_each_problem_is_said_at_its_field(office):
    answers = claim_answers(total=-1, careRegion="999999")
    del answers["values"]["hospital"]
    refused = post(office, with_form(office, CLAIM, answers))
    assert (refused.status_code, refused.json()["code"]) == (422, "FORM")
    fields = {error["field"]: error["detail"] for error in refused.json()["errors"]}
    assert fields == {
        "form.answers.values.careRegion": "就医地不是现行的行政区划代码，请从列表中选择。",
        "form.answers.values.hospital": "请填写医疗机构。",
        "form.answers.values.total": "医疗费用总额不能小于0.00元。",
        "form.answers.values.selfPaid": "已报销或垫付冲减不能超过医疗费用总额。",
    }


def test_the_situation_chooses_the_materials(office):
    answers = {
        "situation": "away",
        "values": {
            "insuredRegion": "500103",
            "careRegion": "510104",
            "insurance": "职工基本医疗保险",
            "from": "2026-09-01",
        },
    }
    body = with_form(office, "YZ-NHSA-001", answers)
    answer = post(office, body)
    assert answer.status_code == 201, answer.text
    with office.database.read() as session:
        row = session.scalar(select(CaseRow).filter_by(case_no=answer.json()["caseNo"]))
        assert [m["seq"] for m in row.item["materials"]] == [1, 2]
    body["materials"].append({"seq": 4, "provided": "electronic"})
    refused = post(office, body).json()
    assert refused["code"] == "MATERIAL_UNKNOWN" and "所选情形不需要《转诊转院证明》" in refused["detail"]
    referral = answers | {"situation": "referral"}
    referral["values"] = referral["values"] | {
        "fromHospital": "渝中医院",
        "toHospital": "华西医院",
        "diagnosis": "骨折",
    }
    body = with_form(office, "YZ-NHSA-001", referral)
    body["materials"] = [m for m in body["materials"] if m["seq"] != 4]
    refused = post(office, body).json()
    assert refused["code"] == "MATERIALS_MISSING" and "转诊转院证明" in refused["detail"]


def test_two_persons_of_age_and_in_person_may_register_their_marriage(office):
    answer = post(office, marriage(office))
    assert answer.status_code == 201, answer.text
    shown = office.call("GET", f"/api/v1/cases/{answer.json()['caseNo']}", "clerk").json()["form"]["lines"]
    partner = {line["label"]: line["value"] for line in shown if line["section"] == "结婚对方"}
    assert partner["姓名或名称"] == "李*" and partner["本人到场"] == "是" and "*" in partner["证件号码"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (lambda body, office: body.pop("form"), "FORM_MISSING", "form"),
        (lambda body, office: body["form"]["answers"].pop("parties"), "FORM", "form.answers.parties.partner"),
        (
            lambda body, office: body["applicant"].update(idNumber=resident(date(2018, 1, 1), man=True)),
            "FORM",
            "form.answers.applicantPresent",
        ),
        (
            lambda body, office: body["form"]["answers"]["parties"]["partner"][0].update(
                idNumber=resident(date(2007, 1, 1), man=False)
            ),
            "FORM",
            "form.answers.parties.partner.0.idNumber",
        ),
        (
            lambda body, office: body["form"]["answers"]["parties"]["partner"][0].update(present=False),
            "FORM",
            "form.answers.parties.partner.0.present",
        ),
        (
            lambda body, office: body.update(pickup=case_body(office, 3, pickup=True)["pickup"]),
            "IN_PERSON",
            "pickup",
        ),
        (
            lambda body, office: body.update(
                agent=case_body(office, 4)["applicant"] | {"authorisation": {"kind": "letter", "originalSeen": True}}
            ),
            "IN_PERSON",
            "agent",
        ),
    ],
)
def test_marriage_needs_two_of_age_in_person(office, change, code, field):
    body = marriage(office)
    change(body, office)
    before = office.rows()
    refused = post(office, body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert office.rows() == before


def test_a_first_identity_card_is_for_who_comes(office):
    body = case_body(office, 1, item="YZ-MPS-003", region=CHENGDU)
    assert post(office, body).json()["code"] == "FORM_MISSING"


@pytest.mark.parametrize("answers", [{}, {"x": 1}, {"values": []}, {"values": {"reason": 1}}])
def test_a_form_out_of_shape(office, answers):
    body = case_body(office, 1) | {"form": {"answers": answers}}
    refused = post(office, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "FORM")


def test_the_one_time_notice_is_of_the_situation(office):
    body = {
        "itemCode": "YZ-NHSA-001",
        "materials": [{"seq": 1, "provided": "original"}, {"seq": 2, "provided": "copy"}],
    }
    path = "/api/v1/papers/notice.pdf"
    complete = office.call("POST", path, "clerk", body | {"situation": "away"}).json()
    assert complete["code"] == "NOTHING_MISSING"
    assert office.call("POST", path, "clerk", body | {"situation": "referral"}).status_code == 200
