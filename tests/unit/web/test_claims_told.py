"""What the applicant reads about a claim: who does what until when, and how the lost paper is had again."""

from datetime import timedelta

import pytest

from domain.claims import ClaimKind, ClaimState, RefusalGround
from domain.tasks import TaskKind
from domain.terms import Role
from storage.parcels.claims import ClaimRow
from storage.tasks.rows import open_task
from tests.unit.web.claiming import a_parcel, answered, case_of, claimed, of_case, stepped
from tests.unit.web.hall import MONDAY
from tests.unit.web.test_plain_words import JARGON, WHO
from web.views.claim_words import applicant_sentence


def told(hall, leg_id):
    return hall.tracked(case_of(leg_id)).json()["claims"]


def sentence(hall, leg_id):
    (one,) = told(hall, leg_id)
    return one["sentence"]


def test_each_state_says_who_does_what_until_when(hall):
    leg_id = a_parcel(hall)
    assert told(hall, leg_id) == []
    shown = claimed(hall, leg_id)
    assert sentence(hall, leg_id) == "您的邮件没有送到，大厅最迟11月26日（周四）向邮政提出查询。"
    shown = stepped(hall, shown, "inquire", inquiryNo="CX2026-01")
    assert "大厅已向邮政查询，邮政最迟12月23日（周三）答复" in sentence(hall, leg_id)
    shown = stepped(hall, shown, "answer", words="查无下落")
    assert "大厅最迟11月28日（周六）定下怎样赔偿" in sentence(hall, leg_id)
    shown = stepped(hall, shown, "accept", role=Role.SUPERVISOR, fen=3000)
    assert "邮政赔偿30.00元" in sentence(hall, leg_id)
    stepped(hall, shown, "settle", receiptNo="FK-2026-01")
    assert sentence(hall, leg_id) == "您的邮件没有送到，赔偿30.00元已经付清。"


def test_how_a_lost_paper_is_had_again(hall):
    leg_id = a_parcel(hall)
    shown = claimed(hall, leg_id)
    ((book,),) = [one["papers"] for one in told(hall, leg_id)]
    assert book["name"] == "居民户口簿"
    assert book["how"].startswith("大厅给您出具丢失证明，") and "由邮政承担，您不用付" in book["how"]
    stepped(hall, shown, "reissue", paper=shown["papers"][0]["key"], status="done")
    ((book,),) = [one["papers"] for one in told(hall, leg_id)]
    assert book["how"] == "已经补办好。"


def test_a_refusal_says_why_and_what_can_be_done(hall):
    leg_id = a_parcel(hall)
    stepped(
        hall, answered(hall, leg_id), "refuse", role=Role.SUPERVISOR, ground="fault", words="地址写错，收件人王秀兰"
    )
    said = sentence(hall, leg_id)
    assert "寄件人或者收件人的过错" in said and "12305" in said
    assert "地址写错" not in said


def test_what_is_late_says_so_and_what_was_withdrawn_is_not_told(hall):
    leg_id = a_parcel(hall)
    shown = claimed(hall, leg_id)
    hall.now += timedelta(days=4)
    assert sentence(hall, leg_id) == (
        "您的邮件没有送到，大厅原定11月26日（周四）前向邮政提出查询，现在晚了，大厅正在催办，请您谅解。"
    )
    stepped(hall, shown, "withdraw", words="申请人自己找到了")
    assert told(hall, leg_id) == []


def test_the_page_says_it_without_scripts(hall):
    leg_id = a_parcel(hall)
    claimed(hall, leg_id)
    page = hall.visitor(case_of(leg_id)).get("/track").text
    assert "邮件查询和赔偿" in page
    assert "大厅最迟11月26日（周四）向邮政提出查询" in page
    assert "户主或家庭成员凭身份证件到户籍地派出所补领" in page


@pytest.mark.parametrize("kind", ClaimKind)
@pytest.mark.parametrize("state", ClaimState)
@pytest.mark.parametrize("late", [False, True])
def test_a_sentence_is_short_says_who_and_knows_no_jargon(kind, state, late):
    over = state in (ClaimState.FOUND, ClaimState.REFUSED, ClaimState.SETTLED, ClaimState.WITHDRAWN)
    row = ClaimRow(kind=kind, state=state, due_at=None if over else MONDAY, accepted_fen=3000)
    said = [applicant_sentence(row, ground, MONDAY + timedelta(days=1 if late else -1)) for ground in RefusalGround]
    for one in said:
        if state is ClaimState.WITHDRAWN:
            assert one is None
            continue
        assert one.endswith("。") and len(one) <= 80
        assert any(who in one for who in WHO)
        assert JARGON.search(one) is None


def test_the_window_reads_it_at_the_parcel_and_at_its_task(hall):
    leg_id = a_parcel(hall)
    case_no = case_of(leg_id)
    with hall.database.write() as session:
        open_task(
            session, key=f"{leg_id}/lost", kind=TaskKind.PARCEL_LOST, now=hall.now, case_no=case_no, leg_id=leg_id
        )
    supervisor, clerk = hall.as_(Role.SUPERVISOR), hall.as_()
    assert "为这件邮件提出理赔" not in supervisor.get(f"/window/{case_no}").text
    with hall.database.write() as session:
        kind = TaskKind.DISCREPANCY
        open_task(session, key=f"{leg_id}/differs", kind=kind, now=hall.now, case_no=case_no, leg_id=leg_id)
    page = clerk.get(f"/window/{case_no}").text
    assert f'href="#claim-new-{leg_id}-form"' in page
    assert "理赔：丢失" in page and "涉及的材料" in page
    shown = answered(hall, leg_id, statement="下周要用")
    page = clerk.get(f"/window/{case_no}").text
    assert f'href="#claim-{shown["claimId"]}"' in page
    for words in (
        "邮政已答复",
        "等督办或另一名窗口人员决定赔偿与否",
        "查无下落，按丢失处理",
        "申请人说：下周要用",
        "36.00元",
    ):
        assert words in page, words
    assert "同意赔偿" not in page  # who opened it does not decide it
    assert f"ask-step-{shown['claimId']}-accept" in supervisor.get(f"/window/{case_no}").text
    operator = hall.as_(Role.OPERATOR).get(f"/window/{case_no}").text
    assert "下周要用" not in operator and "查无下落" not in operator


def test_the_supervisor_sees_how_many_and_which(hall):
    supervisor = hall.as_(Role.SUPERVISOR)
    assert "/supervisor/claims" not in supervisor.get("/supervisor").text
    assert "没有邮件理赔" in supervisor.get("/supervisor/claims").text
    shown = [claimed(hall, a_parcel(hall)) for _ in range(2)]
    stepped(hall, shown[1], "withdraw", words="申请人自己找到了")
    assert "邮件理赔 1 项" in supervisor.get("/supervisor").text
    page = supervisor.get("/supervisor/claims").text
    assert shown[0]["claimId"] in page and shown[1]["claimId"] not in page
    assert "王秀兰" not in page
    assert shown[1]["claimId"] in supervisor.get("/supervisor/claims?state=WITHDRAWN").text
    assert supervisor.get("/supervisor/claims?claims=e30%3D").status_code == 422
    assert of_case(hall, shown[0]["caseNo"])["claims"][0]["nextBy"] == "窗口"
