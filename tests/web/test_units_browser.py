"""Units in Chromium: the tree, one more, what follows from closing one, and its return, at both sizes, by keyboard."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from storage.people.devices import EnrolledDeviceRow
from tests.web.desks import NARROW, desk_of
from tests.web.following import served_alone
from tests.web.keyboard import is_walked_well
from tests.web.looks import LOOKS, keeps_the_rules, photographed
from tests.web.office import open_office

pytestmark = pytest.mark.browser

STREET = "解放碑街道便民中心"


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    office = open_office(tmp_path_factory.mktemp("units"))
    office.start(1)
    with office.database.write() as session:
        session.add(EnrolledDeviceRow(
            device_id="web-1", name="1号手持机", outlet_id="daping", public_key=b"public", invited_by="outlet",
            enrolled_by="courier", enrolled_at=datetime.now(UTC),
        ))  # fmt: skip
    with served_alone(office.app) as base:
        yield office, base
    office.database.close()


@pytest.fixture
def desk(chromium, hall):
    with desk_of(chromium, hall[1]) as opened:
        opened.log_in("security", "/accounts")
        yield opened


def parents_of(page):
    options = page.locator("#parent option:not([disabled]):not([value=''])")
    return options.evaluate_all("(all) => all.map((one) => one.value)")


def line(page, unit_id):
    return page.locator(".units tr").filter(has=page.locator(f"code:text-is('{unit_id}')"))


def test_the_kind_decides_what_is_possible_and_a_unit_is_added_by_keyboard(desk):
    page = desk.page
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="单位").click()
    photographed(page, "units-usual")
    expect(page.locator("#ref")).to_be_hidden()
    page.locator("#kind").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#kind")).to_have_value("street")
    assert parents_of(page) == ["district", "hall"]
    page.locator("#kind").select_option("partner")
    assert parents_of(page) == ["district"]
    assert page.locator("#parent").input_value() == "district"
    expect(page.get_by_text("写协作网络的编号")).to_be_visible()
    expect(page.get_by_text("写网点编号")).to_be_hidden()
    page.locator("#kind").select_option("street")
    expect(page.locator("#ref")).to_be_hidden()
    page.locator("#parent").select_option("hall")
    page.locator("#parent").press("Tab")
    for typed in (STREET, "Jiefangbei"):
        page.locator(":focus").fill(typed)
        page.keyboard.press("Tab")
    page.locator("#id").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("小写字母")
    expect(page.locator("#name")).to_have_value(STREET)
    assert parents_of(page) == ["district", "hall"]
    photographed(page, "units-error")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#id")).to_be_focused()
    page.locator(":focus").fill("jiefangbei-street")
    page.keyboard.press("Enter")
    expect(page.locator(".done")).to_contain_text("单位已加上")
    expect(page.get_by_role("heading", name=STREET, level=1)).to_be_visible()
    photographed(page, "unit-added")
    page = desk.open("/units")
    expect(line(page, "jiefangbei-street")).to_contain_text("区政务服务大厅")
    desk.faults.clear()  # the browser writes the 422 to its console


def test_who_is_closed_out_is_said_before_and_it_is_opened_again(chromium, hall, desk):
    with desk_of(chromium, hall[1]) as theirs:
        clerk = theirs.log_in("clerk", "/window")
        page = desk.open("/units")
        line(page, "hall").get_by_role("link", name="区政务服务大厅").click()
        expect(page.locator("#left-h ~ .accounts")).to_contain_text("办件 1 件")
        page.locator("summary", has_text="停用").press("Enter")
        expect(page.get_by_text("手上还没办完的：办件 1 件")).to_be_visible()
        photographed(page, "unit-asked")
        is_walked_well(page)
        page.get_by_role("button", name="确定停用").press("Enter")
        expect(page.locator(".done")).to_contain_text("单位已停用")
        photographed(page, "unit-closed")
        clerk.goto(hall[1] + "/window")
        clerk.wait_for_url("**/login?next=**")
        expect(line(desk.open("/units"), "hall")).to_contain_text("已停用")
        photographed(page, "units-closed")
        desk.open("/units/hall")
        page.locator("summary", has_text="启用").press("Enter")
        page.get_by_role("button", name="确定启用").press("Enter")
        expect(page.locator(".done")).to_contain_text("单位已启用")
        theirs.log_in("clerk", "/window")


def test_from_a_unit_one_comes_to_its_people_and_devices_and_back(desk):
    page = desk.open("/units")
    line(page, "hall").get_by_role("link", name="1 个账号").click()
    expect(page.locator(".accounts li")).to_have_count(1)
    expect(page.locator(".accounts li")).to_contain_text("clerk")
    photographed(page, "accounts-of-a-unit")
    page.locator(".accounts li").get_by_role("link", name="区政务服务大厅").click()
    expect(page.get_by_role("heading", name="区政务服务大厅", level=1)).to_be_visible()
    page = desk.open("/units")
    line(page, "daping").get_by_role("link", name="1 台设备").click()
    expect(page.locator(".accounts li")).to_contain_text("1号手持机")
    photographed(page, "devices-of-a-unit")
    page.locator(".accounts li").get_by_role("link", name="大坪").click()
    expect(page.get_by_role("heading", name="大坪", level=1)).to_be_visible()


def test_on_a_phone_what_can_wait_is_folded_and_the_form_is_one_press_away(desk):
    page = desk.page
    page.set_viewport_size(NARROW)
    desk.open("/units")
    expect(line(page, "hall")).to_be_hidden()
    page.locator("summary", has_text="大厅、街道和银行").click()
    expect(line(page, "hall")).to_be_visible()
    keeps_the_rules(page)
    page.screenshot(path=LOOKS / "units-unfolded-phone.png", full_page=True)
    page.get_by_role("link", name="加单位").click()
    expect(page.locator("#kind")).to_be_in_viewport()


def test_printed_it_is_the_tree_and_nothing_to_press(desk):
    page = desk.open("/units")
    page.emulate_media(media="print")
    expect(line(page, "hall")).to_be_visible()
    expect(line(page, "daping")).to_be_visible()
    expect(page.get_by_role("heading", name="加单位")).to_be_hidden()
    assert page.locator("button:visible").count() == 0


def test_without_scripts_it_is_the_same(chromium, hall):
    with desk_of(chromium, hall[1], java_script_enabled=False) as theirs:
        theirs.log_in("security", "/accounts")
        page = theirs.open("/units")
        page.locator("#kind").select_option("bank")
        page.locator("#parent").select_option("hall")
        page.fill("#name", "大坪银行网点")
        page.fill("#id", "daping-bank")
        page.locator("#id").press("Enter")
        expect(page.locator(".done")).to_contain_text("单位已加上")
        page.locator("summary", has_text="停用").click()
        page.get_by_role("button", name="确定停用").click()
        expect(page.locator(".done")).to_contain_text("单位已停用")
