"""The scanning tool without a network, through kills, bad networks and new versions: each scan once at the server."""

import json
import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect
from starlette.responses import JSONResponse

from logistics.tracking import make_s10
from tests.web.conftest import FLAGS
from tests.web.desks import WAIT_MS, desk_of
from tests.web.following import served_alone
from tests.web.scanning import (
    OTHER,
    OUTLET,
    device,
    open_tool,
    parcels,
    scanner,
    sent,
    shown,
    stored,
    waiting,
    wedge,
)
from web.api import scan_desk
from web.foundation import scan_shell

pytestmark = pytest.mark.browser

MANY, KILLED_AT = 500, 250
SOON_MS = 2000
PATH = "/api/v1/scans:batch"
BAD_DAY = ("away", "lost", "fine", "lost", "fine", "away", "fine", "fine", "lost", "fine")
"""What becomes of one request after the other: half of them fail, some after the server has taken them."""


class Weather:
    """The way to the server: `of` says what becomes of the next upload; afterwards it is fine again."""

    def __init__(self, app):
        self._app = app
        self.of = []
        self.bodies = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] != PATH or not self.of:
            await self._app(scope, receive, send)
            return
        what = self.of.pop(0)
        if what == "away":
            await JSONResponse({}, 503)(scope, receive, send)
        elif what == "lost":
            await self._app(scope, receive, _nowhere)
            await JSONResponse({}, 502)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _nowhere(_message):
    """The answer of a server that nobody hears."""


@pytest.fixture(scope="module")
def weather(office):
    return Weather(office.app)


@pytest.fixture(scope="module")
def base(weather):
    with served_alone(weather) as url:
        yield url


@contextmanager
def installed(chromium, folder):
    """A browser with a profile of its own, as on the courier's phone; yields its first page."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    context = chromium.browser_type.launch_persistent_context(
        str(folder), executable_path=path, args=list(FLAGS), locale="zh-CN", viewport={"width": 360, "height": 640}
    )
    try:
        page = context.pages[0]
        page.set_default_timeout(WAIT_MS)
        yield page
    finally:
        with suppress(Error):  # a browser that was killed may be gone already
            context.close()


def kill(folder):
    """SIGKILL to the browser that has this profile; nobody gets to write anything down."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if f"--user-data-dir={folder}" in words and not any(word.startswith("--type=") for word in words):
            os.kill(int(process.name), signal.SIGKILL)


def logged_in(page, base, outlet):
    page.goto(f"{base}/login?next=%2Fscan")
    log_in(page)
    page.goto(f"{base}/scan?outlet={outlet}#scan")
    shown(page)
    expect(page.locator("#card")).to_contain_text("更新")
    kept_on_the_device(page)


def log_in(page):
    page.fill("#username", "courier")
    page.fill("#password", "demo")
    page.click("button.main")
    page.wait_for_url("**/scan*")
    shown(page)


def kept_on_the_device(page):
    """The shell is installed: from now on it opens without a network."""
    page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.state)")
    page.reload()
    shown(page)
    assert page.evaluate("navigator.serviceWorker.controller !== null")


def scanned(page, numbers, before=0):
    wedge(page, numbers[0])
    page.click("#confirm")
    for number in numbers[1:]:
        page.keyboard.insert_text(number)
    expect(waiting(page)).to_contain_text(f"待上传 {before + len(numbers)} ", timeout=60_000)


