"""The interface's own documentation (ux.md P2): nothing of it comes from elsewhere, and a call can be tried."""

import pytest
from playwright.sync_api import expect

from tests.web.desks import WAIT_MS, desk_of
from tests.web.following import served_alone
from tests.web.looks import grave, keeps_the_rules, photographed

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def desk(chromium, base):
    with desk_of(chromium, base) as opened:
        opened.page.route("**/*", lambda route: route.continue_() if base in route.request.url else route.abort())
        yield opened


def test_every_operation_is_there_without_any_other_host(desk):
    page = desk.open("/docs")
    expect(page.locator(".opblock").nth(50)).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("link", name="回到我的页面")).to_be_visible()
    photographed(page, "docs")
    all_of_them = page.locator(".opblock:visible").count()
    page.fill("#find-operation", "scans batch")
    expect(page.locator(".opblock:visible")).to_have_count(1)
    expect(page.locator(".opblock:visible")).to_contain_text("上传扫描 · Up to 200 scans of one device")
    expect(page.locator("#found-operations")).to_have_text("找到 1 个接口")
    photographed(page, "docs-found")
    page.fill("#find-operation", "nothing like it")
    expect(page.locator(".opblock:visible")).to_have_count(0)
    page.fill("#find-operation", "")
    expect(page.locator(".opblock:visible")).to_have_count(all_of_them)


def test_a_call_is_tried_with_the_session_of_whoever_reads(desk):
    desk.log_in("clerk", "/window")
    page = desk.open("/docs")
    call = page.locator(".opblock", has=page.locator("[data-path='/api/v1/items']")).first
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.locator("tr[data-param-name=q] input").fill("sydj")
    with page.expect_response("**/api/v1/items?*") as answer:
        call.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    expect(call.locator(".live-responses-table")).to_contain_text("失业登记")
    assert grave(page) == []
    page.set_viewport_size({"width": 640, "height": 480})
    keeps_the_rules(page)
