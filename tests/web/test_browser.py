"""People at work in a real browser on the whole running system: nothing mocked, nothing asked of another host."""

import time

import pytest
from playwright.sync_api import expect

from demo.client import Caller
from demo.people import applicant
from demo.scans import with_files
from tests.pictures import picture
from tests.receipts import printed_code, receipt_of
from tests.web.desks import FORM, NARROW, WAIT_MS, WIDE, choose, desk_of, fill_case, scan, to_its_page, told

pytestmark = [pytest.mark.browser, pytest.mark.e2e]


@pytest.fixture
def desk(chromium, system):
    """Fails at the end if the page complained or asked another host."""
    with desk_of(chromium, system.kuayu) as opened:
        yield opened


def test_the_form_of_an_item_follows_its_situation_and_says_what_is_wrong(desk):
    page = desk.new_case()
    choose(page, "#item", "YZ-NHSA-016", "")
    expect(page.locator(".material")).to_have_count(7)
    expect(page.locator(f"[name='{FORM}.values.total']")).to_have_count(0)
    page.select_option(f"[name='{FORM}.situation']", "local")
    expect(page.locator(".material")).to_have_count(6)
    page.fill(f"[name='{FORM}.values.total']", "12,345.67")
    note = page.locator(f"[name='{FORM}.values.thirdPartyNote']")
    expect(note).to_be_hidden()
    told(page, {"thirdParty": "=true"})
    expect(note).to_be_visible()
    page.select_option(f"[name='{FORM}.situation']", "emergency")
    expect(page.locator(".material")).to_have_count(7)
    assert page.input_value(f"[name='{FORM}.values.total']") == "12,345.67"
    expect(note).to_be_visible()
    told(page, {"thirdParty": "=false"})
    page.click("#case-form button.main")
    said = page.locator("#case-form > .summary a").all_inner_texts()
    assert "请选择就医地" in said and "请填写住院号" in said and not any("第三方责任说明" in line for line in said)
    sent = page.evaluate(
        "async () => (await import('/static/js/values.js')).valuesOf(document.getElementById('case-form')).form"
    )
    assert sent["answers"]["values"] == {"total": 1234567, "thirdParty": False}


def test_a_clerk_starts_a_case_and_follows_it_to_its_approval(desk):
    page = desk.new_case()
    fill_case(page, 801, "YZ-HRSS-001", "成都市锦江", "四川省成都市锦江区")
    page.check("[name='consent.accepted']")
    page.click("#case-form button.main")
    to_its_page(page)
    receipt = page.locator("[data-live=head] .no").first.text_content()
    assert len(receipt) == 21
    expect(page.locator("#status")).to_have_attribute("data-status", "APPROVED", timeout=WAIT_MS)
    history = page.locator("[data-live=history]").inner_text()
    assert "登记" in history
    assert "办理地" in history
    desk.open("/window")
    expect(page.locator(f"[data-case='{receipt}']")).to_contain_text("已办结")


