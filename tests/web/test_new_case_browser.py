"""A clerk's new case in a real browser: keys alone, the check panel, errors, input methods, one case and no second."""

import io
import re
import time

import pypdf
import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import expect
from sqlalchemy import func, select

from demo.people import applicant
from storage.cases.rows import CaseRow
from tests.web.desks import choose, desk_of
from tests.web.looks import photographed
from tests.web.windows import Typist, opened_window

pytestmark = pytest.mark.browser

PLAIN, MOVING = "YZ-MPS-082", "YZ-MPS-006"
JINJIANG = ("成都市锦江", "四川省成都市锦江区")
MM = 25.4 / 72
DONE = re.compile(r"/window/(500103[0-9]{14}[0-9X])/done$")


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with opened_window(tmp_path_factory.mktemp("window")) as opened:
        yield opened


def cases(window):
    with window.office.database.read() as session:
        return session.scalar(select(func.count()).select_from(CaseRow))


def filled(page, number, *, item=PLAIN):
    """A case that lacks nothing; the consent is given."""
    choose(page, "#item", item, "")
    expect(page.locator(".material").first).to_be_visible()
    choose(page, "#place-0", *JINJIANG)
    expect(page.locator(".route.good")).to_be_visible()
    person = applicant(number, "personal")
    page.fill("#applicant-name", person["name"])
    page.fill("#applicant-id", person["idNumber"])
    page.fill("#applicant-phone", person["phone"])
    page.click("#all-there")
    page.check("[name='consent.accepted']")
    expect(page.locator("#check")).to_have_attribute("data-ready", "true")


def filled_and_kept(page, number):
    """And its draft is on the server, to the last field."""

    def whole(answer):
        return "/api/v1/drafts/" in answer.url and "consent.accepted" in (answer.request.post_data or "")

    with page.expect_response(whole):
        filled(page, number)
    expect(page.locator("#saved")).to_contain_text("草稿已存")


NO_MOUSE = "() => { window.clicks = 0; addEventListener('mousedown', () => { window.clicks += 1; }, true); }"


@pytest.mark.parametrize(("with_reader", "most"), [(True, 35), (False, 70)])
def test_a_routine_case_by_keys_alone(window, chromium, with_reader, most):
    """F2 to the receipt: keys and time by the keystroke-level model, no mouse, at most two pages."""
    before = cases(window)
    with window.desk(chromium) as desk:
        page = desk.page
        page.context.add_init_script(f"({NO_MOUSE})()")
        page.evaluate("localStorage.setItem('kuayu-region', JSON.stringify("
                      "{ value: '510104', title: '四川省成都市锦江区' }))")  # fmt: skip
        loads = []
        page.on("framenavigated", lambda frame: loads.append(frame.url) if frame == page.main_frame else None)
        page.focus("#new-case")
        typist = Typist(page)
        started = time.monotonic()
        typist.press("Enter")
        expect(page.locator("#item")).to_be_focused()
        typist.decide()
        typist.type("jdczx")
        typist.press("Enter")
        expect(page.locator("#place-0")).to_be_focused()
        typist.decide()
        typist.press("Enter")
        typist.decide()
        if with_reader:
            expect(page.locator("#read-card")).to_be_focused()
            typist.press("Enter")
            expect(page.locator("#applicant-phone")).to_be_focused()
        else:
            person = applicant(411, "personal")
            typist.press("F6")
            expect(page.locator("#applicant-name")).to_be_focused()
            typist.type(person["name"])
            typist.press("Tab")
            typist.press("Tab")
            typist.type(person["idNumber"])
            typist.press("Tab")
        typist.type("13812345678")
        typist.press("F6")
        expect(page.locator("#all-there")).to_be_focused()
        typist.decide()
        typist.press("Enter")
        expect(page.locator("[name='consent.accepted']")).to_be_focused()
        typist.decide()
        typist.press("Space")
        typist.press("Control+Enter")
        page.wait_for_url(DONE)
        expect(page.locator("#next")).to_be_focused()
        typist.decide()
        seconds = typist.seconds(time.monotonic() - started)
        assert page.evaluate("window.clicks") == 0
        assert len(typist.keys) <= most, typist.keys
        assert seconds <= 60, seconds
        assert len([url for url in loads if "/window" in url and "#" not in url]) <= 3, loads
        assert float(page.locator(".big-no").evaluate("e => getComputedStyle(e).fontSize").removesuffix("px")) >= 24
        assert cases(window) == before + 1
        photographed(page, "new-registered")


