"""A clerk at work in a real browser: an electronic licence instead of a paper, and the same matter once more."""

import pytest
from playwright.sync_api import expect

from demo.people import applicant
from tests.web.desks import WAIT_MS, desk_of, fill_case, to_its_page

pytestmark = [pytest.mark.browser, pytest.mark.e2e]
CARD = 1  # place of 申请人居民身份证 among the materials of YZ-HRSS-001


@pytest.fixture(scope="module")
def desk(chromium, system):
    with desk_of(chromium, system.kuayu) as opened:
        opened.log_in("clerk", "/window")
        yield opened


def fill(desk, number):
    page = desk.open("/window/new")
    fill_case(page, number, "YZ-HRSS-001", "成都市锦江", "四川省成都市锦江区")
    row = page.locator(".material").nth(CARD)
    row.locator("select").select_option("licence")
    row.locator("[name$='licence.number']").fill(applicant(number, "personal")["idNumber"])
    row.locator("[name$='licence.issuer']").fill("重庆市公安局")
    page.check("[name='consent.accepted']")
    return page


def send(page):
    page.click("#case-form button.main")


def test_an_electronic_licence_is_asked_for_whole_and_its_office_confirms_it(desk):
    page = fill(desk, 871)
    send(page)
    expect(page.locator("#case-form > .summary")).to_contain_text("请先取得持证人对核验和使用电子证照的同意")
    page.check("[name$='licence.consent']")
    send(page)
    to_its_page(page)
    shown = page.locator("[data-live=materials]")
    expect(shown).to_contain_text("可信等级 A", timeout=WAIT_MS)
    expect(shown).to_contain_text("联网核验：有效")
    assert applicant(871, "personal")["idNumber"] not in page.content()


def test_a_paper_after_all_leaves_nothing_of_the_licence(desk):
    page = fill(desk, 872)
    row = page.locator(".material").nth(CARD)
    row.locator("select").select_option("original")
    expect(row.locator(".licence")).to_have_count(0)
    row.locator("select").select_option("licence")
    page.locator(".material").nth(0).locator("select").select_option("")
    assert row.locator("[name='materials.0.licence.number']").count() == 1


def test_the_same_matter_is_shown_before_posting_and_needs_a_reason(desk):
    page = fill(desk, 873)
    panel = page.locator("#same-matter")
    expect(panel).to_be_hidden()
    page.check("[name$='licence.consent']")
    send(page)
    to_its_page(page)
    first = page.locator("[data-live=head] .no").first.text_content()
    page = fill(desk, 873)
    expect(panel).to_be_visible()
    expect(panel).to_contain_text(first)
    page.check("[name$='licence.consent']")
    send(page)
    expect(page.locator("#case-form > .summary")).to_contain_text("请填写再办一件的理由")
    page.fill("#duplicate-reason", "上一件材料有误，另行办理")
    send(page)
    to_its_page(page)
    head = page.locator("[data-live=head]")
    expect(head).to_contain_text("再办理由：上一件材料有误，另行办理")
    expect(head.locator(f"a[href='/window/{first}']")).to_be_visible()


def test_another_person_hides_the_panel_again(desk):
    page = fill(desk, 873)
    expect(page.locator("#same-matter")).to_be_visible()
    page.fill("#applicant-id", applicant(874, "personal")["idNumber"])
    page.press("#applicant-id", "Tab")
    expect(page.locator("#same-matter")).to_be_hidden()
    assert page.locator("#duplicate-reason").is_disabled()