def test_five_hundred_scans_survive_a_kill_and_a_bad_network_each_once(chromium, base, office, weather, tmp_path):
    numbers = parcels(office, MANY, first=1000)
    before = len(stored(office))
    with installed(chromium, tmp_path) as page:
        logged_in(page, base, OUTLET)
        page.context.set_offline(True)
        scanned(page, numbers[:KILLED_AT])
        kill(tmp_path)
    with installed(chromium, tmp_path) as page:
        page.context.set_offline(True)
        page.goto(f"{base}/scan#scan")
        shown(page)
        expect(waiting(page)).to_contain_text(f"待上传 {KILLED_AT} · 最早")
        scanned(page, numbers[KILLED_AT:], KILLED_AT)
        kept = {row["event"]["eventId"]: row["event"]["code"] for row in device(page, "db.getAll('scans')")}
        page.context.clear_cookies()  # one that is killed has forgotten its session or not, as it last wrote them down
        page.context.set_offline(False)
        expect(page.locator("#notice")).to_contain_text("登录已过期", timeout=WAIT_MS)
        weather.of[:] = list(BAD_DAY)
        page.click("#notice button")
        log_in(page)
        expect(waiting(page)).to_have_text("已全部上传", timeout=120_000)
        assert len(weather.of) < len(BAD_DAY) - 5
        weather.of.clear()
    logged = stored(office)[before:]
    assert len(logged) == MANY
    assert {said: code for said, code, _ in logged} == kept
    assert sorted(kept.values()) == sorted(numbers)


def test_without_a_network_the_installed_tool_opens_soon_with_its_list(chromium, base, office):
    (number,) = parcels(office, 1, first=1600)
    with scanner(chromium, base) as desk:
        page = desk.page
        kept_on_the_device(page)
        page.context.set_offline(True)
        began = time.monotonic()
        page.goto(f"{base}/scan#scan")
        shown(page)
        expect(page.locator("#card")).to_contain_text("清单")
        assert (time.monotonic() - began) * 1000 < SOON_MS
        expect(page.locator("#who")).to_have_text("石油路 · courier")
        wedge(page, number)
        expect(page.locator("#card")).to_contain_text("渝中区")
        assert page.evaluate("caches.keys()") == [f"kuayu-scan-{scan_shell.shell().build}"]
        urls = page.evaluate(
            """async () => (await (await caches.open((await caches.keys())[0])).keys())
                 .map((one) => new URL(one.url).pathname)"""
        )
        assert sorted(urls) == sorted([scan_shell.PAGE, *scan_shell.shell().files])


def test_a_new_version_waits_for_what_is_unsent_and_loses_nothing(chromium, base, office, monkeypatch):
    (number,) = parcels(office, 1, first=1610)
    with scanner(chromium, base) as desk:
        page = desk.page
        kept_on_the_device(page)
        page.context.set_offline(True)
        scanned(page, [number])
        newer = scan_shell.shell().model_copy(update={"build": "ffffffffffff"})
        monkeypatch.setattr(scan_shell, "shell", lambda: newer)
        page.evaluate("caches.keys()")
        hold_uploads(page)
        page.context.set_offline(False)
        page.evaluate("navigator.serviceWorker.getRegistration('/scan').then((one) => one.update())")
        page.wait_for_function(
            "() => navigator.serviceWorker.getRegistration('/scan').then((one) => one.waiting !== null)"
        )
        expect(waiting(page)).to_contain_text("待上传 1 ")
        expect(page.locator("#notice")).to_be_hidden()
        let_uploads_go(page)
        expect(waiting(page)).to_have_text("已全部上传", timeout=WAIT_MS)
        expect(page.locator("#notice")).to_contain_text("有新版本")
        page.click("#notice button")
        expect(page.locator("body")).to_have_attribute("data-build", "ffffffffffff")
        shown(page)
        assert page.evaluate("caches.keys()") == ["kuayu-scan-ffffffffffff"]
        assert [row["number"] for row in device(page, "db.getAll('scans')")] == [number]


def hold_uploads(page):
    page.evaluate(
        """() => {
          window.ordinary = window.fetch;
          window.fetch = (url, ...rest) => String(url).includes("scans:batch")
            ? Promise.reject(new TypeError("held")) : window.ordinary(url, ...rest);
        }"""
    )


def let_uploads_go(page):
    page.evaluate("() => { window.fetch = window.ordinary; dispatchEvent(new Event('online')); }")


