"""The scanning tool in a real browser: every way of giving a code, answers that nobody can overlook, one hand."""

import json
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from domain.identifiers import make_case_number
from logistics.tracking import make_s10
from tests.web.desks import NARROW, WIDE
from tests.web.following import served_alone
from tests.web.looks import keeps_the_rules, photographed
from tests.web.scanning import (
    OTHER,
    cancelled,
    device,
    parcel_number,
    parcels,
    scanner,
    sent,
    shown,
    stored,
    waiting,
    wedge,
)

pytestmark = pytest.mark.browser

CODES = Path(__file__).parents[1] / "vectors" / "scanned_codes.json"
MANY = 200
AT_ONCE_MS = 150
UNREAD = """async (count) => {
  const { openDB } = await import("/static/vendor/idb/index.js");
  const db = await openDB("kuayu-scan");
  const found = await db.countFromIndex("scans", "unseen");
  db.close();
  return found === count;
}"""
HOLDS = """
  const wait = setTimeout;
  window.setTimeout = (call, ms, ...rest) => wait(call, ms === 700 || ms === 1800 ? 60000 : ms, ...rest);
"""
"""Green and amber stay until a picture is taken of them."""


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def phone(chromium, base):
    """A courier of 石油路."""
    with scanner(chromium, base) as desk:
        yield desk.page


@pytest.fixture
def alone(chromium, base):
    """Without a network and without a list: whatever is scanned is taken, and stays on the device."""
    with scanner(chromium, base, outlet=None) as desk:
        desk.page.context.set_offline(True)
        yield desk.page


def codes(count, kinds=4):
    """As they come: carrier numbers, our labels, legs that have no number yet, numbers of 13 digits."""
    made = []
    for at in range(count):
        case_no = make_case_number("500103", date(2026, 11, 3), at + 1)
        each = (
            make_s10("EB", 60_000_000 + at),
            f"YZ1|{make_s10('EC', 60_000_000 + at)}|PICKUP|{at:08x}",
            f"{case_no}-PICKUP-1",
            f"98{at:011d}",
        )
        made.append(each[at % kinds])
    return made


def typed(page, code, suffix):
    page.keyboard.type(code)
    page.keyboard.press(suffix)


def kept_codes(page):
    return [row["event"]["code"] for row in device(page, "db.getAll('scans')")]


def confirmed(page, code):
    """The first parcel of a run: a person says which stage it is."""
    wedge(page, code)
    page.click("#confirm")
    expect(page.locator("#run")).to_contain_text("1 件")


def all_taken(page, wanted):
    """The queue has each, in order, once, and as it was given."""
    expect(waiting(page)).to_contain_text(f"待上传 {len(wanted)} ", timeout=60_000)
    assert kept_codes(page) == wanted


def test_a_wedge_loses_splits_and_merges_nothing_whatever_it_sends_behind(alone):
    """One after the other without a pause: with Enter, with Tab, and read by the code's own end alone."""
    third = MANY // 3
    wanted = [*codes(2 * third), *codes(MANY - 2 * third, kinds=2)]
    confirmed(alone, wanted[0])
    for at, code in enumerate(wanted[1:], 1):
        alone.keyboard.type(code)
        if at < 2 * third:
            alone.keyboard.press("Enter" if at < third else "Tab")
    all_taken(alone, wanted)


def test_a_wedge_that_sends_nothing_behind_a_plain_number_ends_with_quiet(alone):
    wanted = codes(8)[3::4] * 2 + [codes(3)[2]]
    confirmed(alone, wanted[0])
    for at, code in enumerate(wanted[1:], 2):
        alone.keyboard.type(code)
        expect(waiting(alone)).to_contain_text(f"待上传 {at} ")
    all_taken(alone, wanted)


def test_text_that_is_injected_at_once_is_a_scan(alone):
    wanted = [*codes(MANY, kinds=2), codes(4)[3]]
    confirmed(alone, wanted[0])
    for code in wanted[1:]:
        alone.keyboard.insert_text(code)
    all_taken(alone, wanted)


def test_a_chinese_input_method_that_composes_the_code_does_not_split_it(alone):
    wanted = codes(MANY, kinds=2)
    confirmed(alone, wanted[0])
    line = alone.context.new_cdp_session(alone)
    for code in wanted[1:]:
        for end in (2, 7, len(code)):
            line.send("Input.imeSetComposition", {"text": code[:end], "selectionStart": end, "selectionEnd": end})
        line.send("Input.insertText", {"text": code})
    all_taken(alone, wanted)


