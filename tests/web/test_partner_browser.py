"""A network's desk in a real browser (ux.md P4, P5): what is owed, each delivery opened, what may be taken along."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import photographed
from tests.web.partner_cases import ID, NAME, PHONE, at_work, called, dead, sent

pytestmark = pytest.mark.browser

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def desk(chromium, base):
    with desk_of(chromium, base) as opened:
        yield opened


@pytest.fixture(scope="module")
def busy(office):
    """A day with everything in it; its first case."""
    first, late, refused = at_work(office, 61), at_work(office, 62, days=-3), at_work(office, 63)
    for number in range(10, 60):
        called(office, late, number, "REVIEWING", X_CY_Signature="v1=AAAA")
    for number in range(64, 74):
        at_work(office, number)
    sent(office, first, "TIMEOUT", "OK")
    sent(office, refused, "CY4221")
    assert called(office, first, 1) == "0000"
    assert called(office, late, 2, X_CY_Signature="v1=AAAA") == "CY4012"
    dead(office, "evt_00000001")
    return first


def opened(page, row):
    page.locator(".log tbody tr", has_text=row).first.get_by_role("link").click()
    expect(page.locator("#signed")).to_be_visible()
    return page


def test_a_network_without_a_day_says_what_would_be_here(desk):
    page = desk.log_in("supervisor", "/supervisor")
    desk.open("/partner?network=interprovincial")
    expect(page.locator("h1")).to_have_text("跨省：往来正常")
    expect(page.locator(".empty")).to_have_count(3)
    photographed(page, "partner-empty")


def test_an_ordinary_day(desk, office):
    at_work(office, 75, region="520102")
    page = desk.log_in("auditor", "/supervisor")
    desk.open("/partner?network=southwest")
    expect(page.locator("[aria-labelledby=theirs] .rows > li")).to_have_count(1)
    photographed(page, "partner-usual")


def test_the_desk_says_first_what_needs_somebody(desk, busy):
    page = desk.log_in("supervisor", "/supervisor")
    desk.open("/partner?network=sichuan")
    expect(page.locator("h1")).to_have_text(
        "川渝：对方 1 件超期，我方 1 件超期，1 条消息没有送进办件，1 条指令对方没有收下"
    )
    expect(page.locator("[aria-labelledby=theirs] .rows > li")).to_have_count(13)
    expect(page.locator("[aria-labelledby=theirs] .rows > li").first).to_contain_text("已超期")
    photographed(page, "partner-full")
    page.locator("summary", has_text="按消息看").click()
    messages = page.locator("details", has_text="按消息看")
    expect(messages).to_contain_text("没有送进办件，等人处理")
    expect(messages).to_contain_text("对方拒收，等人处理")
    expect(messages).not_to_contain_text("DEAD")
    photographed(page, "partner-messages")
    page.get_by_role("link", name="已转递 13").click()
    expect(page.locator("[aria-labelledby=cases] .rows > li")).to_have_count(13)
    page.get_by_role("link", name="没有办成的").click()
    expect(page.locator(".log .chip-done")).to_have_count(0)
    expect(page.locator(".log tbody tr", has_text="CY4012").first).to_be_visible()


def test_a_refused_delivery_says_why_and_shows_what_should_have_been_signed(desk, busy):
    page = desk.log_in("auditor", "/supervisor")
    desk.open("/partner?only=bad")
    opened(page, "CY4012")
    expect(page.locator("h1")).to_contain_text("签名对不上")
    expect(page.locator(".steps > li")).to_have_count(8)
    assert page.locator("pre").first.inner_text().splitlines()[:2] == ["POST", "/callbacks/sichuan"]
    expect(page.locator("dd", has_text="v1=AAAA")).to_be_visible()
    assert KEY not in page.content()
    photographed(page, "partner-delivery-refused")


def test_what_was_taken_after_a_second_attempt_has_both_and_its_people_are_masked(desk, busy):
    page = desk.log_in("supervisor", "/supervisor")
    desk.open("/partner")
    opened(page, re.compile("转递.*已收下"))
    expect(page.locator(".tries > li")).to_have_count(2)
    raw = page.locator("pre[aria-label=正文]").inner_text()
    assert busy in raw and '"idNumber": "110105********002X"' in raw
    assert not any(secret in page.content() for secret in (NAME, ID, PHONE))
    photographed(page, "partner-delivery-sent")


def test_an_operator_delivers_a_dead_message_again_and_reads_no_words(desk, busy):
    page = desk.log_in("operator", "/status")
    desk.open("/partner")
    opened(page, re.compile("收件.*已收下"))
    expect(page.locator("body")).to_contain_text("您的岗位不看正文")
    page.get_by_role("button", name="再投递一次").click()
    expect(page.locator("#again ~ dl")).to_contain_text("正要送进办件")


@pytest.mark.parametrize(
    ("encoding", "codec", "start"), [("utf-8", "utf-8-sig", b"\xef\xbb\xbf"), ("gb18030", "gb18030", b"")]
)
@pytest.mark.parametrize(("what", "least"), [("deliveries", 40), ("cases", 20)])
def test_lists_are_taken_along_as_spreadsheets_read_them(office, busy, what, least, encoding, codec, start):
    answer = office.call("GET", f"/partner/{what}.csv?network=sichuan&encoding={encoding}", "supervisor")
    assert answer.content.startswith(start)
    rows = list(csv.reader(io.StringIO(answer.content.decode(codec))))
    assert len(rows) > least and {len(row) for row in rows} == {len(rows[0])}
    assert rows[0][0] in ("时间", "办理编号")
    assert not any(secret in answer.content.decode(codec) for secret in (NAME, ID, PHONE))


def test_a_delivery_that_nobody_knows_is_a_page_that_leads_on(desk):
    page = desk.log_in("auditor", "/supervisor")
    desk.open("/partner/deliveries/999999999999999999999")
    expect(page.locator("h1")).to_have_text("没有这个页面")
    page.get_by_role("link", name="回到我的页面").click()
    page.wait_for_url("**/supervisor")
    desk.faults.clear()  # the browser notes 404 as an error of the page