def test_a_shell_that_is_too_old_loads_itself_anew_and_leaves_the_scans(chromium, base, office, monkeypatch):
    (number,) = parcels(office, 1, first=1620)
    with scanner(chromium, base) as desk:
        page = desk.page
        kept_on_the_device(page)
        page.context.set_offline(True)
        scanned(page, [number])
        before = device(page, "db.getAll('scans')")
        monkeypatch.setattr(scan_desk, "MINIMUM_SHELL", scan_desk.MINIMUM_SHELL + 1)
        page.context.set_offline(False)
        newest = []
        page.on("request", lambda request: newest.append(request.url) if request.is_navigation_request() else None)
        page.goto(f"{base}/scan#scan")
        shown(page)  # the newest there is may be behind its own minimum: people go on scanning
        assert len(newest) == 2
        after = {row["event"]["eventId"]: row["event"] for row in device(page, "db.getAll('scans')")}
        assert after == {row["event"]["eventId"]: row["event"] for row in before}


def test_scans_of_the_page_before_are_taken_over_once(chromium, base, office):
    numbers = parcels(office, 3, first=1630)
    old = [
        {"person": person, "event": event_of(numbers[at], at + 7), **more}
        for at, (person, more) in enumerate(
            (("courier", {}), ("courier", {"trouble": "SEQUENCE_USED"}), ("outlet", {}))
        )
    ]
    before = f"""
      if (!sessionStorage.getItem("seeded")) {{
        localStorage.setItem("kuayu-scans", {json.dumps(json.dumps(old))});
        localStorage.setItem("kuayu-device", "web-before");
        localStorage.setItem("kuayu-sequence", "9");
        sessionStorage.setItem("seeded", "yes");
      }}
    """
    with desk_of(chromium, base) as desk:
        page = desk.page
        page.add_init_script(before)
        open_tool(desk)
        expect(waiting(page)).to_have_text("已全部上传", timeout=WAIT_MS)
        page.wait_for_function("() => localStorage.getItem('kuayu-scans') === null")
        rows = device(page, "db.getAll('scans')")
        assert [row["event"] for row in rows] == [one["event"] for one in old]
        assert device(page, "db.get('kept', 'device')") == "web-before"
        assert (device(page, "db.get('kept', 'sequence')")) == 9
        page.click("#sync")
        expect(page.locator("#others")).to_contain_text("另有 1 条是别人")
        page.reload()
        shown(page)
        assert len(device(page, "db.getAll('scans')")) == 3
        ids = [said for said, _, _ in stored(office)]
        assert [ids.count(one["event"]["eventId"]) for one in old] == [1, 1, 0]
        page.context.clear_cookies()
        open_tool(desk, "outlet")
        expect(waiting(page)).to_have_text("已全部上传", timeout=WAIT_MS)
        sent(page, numbers[2])
        # What the tool asks between the two logins: the browser itself writes the 401 to its console.
        desk.faults[:] = [fault for fault in desk.faults if "401" not in fault]


def event_of(number, sequence):
    return {
        "eventId": f"before-{number}",
        "deviceSeq": sequence,
        "occurredAt": "2026-11-29T01:00:00.000Z",
        "monoMs": 1000,
        "bootId": "b",
        "kind": "OUT_FOR_DELIVERY",
        "code": number,
    }


def test_two_tabs_of_one_device_share_its_numbers_and_send_each_scan_once(chromium, base, office):
    numbers = parcels(office, 40, first=1700)
    before = len(stored(office))
    with scanner(chromium, base) as desk:
        first = desk.page
        second = first.context.new_page()
        second.goto(f"{base}/scan#scan")
        shown(second)
        for page, mine in ((first, numbers[::2]), (second, numbers[1::2])):
            page.bring_to_front()
            wedge(page, mine[0])
            page.click("#confirm")
            for number in mine[1:]:
                page.keyboard.insert_text(number)
            expect(page.locator("#run")).to_contain_text("20 件")
        expect(waiting(first)).to_have_text("已全部上传", timeout=WAIT_MS)
        rows = device(first, "db.getAll('scans')")
        assert sorted(row["event"]["deviceSeq"] for row in rows) == list(range(1, 41))
    assert sorted(code for _, code, _ in stored(office)[before:]) == sorted(numbers)