def test_files_are_uploaded_while_the_form_is_filled_in(desk):
    page = desk.new_case()
    choose(page, "#item", "YZ-HRSS-001", "")
    row = page.locator(".material").nth(1)
    page.click("#all-there")
    page.click("#case-form button.main")
    expect(page.locator("#case-form > .summary")).to_contain_text("请上传“申请人居民身份证”的电子件")
    files, name = row.locator(".files li"), row.locator("[type=hidden][name$=sha256]")
    row.locator("input[type=file][multiple]").set_input_files(
        [scan("1.jpg", picture(colour="red"), "image/jpeg"), scan("2.png", picture(colour="blue", kind="PNG"), "")]
    )
    expect(row.locator("[role=status]")).to_have_text("已合成一个 PDF，共 2 页")
    assert row.locator("input.pages").input_value() == "2"
    joined = name.input_value()
    with page.expect_popup() as looked:
        files.first.locator("a").click()
    looked.value.wait_for_load_state()
    assert looked.value.evaluate("document.images.length") == 1
    row.get_by_role("button", name="移去 2.png").click()
    expect(files).to_have_count(1)
    expect(name).not_to_have_value(joined)
    assert row.locator("input.pages").input_value() == "1"
    dropped = page.evaluate_handle(
        """(bytes) => {
          const given = new DataTransfer();
          given.items.add(new File([new Uint8Array(bytes)], "3.jpg", { type: "image/jpeg" }));
          return given;
        }""",
        list(picture(colour="lime")),
    )
    row.locator("upload-field").dispatch_event("drop", {"dataTransfer": dropped})
    expect(files).to_have_count(3)  # two pages and the whole
    assert row.locator("input[capture=environment]").get_attribute("accept") == "image/jpeg,image/png"
    row.locator("input[type=file][multiple]").set_input_files(scan("sheet.txt", b"no document", "text/plain"))
    expect(row.locator(".fault[role=status]")).to_contain_text("“sheet.txt”没有上传：只接受 PDF")
    desk.faults.clear()  # the browser itself writes the 422 to its console
    expect(files).to_have_count(3)


def test_an_empty_form_says_what_is_missing_and_leads_there(desk):
    page = desk.new_case()
    page.fill("#applicant-name", "王秀兰")
    page.click("#case-form button.main")
    summary = page.locator("#case-form > .summary")
    expect(summary).to_be_focused()
    assert page.title().startswith("错误：")
    said = summary.locator("a").all_inner_texts()
    assert "请从列表中选择事项" in said
    assert "请从列表中选择办理地" in said
    assert "请先取得申请人的知情同意" in said
    assert page.input_value("#applicant-name") == "王秀兰"
    summary.get_by_text("请填写证件号码").click()
    expect(page.locator("#applicant-id")).to_be_focused()


def test_what_the_server_refuses_is_shown_beside_the_field_and_can_be_mended(desk):
    page = desk.new_case()
    fill_case(page, 802, "YZ-HRSS-001", "贵阳市南明", "贵州省贵阳市南明区")
    right = page.input_value("#applicant-id")
    page.fill("#applicant-id", right[:-1] + ("0" if right[-1] != "0" else "1"))
    page.check("[name='consent.accepted']")
    page.click("#case-form button.main")
    expect(page.locator("#case-form > .summary")).to_contain_text("校验位不符")
    assert page.locator("#applicant-id").get_attribute("aria-invalid") == "true"
    desk.faults.clear()  # the browser itself writes the 422 to its console
    page.fill("#applicant-id", right)
    page.dblclick("#case-form button.main")
    to_its_page(page)


