"""A device in its person's hand: enrolled by typing a code, heard by its signature, and told when it was stopped."""

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.desks import NARROW, WAIT_MS, desk_of
from tests.web.following import served_alone
from tests.web.looks import keeps_the_rules, photographed
from tests.web.scanning import OUTLET, device, parcels, sent, shown, stored, waiting, wedge

pytestmark = pytest.mark.browser

ANSWERS = ("status of 401", "status of 403", "status of 409", "status of 422", "ERR_INTERNET_DISCONNECTED")
"""What a browser writes to its console about a refusal; the page says it better."""
A_DAY_AHEAD = """
  const Real = Date;
  window.Date = class extends Real {
    constructor(...said) { super(...(said.length ? said : [Real.now() + 86_400_000])); }
    static now() { return Real.now() + 86_400_000; }
  };
"""
NAME = "1号手持机"


@pytest.fixture(scope="module")
def base(office):
    context = office.app.state.context
    strict = context.settings.model_copy(update={"devices": "enrolled"})
    office.app.state.context = replace(context, settings=strict)
    with served_alone(office.app) as url:
        yield url


@contextmanager
def phone(chromium, base, script=""):
    with desk_of(chromium, base) as desk:
        page = desk.page
        page.set_viewport_size(NARROW)
        page.add_init_script(script)
        desk.log_in("courier", "/scan")
        again(desk)
        yield desk
        desk.faults[:] = [fault for fault in desk.faults if not any(known in fault for known in ANSWERS)]


def again(desk):
    desk.open(f"/scan?outlet={OUTLET}#scan")
    shown(desk.page)


def reloaded(page):
    page.reload()
    shown(page)


def invited(office):
    answer = office.call("POST", "/api/v1/devices:invite", "outlet", {"name": NAME, "outletId": OUTLET})
    assert answer.status_code == 201, answer.text
    return answer.json()["code"]


def enrol(page, typed):
    page.click("#notice button")
    page.fill("#device-code", typed)
    page.get_by_role("button", name="登记这台设备").click()
    expect(page.locator("#device")).to_contain_text(f"已登记：{NAME}", timeout=WAIT_MS)


def enrolled(desk, office):
    enrol(desk.page, invited(office))
    desk.page.click("[data-view=scan]")
    expect(desk.page.locator("#card")).to_contain_text("更新", timeout=WAIT_MS)
    return device(desk.page, "db.get('kept', 'device')")


def stop(office, device_id):
    answer = office.call("POST", f"/api/v1/devices/{device_id}/revoke", "supervisor", {"reason": "LOST"})
    assert answer.status_code == 200, answer.text


def scanned(page, number):
    wedge(page, number)
    page.click("#confirm")


def kept(page, name):
    return device(page, f"db.get('kept', '{name}').then((one) => one ?? null)")


def at_the_server(office, number):
    return [code for _, code, _ in stored(office)].count(number)


def test_who_types_the_code_scans_with_this_device_also_after_a_reload(chromium, base, office):
    first, second = parcels(office, 2, first=3000)
    with phone(chromium, base) as desk:
        page = desk.page
        expect(page.locator("#notice")).to_contain_text("还没有登记")
        device_id = enrolled(desk, office)
        expect(page.locator("#notice")).to_be_hidden()
        with page.expect_request("**/scans:batch") as uploaded:
            scanned(page, first)
        assert uploaded.value.headers["kuayu-device"] == device_id
        assert len(uploaded.value.headers["kuayu-device-signature"]) == 86
        sent(page, first)
        reloaded(page)
        expect(page.locator("#card")).to_contain_text("更新")
        scanned(page, second)
        sent(page, second)
    assert [at_the_server(office, number) for number in (first, second)] == [1, 1]


def test_the_key_is_on_the_device_and_no_script_can_take_it_away(chromium, base, office):
    with phone(chromium, base) as desk:
        enrolled(desk, office)
        facts = device(
            desk.page,
            """db.get('kept', 'key').then(async (key) => {
              const taken = [];
              for (const form of ['pkcs8', 'jwk', 'raw', 'spki']) {
                await crypto.subtle.exportKey(form, key).then(() => taken.push(form), () => {});
              }
              return [key.type, key.extractable, key.usages, JSON.stringify(key), taken];
            })""",
        )
        assert facts == ["private", False, ["sign"], "{}", []]
        assert kept(desk.page, "new-key") is None