def test_who_signs_out_takes_the_list_along_and_leaves_the_scans(chromium, base, office):
    (number,) = parcels(office, 1, first=1800)
    with scanner(chromium, base, logs_in=True) as desk:
        page = desk.page
        hold_uploads(page)
        scanned(page, [number])
        page.click("[data-view=more]")
        page.click("text=退出登录")
        page.get_by_role("button", name="确定").click()
        page.wait_for_url(f"{base}/login*")
        kept = device(page, "Promise.all(['work', 'start'].map((name) => db.get('kept', name)))")
        assert kept == [None, None]
        open_tool(desk, "outlet", OTHER)
        expect(waiting(page)).to_have_text("已全部上传")
        assert number not in [code for _, code, _ in stored(office)]
        page.context.clear_cookies()
        open_tool(desk, "courier")
        sent(page, number)


def test_a_session_that_has_ended_keeps_the_scans_and_hides_the_list(chromium, base, office):
    (number,) = parcels(office, 1, first=1810)
    with scanner(chromium, base) as desk:
        page = desk.page
        kept_on_the_device(page)
        page.context.clear_cookies()
        page.reload()
        shown(page)
        expect(page.locator("#notice")).to_contain_text("登录已过期")
        assert device(page, "db.get('kept', 'work')") is None
        scanned(page, [number])
        page.click("#notice button")
        page.wait_for_url(f"{base}/login?next=%2Fscan")
        desk.log_in("courier", "/scan")
        desk.open(f"/scan?outlet={OUTLET}#scan")
        shown(page)
        sent(page, number)
        desk.faults[:] = [fault for fault in desk.faults if "401" not in fault]


def test_a_scan_whose_number_somebody_else_used_is_kept_shown_and_sent_again(chromium, base, office):
    """Junk under this device's next numbers, one of them with a gap before it: the scan keeps its id and goes up."""
    numbers = parcels(office, 3, first=1820)
    with scanner(chromium, base) as desk:
        page = desk.page
        wedge(page, numbers[0])
        page.click("#confirm")
        sent(page, numbers[0])
        junk = [
            {"eventId": f"claimed-{at}-{numbers[0]}", "deviceSeq": at, "kind": "LOST", "code": "JUNK"}
            for at in (2, 3, 5)
        ]
        page.evaluate(
            """async ([deviceId, junk]) => {
              const events = junk.map((one) => ({ ...one, occurredAt: new Date().toISOString() }));
              const { post } = await import("/static/js/api.js");
              await post("/api/v1/scans:batch", { deviceId, events });
            }""",
            [device(page, "db.get('kept', 'device')"), junk],
        )
        for number in numbers[1:]:
            wedge(page, number)
            sent(page, number)
        expect(waiting(page)).to_have_text("已全部上传")
        ids = {row["number"]: row["event"]["eventId"] for row in device(page, "db.getAll('scans')")}
        logged = {code: said for said, code, _ in stored(office)}
        assert {number: logged[number] for number in numbers} == ids


def test_the_scans_of_the_device_can_be_saved_to_a_file(chromium, base):
    with scanner(chromium, base, outlet=None) as desk:
        page = desk.page
        page.context.set_offline(True)
        scanned(page, [make_s10("EB", 55)])
        page.click("#sync")
        with page.expect_download() as saved:
            page.click("text=导出文件")
        kept = json.loads(Path(saved.value.path()).read_text("utf-8"))
        assert [one["event"]["code"] for one in kept["scans"]] == [make_s10("EB", 55)]
        assert kept["device"].startswith("web-")
