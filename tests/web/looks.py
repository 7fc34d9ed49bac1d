"""Each page as its people see it: photographed at both sizes, nothing over the edge, nothing that axe calls serious.

The pictures are in `build/looks` (or KUAYU_LOOKS) after a run of the tests, for eyes; README shows one per person.
"""

import os
from pathlib import Path

HERE = Path(__file__).parent
LOOKS = Path(os.environ.get("KUAYU_LOOKS", HERE.parents[1] / "build" / "looks"))
SIZES = {"desk": {"width": 1366, "height": 768}, "phone": {"width": 360, "height": 640}}
_AXE = (HERE / "vendor" / "axe.min.js").read_text("utf-8")
_GRAVE = ("serious", "critical")
_AT_REST = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime < Infinity).map((one) => one.finished))"""
_OVER = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


def photographed(page, name):
    """Pictures `{name}-desk.png` and `{name}-phone.png`, and every rule of the house about them."""
    before = page.viewport_size
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        keeps_the_rules(page)
        LOOKS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=LOOKS / f"{name}-{size}.png", full_page=True, animations="disabled")
    page.set_viewport_size(before)


def keeps_the_rules(page):
    """As the page stands now: Chinese, one h1, no sideways scrolling, no serious or critical finding of axe."""
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("h1").count() == 1
    assert page.evaluate(_OVER) <= 0, f"{page.url} is wider than its window of {page.viewport_size}"
    found = grave(page)
    assert found == [], found


def grave(page):
    """What axe finds serious or critical: rule, what, where."""
    page.evaluate(_AXE)  # by the debugger, which the page's policy does not concern
    page.evaluate(_AT_REST)  # half-way through a transition no colour is what it is meant to be
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['target']} {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in _GRAVE
        for node in one["nodes"]
    ]
