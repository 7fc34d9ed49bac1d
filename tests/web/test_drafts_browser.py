"""Nothing that a clerk types is lost: a killed browser, a colleague who takes over, a session that ends; the reader."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from demo.people import applicant
from storage.cases.drafts import DraftRow
from storage.people.sessions import LoginRow
from tests.web.desks import choose, desk_of
from tests.web.looks import photographed
from tests.web.windows import COLLEAGUE, opened_window

pytestmark = pytest.mark.browser

JINJIANG = ("成都市锦江", "四川省成都市锦江区")
NOTICE_MS = 5_000
SAVED_MS = 2_000


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with opened_window(tmp_path_factory.mktemp("window")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def nothing_left(window):
    yield
    with window.office.database.write() as session:
        for row in session.scalars(select(DraftRow)):
            session.delete(row)


def begun(page, number):
    """A case of which the most is typed."""
    choose(page, "#item", "YZ-HRSS-001", "")
    expect(page.locator(".material").first).to_be_visible()
    page.select_option("[name='form.answers.situation']", "ended")
    page.fill("[name='form.answers.values.formerEmployer']", "解放碑百货")
    page.select_option("[name='form.answers.values.education']", "本科")
    choose(page, "#f-form-answers-values-livingRegion", "重庆市渝中", "重庆市渝中区")
    choose(page, "#place-0", *JINJIANG)
    person = applicant(number, "personal")
    page.fill("#applicant-name", person["name"])
    page.fill("#applicant-id", person["idNumber"])
    page.select_option("#material-0", "copy")
    page.select_option("#material-1", "licence")
    page.fill("[name$='licence.number']", person["idNumber"])
    page.fill("[name$='licence.issuer']", "重庆市公安局")
    page.check("[data-opens=pickup]")
    page.fill("#pickup-address", "渝中区民权路28号")
    page.fill("#applicant-phone", person["phone"])


def holds(page, number):
    person = applicant(number, "personal")
    expect(page.locator("#applicant-phone")).to_have_value(person["phone"])
    expect(page.locator("#item")).to_have_value("失业登记")
    expect(page.locator("#place-0")).to_have_value("四川省成都市锦江区")
    expect(page.locator("[name='handlings.0.region']")).to_have_value("510104")
    expect(page.locator("#applicant-id")).to_have_value(person["idNumber"])
    expect(page.locator("[name='form.answers.situation']")).to_have_value("ended")
    expect(page.locator("[name='form.answers.values.formerEmployer']")).to_have_value("解放碑百货")
    expect(page.locator("[name='form.answers.values.education']")).to_have_value("本科")
    expect(page.locator("#f-form-answers-values-livingRegion")).to_have_value("重庆市渝中区")
    expect(page.locator("#material-0")).to_have_value("copy")
    expect(page.locator("#material-1")).to_have_value("licence")
    expect(page.locator("[name$='licence.number']")).to_have_value(person["idNumber"])
    expect(page.locator("[name$='licence.issuer']")).to_have_value("重庆市公安局")
    expect(page.locator("#pickup-address")).to_be_visible()
    expect(page.locator("#pickup-address")).to_have_value("渝中区民权路28号")
    expect(page.locator(".route.good")).to_be_visible()


def saved(page):
    """The draft is on the server, and soon enough."""
    with page.expect_response(lambda a: "/api/v1/drafts/" in a.url and a.request.method == "PUT", timeout=SAVED_MS):
        page.locator("#applicant-phone").press("End")
        page.keyboard.type("0")
    page.keyboard.press("Backspace")
    with page.expect_response(lambda a: "/api/v1/drafts/" in a.url and a.request.method == "PUT", timeout=SAVED_MS):
        pass


def test_a_killed_browser_loses_nothing_and_a_colleague_goes_on(window, chromium):
    with window.desk(chromium) as first:
        page = first.open("/window/new")
        begun(page, 501)
        saved(page)
        stored = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
        for secret in (applicant(501, "personal")[part] for part in ("name", "idNumber", "phone")):
            assert secret not in stored
    with window.desk(chromium) as again:
        page = again.open("/window/new")
        expect(page.locator(".drafts summary")).to_have_text("草稿 1")
        page.locator(".drafts summary").click()
        photographed(page, "new-drafts")
        page.get_by_role("link", name="继续").click()
        holds(page, 501)
        assert "draft=" in page.url
        with window.desk(chromium, COLLEAGUE) as second:
            other = second.open("/window/new")
            other.locator(".drafts summary").click()
            expect(other.locator(".drafts li")).to_contain_text("clerk")
            other.get_by_role("button", name="接手 clerk 的草稿 失业登记").click()
            expect(page.locator(".taken")).to_contain_text(f"{COLLEAGUE} 已接手这份草稿", timeout=NOTICE_MS)
            holds(other, 501)
            photographed(page, "new-taken")
            other.fill("#applicant-name", "李建国")
            saved(other)
            page.get_by_role("button", name="接回来继续填").click()
            expect(page.locator("#applicant-name")).to_have_value("李建国")
            expect(other.locator(".taken")).to_contain_text("clerk 已接手", timeout=NOTICE_MS)


def test_a_form_goes_on_where_it_was_after_the_browser_was_killed_while_typing(window, chromium):
    """No key was pressed after the last one, no field was left: what is older than two seconds is there."""
    with window.desk(chromium) as first:
        page = first.open("/window/new")
        page.focus("#applicant-name")
        with page.expect_response(lambda a: "/api/v1/drafts/" in a.url, timeout=SAVED_MS):
            page.keyboard.type("古丽米热")
        expect(page.locator("#saved")).to_contain_text("草稿已存")
        address = page.url
    with window.desk(chromium) as again:
        page = again.open(address.removeprefix(window.base))
        expect(page.locator("#applicant-name")).to_have_value("古丽米热")
        page.keyboard.press("F9")
        page.wait_for_url("**/window/new")
        expect(page.locator("#applicant-name")).to_have_value("")
        page.locator(".drafts summary").click()
        page.get_by_role("button", name="删除").click()
        page.get_by_role("button", name="确定").click()
        expect(page.locator(".drafts li")).to_have_count(0)


def ends_in(window, seconds):
    """All sessions end then, by the server's clock."""
    with window.office.database.write() as session:
        for row in session.scalars(select(LoginRow)):
            row.expires_at = row.latest_at = datetime.now(UTC) + timedelta(seconds=seconds)