def test_what_devices_put_around_a_code_is_taken_off(alone):
    number = make_s10("EB", 71)
    confirmed(alone, number)
    for noise in (f"]C1{number}", f"*{number}*", f" {number.lower()} ", "ＥＢ" + number[2:], f"\u200b{number}"):
        alone.keyboard.insert_text(noise)
        alone.keyboard.press("Enter")
    all_taken(alone, [number] * 6)


def test_the_device_reads_a_code_as_the_server_does(phone):
    given = json.loads(CODES.read_text("utf-8"))
    read = "async (codes) => codes.map((await import('/static/js/scan/codes.js')).numberOf)"
    assert phone.evaluate(read, [one["given"] for one in given]) == [one["number"] for one in given]


def test_papers_are_counted_one_by_one_before_the_scan_that_says_so(office, phone):
    first, second = parcels(office, 2, first=500)
    reread(phone)
    wedge(phone, first)
    phone.click("text=逐份清点")
    phone.fill("#count-0", "1")
    phone.click("#confirm")
    expect(phone.locator(".answer-bad")).to_contain_text("请把“申请表”的份数填完整，没有的填0")
    phone.click("text=知道了")
    expect(phone.locator("#count-1")).to_be_focused()
    phone.fill("#count-1", "2")
    phone.click("#confirm")
    sent(phone, first)
    said = [row["event"] for row in device(phone, "db.getAll('scans')")]
    assert said[0]["manifest"] == [
        {"name": "户口簿", "form": "original", "count": 1, "paperNo": None},
        {"name": "申请表", "form": "form", "count": 2, "paperNo": None},
    ]
    wedge(phone, second)
    sent(phone, second)
    assert "manifest" not in device(phone, "db.getAll('scans')")[1]["event"]


def test_a_person_types_slowly_and_ends_with_enter(alone):
    code = codes(4)[3]
    alone.keyboard.type(code, delay=110)
    alone.wait_for_function("() => document.activeElement.value.length === 13")
    alone.keyboard.type("77", delay=330)
    assert alone.input_value("#code") == f"{code}77"
    alone.keyboard.press("Enter")
    expect(alone.locator("#card")).to_contain_text(f"{code}77")


def test_a_scan_finds_the_field_from_wherever_a_person_has_pressed(alone):
    confirmed(alone, make_s10("EB", 81))
    alone.click("[data-view=more]")
    alone.click("text=测试声音")
    alone.locator("#sync").focus()
    typed(alone, make_s10("EB", 82), "Enter")
    all_taken(alone, [make_s10("EB", 81), make_s10("EB", 82)])


def test_what_is_scanned_before_the_tool_listens_is_taken_when_it_does(office, phone):
    [number] = parcels(office, 1, first=990)
    reread(phone)  # the list on the device knows it
    held = []
    phone.route("**/api/v1/scan/start", lambda route: held.append(route))
    with phone.expect_request("**/api/v1/scan/start"):
        phone.reload()
    phone.keyboard.type(f"{number}\n")
    expect(phone.locator("#code")).to_have_value(number)
    for route in held:
        route.continue_()
    expect(phone.locator("#card")).to_contain_text(number)
    expect(phone.locator("#code")).to_have_value("")


def test_the_answer_comes_before_the_network_and_at_once(office, phone):
    numbers = parcels(office, 40, first=100)
    reread(phone)
    phone.evaluate(
        """() => {
          window.ended = [];
          const late = (event) => event.key === "Enter" && window.ended.push(performance.now());
          document.addEventListener("keydown", late, true);
        }"""
    )
    confirmed(phone, numbers[0])
    before = phone.evaluate("[window.heard.length, window.ended.length]")
    for count, number in enumerate(numbers[1:], 2):
        typed(phone, number, "Enter")
        expect(phone.locator("#run")).to_contain_text(f" {count} 件")
    heard = [at for kind, what, at in phone.evaluate("window.heard")[before[0] :] if kind == "tone" and what == 1760]
    ended = phone.evaluate("window.ended")[before[1] :]
    assert len(heard) == len(ended) == 39
    taken = sorted(tone - enter for tone, enter in zip(heard, ended, strict=True))
    assert taken[int(len(taken) * 0.95)] <= AT_ONCE_MS, taken
    sent(phone, numbers[-1])


