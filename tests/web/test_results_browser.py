"""An applicant takes an electronic result from `/track` in a real browser, without scripts, and rates."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from domain.terms import CaseStatus
from domain.wire import WireProgress, WireState
from storage.cases.rows import CaseRow, HandlingRow
from tests.receipts import printed_code, squares
from tests.web.following import served_alone

pytestmark = pytest.mark.browser

RESULT = b"%PDF-1.4 certificate"
SHA = hashlib.sha256(RESULT).hexdigest()
NARROW = {"width": 360, "height": 640}


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def case_no(office):
    number = office.start(31)["caseNo"]
    office.call("PUT", f"/api/v1/documents/{SHA}", "clerk", content=RESULT)
    with office.database.write() as session:
        session.get_one(HandlingRow, number).result = {"name": "失业登记证明", "form": "electronic", "sha256": SHA}
        case = session.get_one(CaseRow, number)
        case.status, case.decided_at = CaseStatus.APPROVED, datetime.now(UTC)
    return number


@pytest.fixture
def page(chromium):
    context = chromium.new_context(locale="zh-CN", viewport=NARROW, java_script_enabled=False)
    yield context.new_page()
    context.close()


def code_of(office, case_no):
    return printed_code(office.call("GET", f"/api/v1/cases/{case_no}/receipt.pdf", "clerk").content)


def scanned(office, case_no):
    """Where the square code of the receipt leads."""
    pdf = office.call("GET", f"/api/v1/cases/{case_no}/receipt.pdf?paper=80mm", "clerk").content
    return next(urlsplit(said).path for said in squares(pdf) if "/t/" in said)


def test_a_result_is_downloaded_by_code_on_a_phone_without_scripts(office, base, case_no, page):
    page.goto(base + scanned(office, case_no))
    expect(page.locator("h2", has_text="领取电子结果")).to_be_visible()
    page.fill("#code", "0000 0000")
    page.get_by_role("button", name="下载 失业登记证明").click()
    expect(page.locator(".summary")).to_contain_text("领取码不对")
    page.fill("#code", code_of(office, case_no))
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 失业登记证明").click()
    assert download.value.suggested_filename == f"{case_no}.pdf"
    assert Path(download.value.path()).read_bytes() == RESULT
    assert page.url in (f"{base}/track", f"{base}/track/result")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_applicant_rates_on_the_same_page(office, base, case_no, page):
    page.goto(f"{base}/track?caseNo={case_no}")
    page.fill("#code", code_of(office, case_no))
    page.click("button.main")
    page.select_option("#side", "authority")
    page.check("input[name=score][value='5']")
    page.fill("#comment", "很快")
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator(".done")).to_have_text("感谢您的评价。")
    expect(page.locator("h2", has_text="评价本次服务")).to_have_count(0)


def test_an_officer_gives_the_file_with_the_decision(office, base, chromium):
    number = office.submitted(32)
    office.change(number, lambda row: setattr(row, "progress", WireProgress(state=WireState.UNDER_REVIEW)))
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/login")
    page.fill("#username", "officer")
    page.fill("#password", "demo")
    page.click("button.main")
    page.wait_for_url(f"{base}/officer")
    page.goto(f"{base}/officer/{number}")
    page.locator("[data-decide=APPROVED]").click()
    form = page.locator("#decide-APPROVED form")
    chosen = form.locator("input[type=file]").first
    form.locator("select").select_option("paper")
    expect(chosen).to_be_hidden()
    form.locator("select").select_option("both")
    chosen.set_input_files({"name": "result.pdf", "mimeType": "application/pdf", "buffer": RESULT})
    expect(form.locator(".files li")).to_contain_text("result.pdf")
    with page.expect_response(lambda answer: "/decisions" in answer.url) as said:
        form.locator("button.main").click()
        page.get_by_role("button", name="确定准予").click()
    assert said.value.status == 202
    context.close()
    with office.database.read() as session:
        assert session.get_one(HandlingRow, number).result["sha256"] == SHA
