"""When the largest part of a page stands in a browser (LCP), on a processor that is made four times slower."""

import os
from typing import Any, Final

from playwright.sync_api import BrowserContext, sync_playwright

from bench.figures import SHORT
from bench.growth.asking import figures
from domain.terms import Role

SLOWER: Final = 4
LOADS: Final = 2 if SHORT else 10
_WINDOW: Final = {"width": 1366, "height": 768}
_FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_LARGEST: Final = """() => new Promise(tell => new PerformanceObserver(seen => {
    const all = seen.getEntries();
    tell(all[all.length - 1].startTime);
}).observe({ type: "largest-contentful-paint", buffered: true }))"""
_READY: Final = "() => new Promise(tell => requestAnimationFrame(() => requestAnimationFrame(tell)))"

Pages = dict[str, tuple[str, str]]
"""Name → path and role."""


def painted(base: str, pages: Pages, loads: int = LOADS) -> dict[str, dict[str, float]]:
    """For each page the figures of its loads in Chromium, in milliseconds from the click to the largest paint.

    The first load has nothing cached; it is told apart as `first_ms`.
    """
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        found = {}
        for said, (page, role) in pages.items():
            context = browser.new_context(locale="zh-CN", viewport=_WINDOW)  # type: ignore[arg-type]
            first, *rest = _taken_s(context, base, page, Role(role), loads + 1)
            found[said] = figures(rest) | {"first_ms": round(1000 * first, 1)}
            context.close()
        browser.close()
        return found


def _taken_s(context: BrowserContext, base: str, path: str, role: Role, loads: int) -> list[float]:
    login = {"username": role.value, "password": "demo"}
    answer = context.request.post(f"{base}/api/v1/login", data=login)
    assert answer.ok, answer.status
    page = context.new_page()
    _slow_down(context, page)
    taken = []
    for _ in range(loads):
        opened = page.goto(base + path, wait_until="load")
        assert opened is not None
        assert opened.status == 200, (path, opened.status)
        assert page.url == base + path, page.url
        page.evaluate(_READY)
        taken.append(float(page.evaluate(_LARGEST)) / 1000)
    return taken


def _slow_down(context: BrowserContext, page: Any) -> None:
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
