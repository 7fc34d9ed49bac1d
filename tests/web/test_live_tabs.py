"""All tabs of one browser are live over one connection (real Chromium, strict CSP, nothing mocked)."""

import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.web.following import closes, followers, happens, served_alone
from tests.web.office import YUBEI

pytestmark = pytest.mark.browser

WAIT_MS = 30_000
WITHOUT_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


class Browser:
    """One person's browser; its tabs, and what went wrong in them."""

    def __init__(self, context, base, office):
        self.context, self.base, self.office, self.faults = context, base, office, []

    def open(self, path):
        page = self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(self.base + path)
        return page

    def live(self, case_no):
        page = self.open(f"/window/{case_no}")
        says(page, "正在实时更新")
        return page


@contextmanager
def browser_of(chromium, base, office, script=""):
    context = chromium.new_context(locale="zh-CN")
    if script:
        context.add_init_script(script)
    opened = Browser(context, base, office)
    page = opened.open("/login")
    page.fill("#username", "clerk")
    page.fill("#password", "demo")
    page.click("button.main")
    page.wait_for_url(f"{base}/window")
    page.close()
    yield opened
    context.close()
    assert opened.faults == []


@pytest.fixture
def browser(chromium, base, office):
    with browser_of(chromium, base, office) as opened:
        yield opened


def says(page, words):
    expect(page.locator("#live-state")).to_have_text(words, timeout=WAIT_MS)


def shows(page, kind):
    expect(page.locator("[data-live=history]")).to_contain_text(kind, timeout=WAIT_MS)


def number(office, which):
    return office.start(which, region=YUBEI)["caseNo"]


def until(page, holds):
    """Playwright runs the pages only while it is asked for something."""
    ends = time.monotonic() + WAIT_MS / 1000
    while not holds():
        assert time.monotonic() < ends
        page.wait_for_timeout(50)


def test_eight_tabs_are_live_and_stay_so_whichever_goes(browser, office):
    """Six cases in eight tabs; then the leading tab is closed, and the one that followed it, with news under way."""
    cases = [number(office, 931 + n) for n in range(6)]
    tabs = [(case_no, browser.live(case_no)) for case_no in [*cases, *cases[:2]]]
    until(tabs[0][1], lambda: followers(office) == 1)
    for case_no in cases:
        happens(office, case_no, f"ALL-{case_no[-4:]}")
    for case_no, page in tabs:
        shows(page, f"ALL-{case_no[-4:]}")
    for _ in range(2):
        tabs.pop(0)[1].close()
        for case_no in {case_no for case_no, _ in tabs}:
            happens(office, case_no, f"LEFT-{len(tabs)}-{case_no[-4:]}")
        for case_no, page in tabs:
            shows(page, f"LEFT-{len(tabs)}-{case_no[-4:]}")
        until(tabs[0][1], lambda: followers(office) == 1)


def test_a_tab_that_navigates_away_gives_the_stream_to_another(browser, office):
    one, two = number(office, 941), number(office, 942)
    leading, other = browser.live(one), browser.live(two)
    leading.goto(f"{browser.base}/window")
    happens(office, two, "AFTER")
    shows(other, "AFTER")
    leading.go_back()
    says(leading, "正在实时更新")
    happens(office, one, "BACK-AGAIN")
    shows(leading, "BACK-AGAIN")


@pytest.mark.parametrize("first", [0, 1], ids=["the leader's case", "another's case"])
def test_a_case_that_is_closed_ends_its_tab_and_no_other(browser, office, first):
    cases = [number(office, 951 + 2 * first), number(office, 952 + 2 * first)]
    tabs = [browser.live(case_no) for case_no in cases]
    closes(office, cases[first])
    says(tabs[first], "全部办完，不再更新")
    happens(office, cases[1 - first], "GOES-ON")
    shows(tabs[1 - first], "GOES-ON")


def test_the_last_case_closed_a_new_one_is_followed(browser, office):
    one, two = number(office, 955), number(office, 956)
    first = browser.live(one)
    closes(office, one)
    says(first, "全部办完，不再更新")
    until(first, lambda: followers(office) == 0)
    second = browser.live(two)
    happens(office, two, "NEW")
    shows(second, "NEW")


def test_who_logs_out_ends_all_tabs(browser, office):
    tabs = [browser.live(number(office, 961 + n)) for n in range(2)]
    elsewhere = browser.open("/window")
    elsewhere.click("form.me button")
    for page in tabs:
        says(page, "登录已结束，请重新登录")
    until(elsewhere, lambda: followers(office) == 0)
    # A stream that is asked for in the moment of the logout: the browser itself writes the 401 to its console.
    browser.faults[:] = [fault for fault in browser.faults if "401" not in fault]


def test_who_logs_out_closes_the_stream_before_the_login_goes(browser, office):
    page = browser.open("/window")
    until(page, lambda: followers(office) == 1)
    page.route("**/logout", lambda route: route.fulfill(status=204))  # still logged in: nobody else ends the stream
    page.click("form.me button")
    until(page, lambda: followers(office) == 0)


def test_a_stream_that_breaks_is_taken_up_where_it_was(browser, office):
    case_no = number(office, 971)
    refused = []

    def refuse_twice(route):
        if len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=503)
        else:
            route.continue_()

    browser.context.route("**/api/v1/stream?*", refuse_twice)
    page = browser.open(f"/window/{case_no}")
    says(page, "连接中断，正在重试…")
    happens(office, case_no, "MEANWHILE")
    says(page, "正在实时更新")
    shows(page, "MEANWHILE")
    assert len(refused) == 2
    browser.faults.clear()  # the browser itself writes the 503 to its console


def test_without_locks_a_tab_has_a_stream_of_its_own_while_it_is_seen(chromium, base, office):
    case_no = number(office, 981)
    with browser_of(chromium, base, office, WITHOUT_LOCKS) as opened:
        page = opened.live(case_no)
        happens(office, case_no, "ALONE")
        shows(page, "ALONE")
        hide(page, "hidden")
        until(page, lambda: followers(office) == 0)
        happens(office, case_no, "UNSEEN")
        hide(page, "visible")
        shows(page, "UNSEEN")


def hide(page, state):
    page.evaluate(
        "state => { Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        state,
    )