def test_before_that_scans_stay_here_and_no_address_comes(chromium, base, office):
    (number,) = parcels(office, 1, first=3010)
    with phone(chromium, base) as desk:
        page = desk.page
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        scanned(page, number)
        expect(waiting(page)).to_contain_text("待上传 1")
        reloaded(page)
        expect(waiting(page)).to_contain_text("待上传 1")
        assert [url for url in asked if "worklist" in url or "scans:batch" in url or "scan/parcels" in url] == []
        assert kept(page, "work") is None
        page.click("#notice button")
        keeps_the_rules(page)
        page.fill("#device-code", "2222-2222")
        page.keyboard.press("Enter")
        expect(page.locator("#device-fault")).to_contain_text("登记码不对")
        assert at_the_server(office, number) == 0
        page.fill("#device-code", invited(office).lower())
        page.keyboard.press("Enter")
        expect(waiting(page)).to_have_text("已全部上传", timeout=WAIT_MS)
        assert at_the_server(office, number) == 1


def test_a_stopped_device_says_so_and_nothing_goes_through(chromium, base, office):
    first, second, third = parcels(office, 3, first=3020)
    with phone(chromium, base) as desk:
        page = desk.page
        device_id = enrolled(desk, office)
        scanned(page, first)
        sent(page, first)
        stop(office, device_id)
        wedge(page, second)  # the stage goes on: scanned while nobody here knows it yet
        expect(page.locator("#notice")).to_contain_text("已停用", timeout=WAIT_MS)
        assert [kept(page, name) for name in ("key", "work")] == [None, None]
        page.click("#notice button")
        expect(page.locator("#device")).to_contain_text("没有丢失")
        expect(page.locator("#device")).to_contain_text("还有 1 条扫描没有上传")
        keeps_the_rules(page)
        with page.expect_download() as saved:
            page.get_by_role("button", name="导出文件").click()
        said = json.loads(Path(saved.value.path()).read_text("utf-8"))["scans"]
        assert [one["event"]["code"] for one in said if one.get("waiting")] == [second]
        desk.log_in("courier", "/scan")  # who knows the password gets no further
        again(desk)
        expect(page.locator("#notice")).to_contain_text("已停用")
        scanned(page, third)
        expect(waiting(page)).to_contain_text("待上传 2")
        page.click("#sync")
        page.get_by_role("button", name="现在上传").click()
        expect(waiting(page)).to_contain_text("待上传 2")
        assert [at_the_server(office, number) for number in (first, second, third)] == [1, 0, 0]
        assert kept(page, "work") is None
        enrol(page, invited(office))  # found again
        expect(waiting(page)).to_have_text("已全部上传", timeout=WAIT_MS)
        assert [at_the_server(office, number) for number in (first, second, third)] == [1, 1, 1]
        assert device(page, "db.get('kept', 'device')") == device_id


def test_stopped_without_a_network_it_learns_of_it_when_it_is_back(chromium, base, office):
    (number,) = parcels(office, 1, first=3030)
    with phone(chromium, base) as desk:
        page = desk.page
        device_id = enrolled(desk, office)
        page.context.set_offline(True)
        stop(office, device_id)
        scanned(page, number)
        expect(waiting(page)).to_contain_text("待上传 1")
        assert kept(page, "work") is not None  # it can't know yet
        page.context.set_offline(False)
        expect(page.locator("#notice")).to_contain_text("已停用", timeout=WAIT_MS)
        assert [kept(page, name) for name in ("key", "work")] == [None, None]
        expect(waiting(page)).to_contain_text("待上传 1")
        assert at_the_server(office, number) == 0


def test_a_device_whose_clock_is_a_day_ahead_is_enrolled_and_heard_all_the_same(chromium, base, office):
    (number,) = parcels(office, 1, first=3040)
    with phone(chromium, base, A_DAY_AHEAD) as desk:
        enrolled(desk, office)
        scanned(desk.page, number)
        sent(desk.page, number)
        assert kept(desk.page, "ahead") < -86_000_000
    assert at_the_server(office, number) == 1


def test_the_keepers_page_gives_a_code_and_stops_a_device(chromium, base, office):
    with desk_of(chromium, base) as desk:
        desk.log_in("supervisor", "/supervisor")
        page = desk.open("/devices")
        page.fill("#name", "窗口扫描枪")
        page.select_option("#outlet", label="政务大厅")
        page.get_by_role("button", name="取登记码").click()
        expect(page.locator(".secret code")).to_have_text(re.compile(r"^[2-9A-Z]{4}-[2-9A-Z]{4}$"))
        photographed(page, "devices-code")
        page = desk.open("/devices")
        expect(page.locator(".accounts").first).to_contain_text(NAME)
        row = page.locator(".accounts > li", has_text="在用").first
        row.locator("summary").click()
        photographed(page, "devices")
        row.locator("select").select_option(label="丢失或被盗")
        row.get_by_role("button", name="确定停用").click()
        expect(page.locator(".done")).to_contain_text("设备已停用")
