"""The auditor's desk in Chromium: the record is read, filtered, checked, and nothing on it can be changed."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import keeps_the_rules, photographed
from tests.web.office import open_office

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """An office of its own, in which some things have happened and one entry will be touched."""
    office = open_office(tmp_path_factory.mktemp("audited"))
    with office.client:
        yield office


@pytest.fixture
def desk(chromium, audited):
    with served_alone(audited.app) as url, desk_of(chromium, url) as opened:
        opened.log_in("auditor", "/supervisor")
        yield opened


def test_the_record_is_read_filtered_checked_and_tells_when_it_was_touched(desk, audited):
    case_no = audited.start(1)["caseNo"]
    for number in range(60):
        audited.call("POST", "/api/v1/login", body={"username": f"nobody-{number}", "password": "wrong"})
    page = desk.open("/audit")
    expect(page.locator(".trail li")).to_have_count(50)
    photographed(page, "audit-full")
    page.get_by_role("link", name="更早的").click()
    expect(page.get_by_role("link", name="最新的")).to_be_visible()
    page.get_by_label("对象（编号开头）").fill(case_no)
    page.get_by_label("类别").select_option(label="办理")
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".trail li")).to_have_count(1)
    expect(page.locator(".trail li")).to_contain_text("clerk")
    photographed(page, "audit-usual")
    page.get_by_label("谁（用户名）").fill("nobody")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    photographed(page, "audit-empty")
    page.get_by_role("button", name="核对全部记录是否完整").click()
    expect(page.locator(".verdict")).to_contain_text("全部完整")
    photographed(page, "audit-whole")
    with audited.database.write_plainly() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_update"))
        session.execute(text("UPDATE audit_entry SET actor = 'officer' WHERE seq = 3"))
    page = desk.open("/audit")
    page.get_by_role("button", name="核对全部记录是否完整").click()
    expect(page.locator(".verdict")).to_contain_text("第 3 条被改动过")
    photographed(page, "audit-error")
    keeps_the_rules(page)