def test_enter_that_confirms_a_candidate_sends_nothing(desk):
    page = desk.new_case()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.focus("#applicant-name")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "wang", "selectionStart": 4, "selectionEnd": 4})
    for kind in ("rawKeyDown", "keyUp"):  # what an input method lets through while it composes
        session.send("Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "windowsVirtualKeyCode": 229})
    session.send("Input.insertText", {"text": "王"})
    assert page.input_value("#applicant-name") == "王"
    assert sent == []
    assert page.locator("#case-form > .summary").count() == 0
    page.press("#applicant-name", "Enter")
    expect(page.locator("#case-form > .summary")).to_be_visible()


def test_an_officer_decides(desk, chromium, system):
    clerk = Caller(system.kuayu, "clerk")
    item = clerk.get("/api/v1/items/YZ-HRSS-001")
    case = clerk.post("/api/v1/cases", in_city(clerk, item, 803))
    page = desk.log_in("officer", "/officer")
    row = page.locator(f"[data-handling='{case['caseNo']}'] a.whole")
    wait_reloading(page, row)
    row.click()
    page.wait_for_url(f"**/officer/{case['caseNo']}")
    page.wait_for_load_state("load")
    for event, words in (("RECEIVED", "收件"), ("ACCEPTED", "受理"), ("APPROVED", "准予")):
        page.locator(f"[data-decide={event}]").click()
        if event == "APPROVED":
            page.locator("#decide-APPROVED button.main").click()
        with page.expect_response(lambda answer: "/decisions" in answer.url) as said:
            page.get_by_role("button", name=f"确定{words}").click()
        assert said.value.status == 202
        page.wait_for_url(f"**/officer/{case['caseNo']}?said={event}")
        page.wait_for_load_state("load")
    desk.open(f"/window/{case['caseNo']}")
    expect(page.locator("#status")).to_have_attribute("data-status", "APPROVED", timeout=WAIT_MS)


def wait_reloading(page, locator):
    """The queue is a page: look again until it shows what is wanted."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while locator.count() == 0:
        assert time.monotonic() < deadline, "the case did not come to the officer"
        page.reload()


def in_city(clerk, item, number):
    usual = {"original": "original", "copy": "copy", "form": "original", "electronic": "electronic"}
    return {
        "itemCode": item["code"],
        "handlings": [{"region": "500112"}],
        "applicant": applicant(number, "personal"),
        "materials": with_files(clerk, [{"seq": m["seq"], "provided": usual[m["form"]]} for m in item["materials"]]),
        "consent": {"version": "2026-11", "accepted": True},
    }


def test_an_outlet_records_a_scan_and_the_same_parcel_again(desk):
    page = desk.log_in("outlet", "/scan")
    page.click("text=政务大厅")
    expect(page.locator("#card")).to_contain_text("更新")
    page.keyboard.type("EA054568951CN\n")
    expect(page.locator(".answer-bad")).to_contain_text("没有这个邮件")
    page.click("text=仍要记录")
    page.click("#confirm")
    expect(page.locator("#lately li")).to_contain_text(["已留存"])
    expect(page.locator("#code")).to_be_focused()
    page.reload()
    page.keyboard.type("EA054568951CN\n")
    page.click("text=仍要记录")
    expect(page.locator(".answer-again")).to_contain_text("已扫过")
    expect(page.locator("#lately li")).to_have_count(2)


PAGES = [
    ("clerk", "/window", "/window"),
    ("officer", "/officer", "/officer"),
    ("outlet", "/scan", "/scan?outlet=hall"),
    ("supervisor", "/supervisor", "/supervisor"),
    ("auditor", "/supervisor", "/partner?network=southwest"),
    ("operator", "/status", "/status"),
]


@pytest.mark.parametrize(("role", "start", "path"), PAGES, ids=[path for _, _, path in PAGES])
def test_a_page_fits_a_phone_and_a_desk(desk, role, start, path):
    page = desk.log_in(role, start)
    desk.open(path)
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_an_applicant_looks_without_scripts_on_a_phone(chromium, system):
    clerk = Caller(system.kuayu, "clerk")
    case = clerk.post("/api/v1/cases", in_city(clerk, clerk.get("/api/v1/items/YZ-HRSS-001"), 804))
    with desk_of(chromium, system.kuayu, java_script_enabled=False) as applicant_s:
        page = applicant_s.open(f"/track?caseNo={case['caseNo']}")
        page.set_viewport_size(NARROW)
        page.fill("#code", printed_code(receipt_of(system.kuayu, case["caseNo"])))
        page.click("button.main")
        expect(page.locator("h1")).to_contain_text("已")
        assert page.url == f"{system.kuayu}/track"


def test_the_documentation_needs_no_other_host(desk):
    page = desk.open("/docs")
    expect(page.locator(".opblock").nth(30)).to_be_visible(timeout=WAIT_MS)


def test_a_joint_item_asks_for_one_place_for_each_role(desk):
    page = desk.new_case()
    choose(page, "#item", "YZ-MPS-009", "")
    expect(page.locator(".place")).to_have_count(2)
    assert [page.input_value(f"#role-{place}") for place in (0, 1)] == ["迁入地", "迁出地"]
    expect(page.locator("#more-places")).to_be_hidden()
    choose(page, "#item", "YZ-HRSS-001", "")
    expect(page.locator(".place")).to_have_count(1)
    expect(page.locator("#role-0")).to_be_hidden()