def test_what_is_typed_replaces_the_region_that_was_offered(window, chromium):
    with window.desk(chromium) as desk:
        page = desk.page
        page.evaluate("localStorage.setItem('kuayu-region', JSON.stringify("
                      "{ value: '510104', title: '四川省成都市锦江区' }))")  # fmt: skip
        desk.open("/window/new")
        choose(page, "#item", PLAIN, "")
        expect(page.locator("#place-0")).to_be_focused()
        expect(page.locator("#place-0")).to_have_value("四川省成都市锦江区")
        page.keyboard.type("guanganqu")
        expect(page.locator("#place-0 ~ [role=listbox] [role=option]").first).to_contain_text("广安区")
        page.keyboard.press("Enter")
        expect(page.locator("#place-0")).to_have_value("四川省广安市广安区")


PAPERS = {"80mm": (80, 160), "a5": (148, 210), "a4": (210, 297)}
COUNT_PRINTS = """{
  let prints = 0;
  window.print = () => { document.documentElement.dataset.prints = prints += 1; };
}"""


def checked_sheet(pdf, paper, case_no):
    """Its size to half a millimetre, and both codes as a scanner reads them."""
    read = pypdf.PdfReader(io.BytesIO(pdf))
    assert len(read.pages) == 1
    box, (width, height) = read.pages[0].mediabox, PAPERS[paper]
    assert abs(float(box.width) * MM - width) <= 0.5 and abs(float(box.height) * MM - height) <= 0.5
    sheet = pypdfium2.PdfDocument(pdf)[0].render(scale=406 / 72, grayscale=True).to_pil()
    codes = {found.text for found in zxingcpp.read_barcodes(sheet)}
    assert case_no in codes and any(re.search(r"/t/[A-Z2-7]{32}$", code) for code in codes), (paper, codes)
    return "".join(read.pages[0].extract_text().split())


def test_the_receipt_prints_by_itself_on_each_paper_with_codes_that_can_be_read(window, chromium):
    with window.desk(chromium) as desk:
        page = desk.page
        page.context.add_init_script(COUNT_PRINTS)
        desk.open("/window/new")
        filled(page, 421)
        page.keyboard.press("Control+Enter")
        page.wait_for_url(DONE)
        expect(page.locator("html")).to_have_attribute("data-prints", "1")
        expect(page.locator("#next")).to_be_focused()
        case_no = DONE.search(page.url).group(1)
        for place, paper in enumerate(PAPERS, start=2):
            page.select_option("#paper", paper)
            page.keyboard.press("F8")
            expect(page.locator("html")).to_have_attribute("data-prints", str(place))
            checked_sheet(page.pdf(prefer_css_page_size=True), paper, case_no)
        page.reload()
        expect(page.locator("#paper")).to_have_value("a4")
        assert page.locator("html[data-prints]").count() == 0
        page.keyboard.press("F7")
        page.wait_for_url(f"**/window/{case_no}")
    for paper in PAPERS:
        answer = window.office.call("GET", f"/api/v1/cases/{case_no}/receipt.pdf?paper={paper}", "clerk")
        said = checked_sheet(answer.content, paper, case_no)
        assert "收件凭证" in said and "机动车注销登记" in said and "四川省成都市锦江区" in said
        assert applicant(421, "personal")["idNumber"] not in said


def test_the_panel_says_while_typing_what_the_server_would_say(window, chromium):
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        panel = page.locator("#check")
        expect(panel.locator("#verdict")).to_have_text("还缺 6 处。")
        photographed(page, "new-empty")
        page.keyboard.type("?")
        expect(page.locator("#item")).to_have_value("?")
        page.fill("#item", "")
        page.focus("[data-section=item] > a")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("下一处待填")
        page.keyboard.press("Escape")
        choose(page, "#item", "YZ-MPS-083", "")
        expect(panel.locator("[data-section=item]")).to_have_attribute("data-state", "ok")
        expect(panel.locator("[data-section=materials]")).to_contain_text("材料 0/3")
        choose(page, "#place-0", *JINJIANG)
        expect(panel.locator("[data-section=places]")).to_contain_text("四川省成都市锦江区办理，承诺")
        page.click("#all-there")
        expect(panel.locator("[data-section=materials] .said")).to_have_text("材料 3/3 齐全")
        page.select_option("#material-2", "")
        expect(panel.locator("[data-section=materials] .said")).to_contain_text("还缺《原机动车登记证书》（可容缺，")
        page.select_option("#material-2", "deferred")
        expect(panel.locator("[data-section=materials] .said")).to_contain_text("容缺 1 项，")
        page.fill("#applicant-name", "王秀兰")
        page.fill("#applicant-id", "110105194912310021")
        wrong = panel.locator("[data-section=applicant]")
        expect(wrong).to_have_attribute("data-state", "wrong")
        wrong.get_by_text("校验位不符").click()
        expect(page.locator("#applicant-id")).to_be_focused()
        page.check("[data-opens=pickup]")
        page.fill("#pickup-address", "渝中区民权路28号英利国际")
        expect(panel.locator("[data-section=post]")).to_contain_text("请填写联系电话")
        page.fill("#applicant-phone", "13812345678")
        page.fill("#pickup-phone", "13812345678")
        expect(panel.locator("[data-section=post]")).to_contain_text("网点先定位地址")
        page.click("details.point summary >> nth=0")
        page.fill("#pickup-lat", "29.5573")
        page.fill("#pickup-lon", "106.5762")
        expect(panel.locator("[data-section=post]")).to_contain_text("前上门取件")
        photographed(page, "new-usual")


