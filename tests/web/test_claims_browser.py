"""A claim in real Chromium: the clerk opens it at a lost parcel, a second person decides, the applicant reads it."""

import re

import pytest
from playwright.sync_api import expect

from domain.tasks import TaskKind
from storage.parcels.legs import LegRow
from tests.web.case_states import CaseFile, ago
from tests.web.desks import desk_of, scan
from tests.web.following import served_alone
from tests.web.looks import photographed

pytestmark = pytest.mark.browser

NUMBER = "CX20261129001"


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def desk(chromium, base):
    with desk_of(chromium, base) as opened:
        yield opened


@pytest.fixture
def second(chromium, base):
    with desk_of(chromium, base) as opened:
        yield opened


def lost(office, number):
    """Its dossier has gone astray between the halls."""
    case = CaseFile(office, number)
    at = ago(3).isoformat()
    state = {"picked_up": {"at": at, "not_after": at}, "marks": [{"epoch": 1, "stage": "LOST", "at": at}]}
    names = (("居民户口簿", "original"), ("身份证复印件", "copy"))
    papers = [
        {"name": name, "form": form, "count": 1, "paper_no": f"{case.no}-P{place}", "pages": 1}
        for place, (name, form) in enumerate(names, 91)
    ]
    case.leg("FORWARD", "LOST", 4, state=state, manifest=papers)
    return case.task(TaskKind.DISCREPANCY, 1, leg_id=f"{case.no}-FORWARD-1")


def asks(page, what):
    """Press the button that asks, see the question, say yes; the page comes anew."""
    form = page.locator("form[data-api]", has=page.locator("dialog", has_text=what)).filter(visible=True)
    form.locator("> button:not([type=button])").click()
    question = form.locator("dialog")
    expect(question).to_be_visible()
    with page.expect_navigation():
        question.locator("button[value=yes]").click()


def test_from_a_lost_parcel_to_the_money(office, desk, second):
    case = lost(office, 701)
    page = desk.log_in("clerk", "/window")
    page = desk.open(f"/window/{case.no}")
    page.get_by_role("link", name="为这件邮件提出理赔").click()
    form = page.locator("form[data-api$='/claims']")
    expect(form).to_be_visible()
    expect(form.get_by_label("发生了什么")).to_have_value("LOST")
    expect(form.get_by_label(re.compile("居民户口簿"))).to_be_checked()
    form.get_by_label("申请人怎么说").fill("下周要用户口簿")
    form.locator("input[type=file][multiple]").set_input_files(scan("现场.pdf"))
    expect(form.locator(".files li")).to_have_count(1)
    form.get_by_label("要求赔偿（元）").fill("99")
    form.get_by_label("资费（元）").fill("12")
    form.locator("> button.main").click()
    form.locator("dialog button[value=yes]").click()
    expect(form).to_contain_text("最多36.00元")  # the law's own words, and nothing is lost
    expect(form.get_by_label("申请人怎么说")).to_have_value("下周要用户口簿")
    desk.faults[:] = [fault for fault in desk.faults if "422" not in fault]
    form.get_by_label("要求赔偿（元）").fill("36")
    asks(page, "为这件邮件提出理赔")
    claim = page.locator(".claim")
    expect(claim).to_contain_text("等窗口向邮政提出查询")
    expect(claim.get_by_role("link", name="丢失证明《居民户口簿》")).to_be_visible()
    photographed(page, "case-claim-opened")
    claim.locator("summary", has_text="已向邮政查询").click()
    claim.get_by_label("邮政给的查询编号").fill(NUMBER)
    asks(page, "邮政应在 30 日内答复")
    expect(page.locator(".claim")).to_contain_text("等邮政答复查询结果")
    page.locator(".claim summary", has_text="登记邮政答复").click()
    page.locator(".claim").get_by_label("邮政怎样答复").fill("查无下落")
    asks(page, "由另一个人决定赔偿与否")
    expect(page.locator(".claim summary", has_text="同意赔偿")).to_have_count(0)

    theirs = second.log_in("supervisor", "/supervisor")
    theirs.get_by_role("link", name="邮件理赔 1 项").click()
    photographed(theirs, "supervisor-claims")
    theirs.locator("li[data-claim] a").click()
    theirs.locator(".claim summary", has_text="同意赔偿").click()
    expect(theirs.locator(".claim").get_by_label("赔偿金额（元）")).to_have_value("36.00")
    theirs.locator(".claim").get_by_label("赔偿金额（元）").fill("30")
    asks(theirs, "按这个金额由邮政赔付")
    expect(theirs.locator(".claim")).to_contain_text("同意 30.00元")

    page.reload()
    page.locator(".claim summary", has_text="登记已赔付").click()
    page.locator(".claim").get_by_label("付款凭证号").fill("FK-2026-01")
    asks(page, "随即了结")
    expect(page.locator(".claim .chip").first).to_contain_text("已赔付")
    expect(page.locator("[data-live=history]")).to_contain_text("理赔：已赔付")
    photographed(page, "case-claim-settled")


def test_the_applicant_reads_what_is_done_until_when(office, desk, second):
    case = lost(office, 702)
    leg_id = f"{case.no}-FORWARD-1"
    body = {"legId": leg_id, "kind": "LOST", "postageFen": 1200, "askedFen": 3600}
    opened = office.call("POST", f"/api/v1/cases/{case.no}/claims", "clerk", body).json()
    inquired = {"step": "inquire", "version": opened["version"], "inquiryNo": NUMBER}
    assert office.call("POST", f"/api/v1/claims/{opened['claimId']}/steps", "clerk", inquired).status_code == 200
    page = desk.open(office.scanned(case.no))
    told = page.locator("section", has=page.locator("#claims"))
    expect(told).to_contain_text(re.compile(r"大厅已向邮政查询，邮政最迟\d+月\d+日（周.）答复"))
    expect(told).to_contain_text("大厅给您出具丢失证明，户主或家庭成员凭身份证件到户籍地派出所补领")
    photographed(page, "track-claim")
    with office.database.write() as session:
        session.get_one(LegRow, leg_id).stage = "IN_TRANSIT"
    clerk = second.log_in("clerk", "/window")
    clerk = second.open(f"/window/{case.no}")
    expect(clerk.locator(".claim")).to_contain_text("这件邮件又有扫描了")
    asks(clerk, "不再要求赔偿")
    expect(clerk.locator(".claim .chip").first).to_contain_text("已找到")
    page.reload()
    expect(told).to_contain_text("您的邮件找到了")