def reread(page):
    """The list is asked for anew."""
    page.click("[data-view=more]")
    with page.expect_response("**/api/v1/scan/parcels"):
        page.click("text=更新清单")
    page.click("[data-view=scan]")


def test_each_kind_of_wrong_parcel_is_told_apart_and_stops_the_next_scan(office, phone):
    (mine,) = parcels(office, 1, first=200)
    (theirs,) = parcels(office, 1, first=201, outlet=OTHER)
    gone = cancelled(office, 202)
    reread(phone)
    confirmed(phone, mine)
    sent(phone, mine)
    before = len(stored(office))
    said = []
    for code in (theirs, gone, make_s10("EB", 99), "重庆"):
        phone.evaluate("window.heard.length = 0")
        phone.keyboard.insert_text(code)
        phone.keyboard.press("Enter")
        said.append(red(phone))
        assert [one for kind, one, _ in phone.evaluate("window.heard")] == [[120, 80, 120, 80, 120], 196]
        typed(phone, mine, "Enter")  # is not taken, and its Enter does not press 知道了
        expect(phone.locator(".answer-bad")).to_be_visible()
        phone.click("text=知道了")
        expect(phone.locator("#answer")).to_be_hidden()
    assert [title for title, _ in said] == ["不是本站邮件", "这件已取消", "没有这个邮件", "没读到条码"]
    assert "应在 打铜街" in said[0][1]
    assert len(stored(office)) == before and len(kept_codes(phone)) == 1
    phone.keyboard.press("Enter")
    typed(phone, mine, "Enter")
    expect(phone.locator(".answer-again")).to_contain_text("已扫过")
    assert [one for _, one, _ in phone.evaluate("window.heard")][-3:] == [[40, 80, 40], 880, 880]


def red(page):
    """(title, everything) of the red answer."""
    expect(page.locator(".answer-bad")).to_be_visible()
    expect(page.get_by_role("button", name="知道了")).to_be_focused()
    assert page.locator(".answer-seen").bounding_box()["height"] >= 64
    return page.locator(".answer-title").inner_text(), page.locator("#answer").inner_text()


def test_a_person_at_a_keyboard_can_acknowledge_and_record_anyway(office, phone):
    parcels(office, 1, first=210)
    reread(phone)
    code = make_s10("EB", 98)
    typed(phone, code, "Enter")
    red(phone)
    phone.evaluate("new Promise((done) => setTimeout(done, 650))")  # a key by itself is no scanner's
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.click("#confirm")
    sent(phone, code)
    assert stored(office)[-1][1:] == (code, "PICKED_UP")
    expect(phone.locator("#lately")).to_contain_text("已留存")
    expect(phone.locator("#answer")).to_be_hidden()  # who was warned is not told again


def test_what_only_the_server_knows_comes_later_as_red_and_outlives_a_reload(chromium, base, office):
    with scanner(chromium, base, outlet=None) as desk:
        page = desk.page
        wedge(page, make_s10("EB", 97))
        page.click("#confirm")
        assert "还没有这个邮件号的订单" in red(page)[1]
        page.reload()
        assert "还没有这个邮件号的订单" in red(page)[1]
        page.click("text=知道了")
        page.wait_for_function(UNREAD, arg=0)
        page.reload()
        shown(page)
        expect(page.locator("#answer")).to_be_hidden()


def test_the_stage_is_known_from_the_list_and_a_person_confirms_it_once(office, phone):
    going = parcels(office, 3, first=300)
    (here,) = parcels(office, 1, first=303, stage="OUT_FOR_DELIVERY")
    reread(phone)
    confirmed(phone, going[0])
    for number in going[1:]:
        typed(phone, number, "Enter")
    expect(phone.locator("#run")).to_have_text("连续扫描：派送中 · 3 件")
    typed(phone, here, "Enter")  # its next step is another one: asked
    expect(phone.locator("#confirm")).to_have_text("确认 已签收")
    typed(phone, going[1], "Enter")
    assert red(phone)[0] == "先确认上一件"
    phone.click("text=知道了")
    phone.select_option("#said", "agent")
    typed(phone, here, "Enter")  # the same code once more is a yes, too
    expect(phone.locator("#run")).to_have_count(0)
    sent(phone, here)
    kinds = {code: kind for _, code, kind in stored(office) if code in (*going, here)}
    assert kinds == dict.fromkeys(going, "OUT_FOR_DELIVERY") | {here: "DELIVERED"}
    said = [row["event"] for row in device(phone, "db.getAll('scans')")][-1]
    assert (said["signerKind"], said["epoch"]) == ("agent", 1)


