"""The applicant's page as people read it (ux.md A1–A3): old phones, large letters, no script, only what is theirs."""

import re

import pytest
from playwright.sync_api import expect

from storage.people.wrong_tries import TRIES, WrongTryRow
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import keeps_the_rules, photographed
from tests.web.track_cases import LONG, closed, full, usual

pytestmark = pytest.mark.browser

COLD_BYTES = 60_000
PERSONAL = re.compile(r"(?<![\dA-Z])1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?![\dXx])")
"""A whole mobile number, a whole identity number; a case number has 21 characters."""
ZOOMS = {"200 %": 640, "400 % or the narrowest phone": 320}
CLIPPED = """() => [...document.querySelectorAll("main *")].filter((one) => {
  const style = getComputedStyle(one);
  return one.children.length === 0 && one.textContent.trim() && style.overflowX === "hidden"
    && !one.closest(".hush") && one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.outerHTML)"""


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture(autouse=True)
def nobody_has_guessed(office):
    with office.database.write() as session:
        session.query(WrongTryRow).delete()


@pytest.fixture
def desk(chromium, base):
    """With scripts, because axe needs them; the pages have none."""
    with desk_of(chromium, base) as opened:
        yield opened


@pytest.fixture
def plain_desk(chromium, base):
    with desk_of(chromium, base, java_script_enabled=False) as opened:
        yield opened


def looked(desk, case_no, code):
    page = desk.open("/track")
    page.fill("#caseNo", case_no)
    page.fill("#code", code)
    with page.expect_navigation():
        page.click("button.main")
    return page


def looked_at(desk, office, case_no):
    """By number and code, as the receipt has them."""
    return looked(desk, case_no, office.code(case_no))


def test_the_first_look_is_small_and_asks_for_two_things(desk):
    came = []
    desk.page.on("response", lambda answer: came.append(answer))
    page = desk.open("/track")
    page.wait_for_load_state("networkidle")
    sizes = [one.request.sizes() for one in came]
    assert len(sizes) > 5  # the page and its styles
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes) <= COLD_BYTES
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 18
    assert page.locator("script").count() == 0
    photographed(page, "track-empty")


def test_a_case_under_way_says_who_does_what_until_when(desk, office):
    page = looked_at(desk, office, usual(office, 41))
    expect(page.locator("h1")).to_have_text("办理地已受理，正在办理。")
    expect(page.locator(".lead")).to_have_text(re.compile(r"^办理地承诺最迟\d+月\d+日（周.）办结。$"))
    here = page.locator("#parcel-1 ~ .line > [aria-current=step]")
    expect(here).to_contain_text("邮政运输")
    expect(page.locator("a[href^='tel:']").first).to_be_visible()
    assert page.url.endswith("/track")
    photographed(page, "track-usual")


def test_everything_at_once_stays_in_order_and_masked(desk, office):
    page = looked_at(desk, office, full(office, 42))
    expect(page.locator("h1")).to_contain_text("还缺材料，请您在")
    missing = page.locator("ol.missing > li")
    expect(missing).to_have_count(3)
    expect(missing.first).to_contain_text(LONG)
    expect(missing.first).to_contain_text("最迟")
    expect(missing.last).to_contain_text("先行办理时欠的")
    expect(page.locator(".line")).to_have_count(3)  # there, back, and the case itself
    assert PERSONAL.findall(page.content()) == []
    photographed(page, "track-full")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator("#missing")).to_be_visible()
    photographed(page, "track-print")


def test_a_result_is_there_to_fetch_and_a_wrong_code_is_said_at_its_field(desk, office):
    case_no = closed(office, 43)
    page = desk.open(office.scanned(case_no))
    expect(page.locator("#results")).to_have_text("领取电子结果")
    photographed(page, "track-closed")
    page.fill("#code", "0000 0000")
    page.get_by_role("button", name="下载 失业登记证明").click()
    assert page.title().startswith("错误：")
    expect(page.locator(".summary a")).to_have_attribute("href", "#code")
    expect(page.locator("#code-fault")).to_contain_text("领取码不对")
    photographed(page, "track-error-code")
    desk.faults.clear()  # the browser notes 422 as an error of the page


