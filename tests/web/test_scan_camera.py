"""The camera as a scanner: a made-up video of a barcode before Chromium's fake camera, decoded without another host."""

import os

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from logistics.label_page import code128
from tests.web.conftest import FLAGS
from tests.web.following import served_alone
from tests.web.scanning import device, parcels, scanner, sent

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 640, 480
WARM_MS = 1000
READ_AT = """new Promise((done) => {
  const look = () => document.querySelector("#confirm") ? done(performance.now()) : setTimeout(look, 10);
  look();
})"""


def video(path, number):
    """A film in which nothing moves: the number as the label prints it (YUV4MPEG2, 4:2:0)."""
    bars = code128(number, 0, 0, WIDTH, HEIGHT)
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(picture)
    left, right = min(bar.x for bar in bars), max(bar.x + bar.w for bar in bars)
    scale = (WIDTH - 120) / (right - left)
    for bar in bars:
        start = 60 + (bar.x - left) * scale
        draw.rectangle((round(start), 140, round(start + bar.w * scale) - 1, 340), fill=0)
    grey = bytes([128]) * (WIDTH * HEIGHT // 4)
    frame = b"FRAME\n" + picture.tobytes() + grey + grey
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def filmed(chromium, tmp_path, office):
    """A browser whose camera sees a label: (browser, number)."""
    (number,) = parcels(office, 1, first=3000)
    video(tmp_path / "label.y4m", number)
    flags = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'label.y4m'}",
    )
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = chromium.browser_type.launch(executable_path=path, args=[*FLAGS, *flags])
    yield browser, number
    browser.close()


def test_a_label_before_the_camera_is_one_scan_soon(filmed, base):
    browser, number = filmed
    with scanner(browser, base, permissions=["camera"]) as desk:
        page = desk.page
        page.click("#open-camera")
        expect(page.locator("#card")).to_contain_text(number, timeout=30_000)
        page.click("text=关闭摄像头")
        page.click("#drop")
        expect(page.locator("#confirm")).to_have_count(0)
        page.evaluate("new Promise((done) => setTimeout(done, 2600))")  # or it is still the same scan
        began = page.evaluate("performance.now()")
        page.click("#open-camera")
        assert page.evaluate(READ_AT) - began <= WARM_MS
        page.click("#confirm")
        sent(page, number)
        page.wait_for_function("() => document.querySelector('video').currentTime > 2")
        assert len(device(page, "db.getAll('scans')")) == 1  # it is still in the picture, and still one scan
        page.click("text=关闭摄像头")
        assert page.evaluate("document.querySelector('video')") is None


def test_a_camera_that_nobody_may_use_says_what_to_do(chromium, base):
    with scanner(chromium, base) as desk:
        desk.page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('no')); }")
        desk.page.click("#open-camera")
        expect(desk.page.locator(".answer-bad")).to_contain_text("打不开摄像头")


def test_only_the_tool_may_compile_a_decoder(office):
    office.client.cookies.clear()
    shell = office.client.get("/scan/shell").headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval'" in shell
    for path in ("/login", "/track", "/sw.js", "/static/js/scan/app.js"):
        assert "wasm" not in office.client.get(path).headers["content-security-policy"]
    worker = office.client.get("/sw.js")
    assert (worker.headers["cache-control"], worker.headers["service-worker-allowed"]) == ("no-store", "/scan")
    manifest = office.client.get("/static/scan.webmanifest").json()
    assert all(office.client.get(icon["src"]).status_code == 200 for icon in manifest["icons"])