def test_any_other_stage_is_one_press_away(office, phone):
    (number,) = parcels(office, 1, first=310)
    reread(phone)
    wedge(phone, number)
    phone.click("#more-stages")
    phone.click("[data-kind=ON_HOLD]")
    phone.select_option("#said", "applicant_wait")
    phone.click("#confirm")
    sent(phone, number)
    assert stored(office)[-1][1:] == (number, "ON_HOLD")


def test_every_target_is_a_thumb_s_size_for_either_hand(office, phone):
    (number,) = parcels(office, 1, first=320)
    reread(phone)
    sides = []
    for _ in ("right", "left"):
        phone.click("[data-view=scan]")
        wedge(phone, number)
        middle = phone.locator("#confirm").bounding_box()
        sides.append(middle["x"] + middle["width"] / 2)
        assert middle["y"] + middle["height"] / 2 > NARROW["height"] * 2 / 3 - 20
        for opened in ("#more-stages", "#drop", "#sync", "[data-view=more]"):
            phone.click(opened)
            targets_fit(phone)
        phone.click(".choices button:has-text('手操作')")
    assert sides[0] > NARROW["width"] / 2 > sides[1]


def targets_fit(page):
    keeps_the_rules(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, summary")]
          .filter((one) => one.checkVisibility()).map((one) => [one.textContent || one.id, one.getBoundingClientRect()])
          .filter(([, box]) => Math.min(box.width, box.height) < 56).map(([name]) => name)"""
    )
    assert small == []


def test_the_keyboard_of_the_phone_comes_only_when_it_is_asked_for(phone):
    field = phone.locator("#code")
    expect(field).to_have_attribute("inputmode", "none")
    phone.click("[data-view=more]")
    phone.click("text=打开键盘")
    expect(field).to_have_attribute("inputmode", "text")
    expect(field).to_be_focused()


def test_pictures(chromium, base, office):
    """Each state at both sizes; green and amber are held until they are taken."""
    numbers = parcels(office, 12, first=400)
    with scanner(chromium, base) as desk:
        page = desk.page
        page.add_init_script(HOLDS)
        page.reload()
        shown(page)
        photographed(page, "scan-empty")
        wedge(page, numbers[0])
        expect(page.locator("#confirm")).to_be_visible()
        photographed(page, "scan-usual")
        page.click("#confirm")
        photographed(page, "scan-success")
        wedge(page, numbers[0])
        expect(page.locator(".answer-again")).to_be_visible()
        photographed(page, "scan-duplicate")
        for number in numbers[1:]:
            wedge(page, number)
        expect(page.locator("#run")).to_contain_text("12 件")
        wedge(page, make_s10("EB", 96))
        expect(page.locator(".answer-bad")).to_be_visible()
        photographed(page, "scan-error")
        page.click("text=知道了")
        sent(page, numbers[-1])
        photographed(page, "scan-full")
        page.context.set_offline(True)
        for number in numbers[:3]:
            wedge(page, number)
        expect(waiting(page)).to_contain_text("待上传 3")
        page.click("#sync")
        expect(page.locator("#synced")).to_contain_text("离线")
        page.evaluate("document.getElementById('answer').hidden = true")
        photographed(page, "scan-offline")
        page.click("[data-view=more]")
        photographed(page, "scan-more")


def test_whoever_has_no_place_yet_is_asked_for_it(chromium, base):
    with scanner(chromium, base, "outlet", outlet=None) as desk:
        page = desk.page
        expect(page.locator("#view")).to_contain_text("您今天在哪个网点？")
        photographed(page, "scan-place")
        page.get_by_role("button", name="打铜街").click()
        expect(page.locator("#who")).to_have_text("打铜街 · outlet")


def test_the_tool_works_on_the_outlet_s_desk_too(chromium, base, office):
    with scanner(chromium, base, "outlet", OTHER) as desk:
        desk.page.set_viewport_size(WIDE)
        (number,) = parcels(office, 1, first=420, outlet=OTHER, leg="PICKUP", stage="PICKED_UP")
        reread(desk.page)
        wedge(desk.page, parcel_number(420))
        expect(desk.page.locator("#confirm")).to_have_text("确认 到达网点")
        desk.page.click("#confirm")
        sent(desk.page, number)
        assert stored(office)[-1][1:] == (number, "AT_OUTLET")