def test_the_eleventh_wrong_guess_waits_and_is_told_kindly(desk, office):
    case_no = usual(office, 44)
    for guess in range(TRIES):
        page = looked(desk, case_no, f"0000 {9000 + guess}")
        expect(page.locator(".summary a")).to_have_text("没有查到，请核对办件编号和领取码")
    photographed(page, "track-error")
    page.fill("#code", office.code(case_no))  # right, and not looked at
    with page.expect_response("**/track") as answer:
        page.click("button.main")
    assert answer.value.status == 429
    assert int(answer.value.headers["retry-after"]) > 60
    expect(page.locator(".summary")).to_contain_text("分钟后再查")
    photographed(page, "track-locked")
    page = desk.open(office.scanned(case_no))  # the receipt itself opens it all the same
    expect(page.locator("h1")).to_have_text("办理地已受理，正在办理。")
    desk.faults.clear()  # the browser notes 404 and 429 as errors of the page


def test_all_of_it_works_without_scripts(plain_desk, office):
    case_no = full(office, 49)
    page = looked(plain_desk, f" {case_no.lower()} ", office.code(case_no))
    expect(page.locator("ol.missing > li")).to_have_count(3)
    page.get_by_role("button", name="关怀模式").click()
    expect(page.locator("ol.missing > li")).to_have_count(3)
    page.get_by_role("button", name="看完了").click()
    expect(page.locator("#caseNo")).to_have_value("")
    page.get_by_text("没有领取码，发短信验证码").click()
    page.fill("#sms-caseNo", case_no)
    page.fill("#phoneTail", "0049")
    page.get_by_role("button", name="发送验证码").click()
    expect(page.locator(".done")).to_contain_text("验证码已发到登记的手机")
    expect(page.locator("#caseNo")).to_have_value(case_no)


def test_who_has_no_code_asks_for_one_and_is_told_what_to_do(desk, office):
    page = desk.open("/track")
    page.get_by_text("没有领取码，发短信验证码").click()
    page.fill("#sms-caseNo", usual(office, 50))
    page.fill("#phoneTail", "0050")
    photographed(page, "track-code-asking")
    page.get_by_role("button", name="发送验证码").click()
    expect(page.locator(".done")).to_contain_text("8位验证码已发到登记的手机")
    photographed(page, "track-code-asked")


def test_care_mode_is_larger_stays_and_goes_again(desk, office):
    page = desk.open("/track")
    page.get_by_role("button", name="关怀模式").click()
    expect(page.get_by_role("button", name="退出关怀模式")).to_be_visible()
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    page.wait_for_load_state()  # what is parsed can be seen before its styles are there
    assert page.evaluate(size) == pytest.approx(23.8, abs=0.1)
    page = looked_at(desk, office, usual(office, 45))
    page.wait_for_load_state()
    assert page.evaluate(size) == pytest.approx(23.8, abs=0.1)
    photographed(page, "track-care")
    page.get_by_role("button", name="退出关怀模式").click()
    expect(page.get_by_role("button", name="关怀模式", exact=True)).to_be_visible()
    expect(page.locator("h1")).to_have_text("办理地已受理，正在办理。")  # still this case
    page.wait_for_load_state()
    assert page.evaluate(size) == pytest.approx(18, abs=0.1)


@pytest.mark.parametrize("width", ZOOMS.values(), ids=ZOOMS)
def test_enlarged_nothing_is_lost(desk, office, width):
    page = looked_at(desk, office, full(office, 46 if width == 320 else 47))
    page.set_viewport_size({"width": width, "height": 640})
    keeps_the_rules(page)
    assert page.evaluate(CLIPPED) == []
    page.set_viewport_size({"width": width, "height": 640})
    page.get_by_role("button", name="关怀模式").click()
    expect(page.get_by_role("button", name="退出关怀模式")).to_be_visible()
    keeps_the_rules(page)


def test_a_print_has_what_counts_and_no_buttons(desk, office):
    page = looked_at(desk, office, usual(office, 48))
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".call")).to_be_visible()
    assert [one for one in page.locator("button").all() if one.is_visible()] == []


def test_a_form_that_is_reloaded_by_its_address_leads_back(desk):
    page = desk.open("/track/rating")
    assert page.url.endswith("/track")