def test_a_session_that_ends_is_told_before_and_renewed_without_loss(window, chromium):
    kept = dict(window.office.tokens)
    with window.desk(chromium) as desk:
        ends_in(window, 119)
        page = desk.open("/window/new")
        dialog = page.locator("#session")
        expect(dialog).to_be_visible()
        expect(dialog).to_contain_text("登录将在 1 分 5")
        expect(page.locator("#session-password")).to_be_focused()
        photographed(page, "new-session")
        page.keyboard.press("Escape")  # first this field
        expect(dialog).to_be_hidden()
        expect(page.locator("#item")).to_be_focused()
        page.fill("#applicant-name", "王秀兰")
        ends_in(window, -1)
        page.fill("#applicant-phone", "13812345678")
        expect(dialog).to_contain_text("登录已经到期")
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#session-fault")).to_have_text("用户名或密码不对")
        page.keyboard.type("demo")
        with page.expect_response(lambda a: "/api/v1/drafts/" in a.url and a.status == 200, timeout=NOTICE_MS):
            page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        assert page.input_value("#applicant-phone") == "13812345678"
        page.reload()
        expect(page.locator("#applicant-name")).to_have_value("王秀兰")
        expect(page.locator("#applicant-phone")).to_have_value("13812345678")
        desk.faults.clear()  # the browser writes each 401 to its console
    assert window.office.tokens == kept
    with desk_of(chromium, window.base) as desk:  # logged out altogether: the login leads back to the draft
        page = desk.page
        with window.office.database.read() as session:
            draft = session.scalar(select(DraftRow.draft_id))
        desk.open(f"/window/new?draft={draft}")
        page.fill("#username", "clerk")
        page.fill("#password", "demo")
        page.click("button.main")
        page.wait_for_url(f"**/window/new?draft={draft}")
        expect(page.locator("#applicant-name")).to_have_value("王秀兰")


def test_who_is_idle_is_asked_before_the_end_and_one_press_goes_on(window, chromium):
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        page.fill("#applicant-name", "王秀兰")
        with page.expect_response(lambda a: "/api/v1/drafts/" in a.url and a.status == 200, timeout=NOTICE_MS):
            page.locator("#applicant-name").blur()
        now = datetime.now(UTC)
        with window.office.database.write() as session:
            for row in session.scalars(select(LoginRow).filter_by(username="clerk")):
                row.seen_at, row.expires_at = now - timedelta(minutes=28, seconds=10), now + timedelta(seconds=110)
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        dialog = page.locator("#session")
        expect(dialog).to_contain_text("登录将在 1 分")
        here = dialog.get_by_role("button", name="我还在")
        expect(here).to_be_focused()
        expect(page.locator("#session-password")).to_be_hidden()
        photographed(page, "new-session-idle")
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        with window.office.database.read() as session:
            ends = max(row.expires_at for row in session.scalars(select(LoginRow).filter_by(username="clerk")))
        assert ends > now + timedelta(minutes=29)
        expect(page.locator("#applicant-name")).to_have_value("王秀兰")


def test_the_reader_fills_in_a_card_and_says_why_it_cannot(window, chromium):
    card = {"name": "艾比布力", "idType": "居民身份证", "idNumber": applicant(521, "personal")["idNumber"],
            "birthDate": "1990-01-02", "address": "重庆市渝中区中山三路131号"}  # fmt: skip
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        window.laid.put("reader", "laid", {"card": None})
        page.keyboard.press("F7")
        expect(page.locator("#card-said")).to_have_text("读卡器上没有证件，请放好后再读")
        window.laid.put("reader", "laid", {"card": card | {"idNumber": "110105194912310021"}})
        page.keyboard.press("F7")
        expect(page.locator("#card-said")).to_contain_text("没有读清证件")
        window.laid.put("reader", "laid", {"card": card})
        page.keyboard.press("F7")
        expect(page.locator("#applicant-id")).to_have_value(card["idNumber"])
        expect(page.locator("#applicant-name")).to_have_value("艾比布力")
        expect(page.locator("#applicant-phone")).to_be_focused()
        page.check("[data-opens=delivery]")
        expect(page.locator("#delivery-address")).to_have_value(card["address"])
        expect(page.locator("#delivery-name")).to_have_value("艾比布力")
        desk.faults.clear()  # the browser writes the 409 to its console
    window.laid.put("reader", "laid", None)
