"""The papers of a claim: what carrier and issuer must read, and what none of them needs."""

import io

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from domain.terms import Role
from storage.cases.rows import CaseRow
from tests.unit.web.claiming import NUMBER, a_parcel, answered, claimed, stepped
from tests.unit.web.hall import PERSON


def text_of(answer):
    assert answer.status_code == 200, answer.text
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/pdf", "no-store")
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


def printed(hall, shown, kind, role=Role.CLERK, **query):
    return hall.as_(role).get(f"/api/v1/claims/{shown['claimId']}/papers/{kind}.pdf", params=query)


def item_of(hall, case_no):
    with hall.database.read() as session:
        return session.scalar(select(CaseRow.item_name).filter_by(case_no=case_no))


def test_the_request_to_the_carrier_says_what_it_must(hall):
    shown = claimed(hall, a_parcel(hall), statement="下周要用")
    said = text_of(printed(hall, shown, "inquiry"))
    who = ("重庆市渝中区政务服务中心", NUMBER, shown["caseNo"])
    what = ("给据邮件", "材料寄往办理地", "丢失", "2026年11月20日10:00", "居民户口簿", "身份证复印件", "扫描：丢失")
    asked = ("一般为三十日", "赔偿36.00元", "资费12.00元", "最高不超过资费的三倍（邮政法第四十七条）")
    for words in ("邮件查询赔偿申请书", *who, *what, *asked):
        assert words in said, words


def test_the_carrier_learns_of_nobody(hall):
    between_halls = text_of(printed(hall, claimed(hall, a_parcel(hall), statement="下周要用"), "inquiry"))
    at_the_door = text_of(printed(hall, claimed(hall, a_parcel(hall, leg="DELIVERY")), "inquiry"))
    for said in (between_halls, at_the_door):
        for hidden in (PERSON["name"], PERSON["idNumber"], PERSON["phone"], "下周要用"):
            assert hidden not in said
    assert "收寄件人" not in between_halls
    assert "收寄件人王" in at_the_door


def test_the_matter_is_not_the_carriers(hall):
    shown = claimed(hall, a_parcel(hall))
    assert item_of(hall, shown["caseNo"]) not in text_of(printed(hall, shown, "inquiry"))


def test_the_proof_of_loss_is_about_one_paper_and_its_holder(hall):
    shown = answered(hall, a_parcel(hall))
    answer = printed(hall, shown, "proof", paper=0)
    said = text_of(answer)
    for words in ("材料丢失证明", "居民户口簿（原件）1份", PERSON["name"], "居民身份证110105********002X", NUMBER,
                  "邮政查询编号CX2026-01", "向户籍地派出所申请补发", "由邮政承担，请勿向持有人收取"):  # fmt: skip
        assert words in said, words
    for hidden in (PERSON["idNumber"], PERSON["phone"], "身份证复印件", item_of(hall, shown["caseNo"])):
        assert hidden not in said
    assert answer.content == printed(hall, shown, "proof", Role.SUPERVISOR, paper=0).content


def test_a_destroyed_paper_is_proved_as_such(hall):
    leg_id = a_parcel(hall, "DAMAGED")
    key = f"{leg_id.split('-')[0]}-P91"
    shown = claimed(hall, leg_id, kind="DAMAGED", papers=[key])
    said = text_of(printed(hall, shown, "proof"))
    assert "材料损毁证明" in said and "途中损毁" in said


@pytest.mark.parametrize("place", [1, 7])
def test_what_the_hall_prints_again_needs_no_proof(hall, place):
    shown = claimed(hall, a_parcel(hall))
    assert printed(hall, shown, "proof", paper=place).json()["code"] == "NO_PROOF"
    assert [writing["title"] for writing in shown["writings"]] == ["邮件查询赔偿申请书", "丢失证明《居民户口簿》"]


def test_what_was_found_is_proved_lost_to_nobody(hall):
    shown = stepped(hall, claimed(hall, a_parcel(hall)), "found")
    assert printed(hall, shown, "proof").json()["code"] == "NO_PROOF"
    assert [writing["title"] for writing in shown["writings"]] == ["邮件查询赔偿申请书"]


def test_who_prints_them(hall):
    shown = claimed(hall, a_parcel(hall))
    for role in (Role.OFFICER, Role.AUDITOR, Role.OUTLET, Role.COURIER, Role.OPERATOR):
        assert printed(hall, shown, "inquiry", role).status_code == 403
    assert printed(hall, shown | {"claimId": "none"}, "inquiry").json()["code"] == "CLAIM_UNKNOWN"
    assert printed(hall, shown, "poem").status_code == 422
