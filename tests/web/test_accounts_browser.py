"""Accounts in Chromium: the first password, one's own account, who keeps accounts, at both sizes, by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import photographed
from tests.web.office import open_office

pytestmark = pytest.mark.browser

NEW, NEWER = "nine blue kettles", "five red lanterns"


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    office = open_office(tmp_path_factory.mktemp("accounts"))
    with served_alone(office.app) as base:
        yield office, base
    office.database.close()


@pytest.fixture
def keeper(chromium, hall):
    with desk_of(chromium, hall[1]) as opened:
        opened.log_in("security", "/accounts")
        yield opened


def typed_in(page, name, password):
    page.fill("#username", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def test_an_account_is_added_and_its_owner_sets_his_own_password(chromium, hall, keeper):
    page = keeper.open("/accounts")
    photographed(page, "accounts-usual")
    page.locator("form[method=post] #username").fill("王敏")
    page.get_by_label("岗位").last.select_option(label="窗口")
    page.get_by_role("button", name="加上").click()
    expect(page.get_by_role("alert")).to_contain_text("小写字母")
    photographed(page, "accounts-error")
    page.locator("form[method=post] #username").fill("wangmin")
    page.get_by_label("单位").last.select_option(value="hall")
    page.locator("form[method=post] #username").press("Enter")
    expect(page.get_by_role("heading", name="wangmin 的初始密码")).to_be_visible()
    photographed(page, "accounts-initial")
    initial = page.locator(".secret code").text_content()
    keeper.faults.clear()  # the browser writes the 422 to its console
    with desk_of(chromium, hall[1]) as theirs:
        page = theirs.open("/window/new")
        typed_in(page, "wangmin", initial)
        page.wait_for_url("**/login/password?next=**")
        expect(page.get_by_role("heading", name="请设自己的密码")).to_be_visible()
        photographed(page, "first-password-usual")
        page.fill("#password", "password2026")
        page.fill("#again", "password2026")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("容易被猜到")
        photographed(page, "first-password-error")
        page.fill("#password", NEW)
        page.fill("#again", NEW)
        page.keyboard.press("Enter")
        page.wait_for_url("**/window/new")
        theirs.faults.clear()
    page = keeper.open("/accounts?q=wangmin")
    expect(page.locator(".accounts li")).to_contain_text("在用")
    expect(page.locator(".accounts li")).to_contain_text("区政务服务大厅")


def test_what_is_done_with_an_account_is_done_at_once_and_said(chromium, hall, keeper):
    with desk_of(chromium, hall[1]) as theirs:
        clerk = theirs.log_in("clerk", "/window")
        page = keeper.open("/accounts")
        page.get_by_role("link", name="clerk", exact=True).click()
        photographed(page, "account-of-a-clerk-usual")
        page.get_by_text("停用", exact=True).click()
        photographed(page, "account-of-a-clerk-asked")
        page.get_by_role("button", name="确定停用").click()
        expect(page.locator(".done")).to_contain_text("账号已停用")
        photographed(page, "account-of-a-clerk-closed")
        page.get_by_text("改单位", exact=True).click()
        expect(page.get_by_label("新单位").locator("option")).to_have_count(2)  # nowhere, and the one hall
        page.get_by_label("新单位").select_option(value="")
        page.get_by_role("button", name="确定改单位").click()
        expect(page.locator(".done")).to_contain_text("单位已改")
        expect(page.get_by_text("只能管理自己的账号").first).to_be_visible()
        photographed(page, "account-of-a-clerk-nowhere")
        clerk.goto(hall[1] + "/window")
        clerk.wait_for_url("**/login?next=**")
        page.get_by_text("启用", exact=True).click()
        page.get_by_role("button", name="确定启用").click()
        expect(page.locator(".done")).to_contain_text("账号已启用")
    page = keeper.open("/accounts/security")
    expect(page.get_by_text("这是您自己的账号")).to_be_visible()
    page = keeper.open("/accounts?q=zzz")
    expect(page.get_by_text("没有符合条件的账号")).to_be_visible()
    photographed(page, "accounts-empty")


def test_ones_own_account_shows_where_one_is_in_and_changes_the_password(chromium, hall):
    with desk_of(chromium, hall[1]) as phone, desk_of(chromium, hall[1]) as desk:
        elsewhere = phone.log_in("outlet", "/scan")
        page = desk.log_in("outlet", "/scan")
        page = desk.open("/account")
        expect(page.locator(".sessions li")).to_have_count(3)  # this one, the phone's, a program's
        expect(page.get_by_text("正在用的这个")).to_have_count(1)
        photographed(page, "account-usual")
        page.get_by_role("button", name="结束其他全部登录").click()
        expect(page.locator(".sessions li")).to_have_count(1)
        elsewhere.goto(hall[1] + "/account")
        elsewhere.wait_for_url("**/login?next=**")
        page.fill("#current", "demo")
        page.fill("#password", "outlet-outlet-2026")
        page.fill("#again", "outlet-outlet-2026")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("您的用户名")
        photographed(page, "account-error")
        page.fill("#current", "demo")
        page.fill("#password", NEWER)
        page.fill("#again", NEWER)
        page.keyboard.press("Enter")
        expect(page.locator(".done")).to_contain_text("密码已经改好")
        photographed(page, "account-done")
        desk.faults.clear()


def test_without_scripts_it_is_the_same(chromium, hall, keeper):
    page = keeper.open("/accounts")
    page.locator("form[method=post] #username").fill("noscript")
    page.get_by_label("岗位").last.select_option(label="审批")
    page.get_by_label("单位").last.select_option(value="dept-hrss")
    page.get_by_role("button", name="加上").click()
    initial = page.locator(".secret code").text_content()
    with desk_of(chromium, hall[1], java_script_enabled=False) as theirs:
        page = theirs.open("/login")
        typed_in(page, "noscript", initial)
        page.wait_for_url("**/login/password?next=**")
        page.fill("#password", NEW)
        page.fill("#again", NEW)
        page.keyboard.press("Enter")
        page.wait_for_url("**/officer")
        page = theirs.open("/account")
        expect(page.locator(".sessions li")).to_have_count(1)