def test_a_joint_item_with_a_long_form_is_whole(window, chromium):
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        choose(page, "#item", MOVING, "")
        expect(page.locator("#place-1")).to_be_visible()
        choose(page, "#place-0", *JINJIANG)
        expect(page.locator("#place-1")).to_be_focused()
        choose(page, "#place-1", "广州市越秀", "广东省广州市越秀区")
        page.fill("#applicant-name", "古丽米热·艾比布力阿卜杜热西提")
        page.click("#all-there")
        page.check("[data-opens=agent]")
        page.check("[data-opens=pickup]")
        page.check("[data-opens=delivery]")
        expect(page.locator("[data-section=form]")).to_have_attribute("data-state", "open")
        person = applicant(431, "personal")
        page.fill("#applicant-id", person["idNumber"])
        expect(page.locator("[data-section=form]")).to_have_attribute("data-state", "lacks")
        photographed(page, "new-full")


def test_an_empty_form_leads_to_each_field_and_keeps_what_was_typed(window, chromium):
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        page.fill("#applicant-phone", "１３８１２３４５６７８")
        page.keyboard.press("Control+Enter")
        summary = page.locator("#case-form > .summary")
        expect(summary).to_be_focused()
        assert page.title().startswith("错误：")
        links = summary.locator("a")
        assert links.count() >= 5
        for place in range(links.count()):
            link = links.nth(place)
            target = link.get_attribute("href")
            link.focus()
            page.keyboard.press("Enter")
            expect(page.locator(target)).to_be_focused()
        assert page.input_value("#applicant-phone") == "１３８１２３４５６７８"
        photographed(page, "new-error")


