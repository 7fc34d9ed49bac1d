"""The pages at the door: the login, what is refused or not there, and a print that somebody checks."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from domain.terms import CaseStatus
from papers import PaperKind
from runtime.container import verification_key
from storage.cases.rows import HandlingRow
from storage.cases.verifications import register
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import photographed
from tests.web.track_cases import set_case

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def desk(chromium, base):
    with desk_of(chromium, base) as opened:
        yield opened


@pytest.fixture
def plain_desk(chromium, base):
    with desk_of(chromium, base, java_script_enabled=False) as opened:
        yield opened


def printed(office, number):
    """The token of a printed refusal, and its handling."""
    case_no = office.start(number)["caseNo"]
    now = datetime.now(UTC)
    set_case(office, case_no, CaseStatus.REJECTED, decided_at=now)
    with office.database.write() as session:
        handling = session.get_one(HandlingRow, case_no)
        handling.status = CaseStatus.REJECTED
        key = verification_key(office.app.state.context.settings)
        return register(session, key, PaperKind.DECISION, handling, now), case_no


def test_the_login_waits_in_its_first_field_and_says_what_was_wrong(desk):
    page = desk.open("/login")
    expect(page.locator("#username")).to_be_focused()
    photographed(page, "login")
    page.keyboard.type("clerk")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".summary")).to_be_focused()
    assert page.title().startswith("错误：")
    expect(page.locator("#username")).to_have_value("clerk")
    expect(page.locator("#username-fault")).to_contain_text("用户名或密码不对")
    photographed(page, "login-error")
    page.locator(".summary a").click()
    expect(page.locator("#username")).to_be_focused()
    desk.faults.clear()  # the browser notes 401 as an error of the page


def test_one_gets_in_without_scripts(plain_desk):
    page = plain_desk.log_in("officer", "/officer")
    expect(page.locator("h1")).to_have_count(1)


def test_what_is_not_there_and_what_is_not_for_everybody_leads_on(desk):
    page = desk.open("/nowhere/at/all")
    expect(page.locator("h1")).to_have_text("没有这个页面")
    photographed(page, "not-found")
    desk.log_in("outlet", "/scan")
    desk.open("/supervisor")
    expect(page.locator("h1")).to_have_text("这个页面由其他岗位使用")
    photographed(page, "refused")
    page.get_by_role("link", name="回到我的页面").click()
    page.wait_for_url("**/scan")
    desk.faults.clear()  # 404 and 403


def test_a_print_is_checked_and_no_longer_counts_after_another_decision(desk, office):
    token, case_no = printed(office, 81)
    page = desk.open(f"/verify/{token}")
    expect(page.locator("h1")).to_have_text("文书有效")
    photographed(page, "verify-good")
    office.change(case_no, lambda row: setattr(row, "status", CaseStatus.APPROVED))
    page.reload()
    expect(page.locator("h1")).to_have_text("文书已变更或撤销")
    photographed(page, "verify-revoked")
    desk.open("/verify/none")
    expect(page.locator("h1")).to_have_text("没有查到这份文书")
    photographed(page, "verify-bad")
    desk.faults.clear()  # 404