def compose(page, session, box):
    """An input method composes in this field, and its Enter takes the candidate."""
    page.focus(box)
    session.send("Input.imeSetComposition", {"text": "wang", "selectionStart": 4, "selectionEnd": 4})
    for kind in ("rawKeyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "windowsVirtualKeyCode": 229})
    session.send("Input.insertText", {"text": "王"})


def test_an_input_method_sends_nothing_from_any_field(window, chromium):
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        choose(page, "#item", MOVING, "")
        expect(page.locator("#place-1")).to_be_visible()
        page.check("[data-opens=agent]")
        page.check("[data-opens=pickup]")
        sent = []
        page.on("request", lambda r: sent.append(r.url) if r.url.endswith("/api/v1/cases") else None)
        session = page.context.new_cdp_session(page)
        boxes = page.eval_on_selector_all(
            "#case-form input:not([type=hidden], [type=checkbox], [type=file], [type=date]), #case-form textarea",
            "(all) => all.filter((e) => e.id && !e.disabled && e.offsetParent).map((e) => e.id)",
        )
        assert len(boxes) > 15
        for box in [*boxes[1:], boxes[0]]:  # the item last: without it there is no form
            compose(page, session, f"#{box}")
            assert page.locator("#case-form > .summary").count() == 0, box
        assert sent == []
        page.press("#applicant-name", "Enter")
        expect(page.locator("#case-form > .summary")).to_have_count(1)


def test_five_clicks_a_reload_back_and_two_tabs_are_one_case(window, chromium):
    before = cases(window)
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        filled_and_kept(page, 441)
        draft = page.url
        other = page.context.new_page()
        other.goto(draft)
        expect(other.locator("#applicant-name")).to_have_value(applicant(441, "personal")["name"])
        expect(other.locator("#check")).to_have_attribute("data-ready", "true")
        slow = []
        page.route("**/api/v1/cases", lambda route: slow.append(route))
        page.click("#case-form button.main")
        expect(page.locator("#case-form button.main")).to_have_text("提交中…")
        for _ in range(4):
            page.locator("#case-form button.main").dispatch_event("click")
        expect(page.locator("#case-form button.main")).to_be_disabled()
        assert len(slow) == 1
        slow.pop().continue_()
        page.wait_for_url(DONE)
        number = DONE.search(page.url).group(1)
        assert cases(window) == before + 1
        other.click("#case-form button.main")
        other.wait_for_url(f"**/window/{number}/done")
        page.go_back()
        page.wait_for_url(f"**/window/{number}/done")
        page.goto(draft)
        assert DONE.search(page.url).group(1) == number
        page.reload()
        assert cases(window) == before + 1
        desk.faults.clear()  # the browser writes a 409 or 422 of the second tab to its console


def test_a_reload_in_the_middle_of_a_slow_answer_is_one_case(window, chromium):
    before = cases(window)
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        filled_and_kept(page, 442)
        page.route("**/api/v1/cases", lambda route: (route.fetch(), route.abort()))  # it arrives, its answer does not
        page.click("#case-form button.main")
        expect(page.locator("#case-form > .summary")).to_be_visible()
        page.unroute("**/api/v1/cases")
        page.reload()
        page.wait_for_url(DONE)
        assert cases(window) == before + 1
        desk.faults.clear()  # the browser writes the lost answer to its console


def test_everything_that_lacks_is_on_one_notice(window, chromium):
    before = cases(window)
    with window.desk(chromium) as desk:
        page = desk.open("/window/new")
        choose(page, "#item", MOVING, "")
        expect(page.locator("#place-1")).to_be_visible()
        page.fill("#applicant-name", "王秀兰")
        page.fill("#applicant-id", applicant(451, "personal")["idNumber"])
        asked = {}
        page.context.route("**/window/new/notice", lambda route: (asked.update(body=route.request.post_data),
                                                                   route.fulfill(body="")))  # fmt: skip
        with page.expect_popup():
            page.click("[name=notice]")
        page.context.unroute("**/window/new/notice")
        cookie = {c["name"]: c["value"] for c in page.context.cookies()}
        lacks = page.evaluate(
            """async () => {
              const { valuesOf } = await import("/static/js/values.js");
              const body = valuesOf(document.getElementById("case-form"));
              body.form ??= { answers: {} };
              const headers = { "Content-Type": "application/json" };
              const sent = { method: "POST", headers, body: JSON.stringify(body) };
              return (await (await fetch("/api/v1/cases:check", sent)).json()).sections;
            }"""
        )
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": window.base,
               "Cookie": "; ".join(f"{name}={value}" for name, value in cookie.items())}  # fmt: skip
    answer = window.office.call("POST", "/window/new/notice", content=asked["body"],
                                headers=headers | {"Origin": "http://kuayu.test"})  # fmt: skip
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    read = pypdf.PdfReader(io.BytesIO(answer.content))
    said = "".join("".join(sheet.extract_text().split()) for sheet in read.pages)
    assert "一次性告知书" in said and "王秀兰" in said and "工作调动户口迁移" in said
    told = [f["detail"] for s in lacks if s["section"] in ("form", "materials") for f in s["faults"]]
    assert len(told) >= 8
    for sentence in told:
        assert "".join(sentence.rstrip("。").split()) in said, sentence
    assert abs(float(read.pages[0].mediabox.width) * MM - 210) <= 0.5
    assert cases(window) == before


def test_without_scripts_the_page_is_sent_rendered_again_and_registers(window, chromium):
    before = cases(window)
    with desk_of(chromium, window.base, java_script_enabled=False) as desk:
        desk.log_in("clerk", "/window")
        page = desk.open("/window/new")
        page.fill("#applicant-phone", "１３８１２３４５６７８")
        page.click("#case-form button.main")
        assert page.title().startswith("错误：")
        summary = page.locator("#case-form > .summary")
        expect(summary).to_be_focused()
        for link in summary.locator("a").all():
            assert page.locator(link.get_attribute("href")).count() == 1
        assert page.input_value("#applicant-phone") == "１３８１２３４５６７８"
        assert "请选择事项" in page.locator(".field:has(#item) .fault").inner_text()
        page.fill("#item", "机动车注销")
        page.get_by_role("button", name="显示这个事项要填的内容").click()
        expect(page.locator("#item")).to_have_value("机动车注销登记")
        expect(page.locator(".material")).to_have_count(5)
        page.fill("#place-0", "四川省成都市锦江区")
        person = applicant(461, "personal")
        page.fill("#applicant-name", person["name"])
        page.fill("#applicant-id", person["idNumber"])
        for row in page.locator(".material").all():
            row.locator("select").select_option(row.locator("select").get_attribute("data-usual"))
        page.click("#case-form button.main")
        expect(summary.locator("li")).to_have_count(1)  # the consent
        expect(page.locator("#material-0")).to_have_value("original")
        page.check("[name='consent.accepted']")
        page.click("#case-form button.main")
        page.wait_for_url(DONE)
        desk.faults.clear()  # a page that comes back with 422
    assert cases(window) == before + 1
