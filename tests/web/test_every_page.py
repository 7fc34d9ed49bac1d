"""Every page of everybody, on one running system: enlarged, by keyboard, without a fault or a word to another host.

At 200 % nothing is cut and nothing scrolls sideways but tables; every function is reached by Tab in the order of
reading, with a focus that is seen; the policy of the page is never broken.
"""

import time

import pytest
from playwright.sync_api import expect

from demo.client import Caller
from domain.terms import Role
from tests.web.desks import WAIT_MS, desk_of
from tests.web.keyboard import is_walked_from_its_field, is_walked_well
from tests.web.looks import keeps_the_rules
from tests.web.test_browser import in_city
from web.pages.rendering import _MENU, START

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

PUBLIC = ("/track", "/login", "/verify/none", "/dev/parts", "/nowhere")
MORE = {
    Role.CLERK: ("/window/new", "/window/{case}", "/account/factors"),
    Role.OFFICER: ("/window/{case}",),
    Role.SUPERVISOR: ("/window/{case}", "/partner?network=interprovincial", "/partner?only=bad"),
    Role.OUTLET: ("/scan?outlet=hall",),
    Role.OPERATOR: ("/account",),
    Role.SECURITY: ("/accounts/clerk", "/units/hall", "/units/post"),
}
PAGES = [
    *((None, path) for path in PUBLIC),
    *((role, path) for role in Role for path, _label, roles in _MENU if role in roles),
    *((role, path) for role, paths in MORE.items() for path in paths),
]
ENLARGED = {"width": 640, "height": 384}
"""What is left of 1280 × 768 at 200 %."""

_DRAWN = """() => new Promise((resolve) => {
  const view = document.getElementById("view");
  let quiet = setTimeout(resolve, 1500);
  const again = () => { clearTimeout(quiet); quiet = setTimeout(resolve, 1500); };
  new MutationObserver(again).observe(view, { childList: true, subtree: true });
})"""
"""The tool draws what it knows, and again when the list has come."""
_REPORTS = """addEventListener("securitypolicyviolation", (broken) =>
  console.error(`policy: ${broken.violatedDirective} ${broken.blockedURI}`))"""
_CUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  const hides = [style.overflowX, style.overflowY].some((how) => how === "hidden" || how === "clip");
  const cut = one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2;
  const meant = one.closest(".scroll, svg, .hush, [role=listbox]");
  return hides && cut && !meant && one.clientWidth > 1 && one.textContent.trim() && one.checkVisibility();
}).map((one) => one.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def case_no(system):
    clerk = Caller(system.kuayu, "clerk")
    item = clerk.get("/api/v1/items/YZ-HRSS-001")
    numbers = [clerk.post("/api/v1/cases", in_city(clerk, item, number))["caseNo"] for number in (851, 852)]
    return numbers[0]


@pytest.fixture(scope="module")
def desks(chromium, system, case_no):
    """One browser per role, logged in once."""
    opened, left = {}, []

    def of(role):
        if role not in opened:
            keeper = desk_of(chromium, system.kuayu)
            desk = keeper.__enter__()
            left.append(keeper)
            desk.page.add_init_script(_REPORTS)
            if role is not None:
                desk.log_in(role.value, START[role])
            opened[role] = desk
        return opened[role]

    yield of
    for keeper in left:
        keeper.__exit__(None, None, None)


@pytest.mark.parametrize(("role", "path"), PAGES, ids=[f"{role or 'anybody'} {path}" for role, path in PAGES])
def test_a_page(desks, case_no, role, path):
    desk = desks(role)
    page = desk.open(path.format(case=case_no))
    page.set_viewport_size({"width": 1280, "height": 768})
    page.wait_for_load_state("load")
    assert page.title().strip() and not page.title().startswith("·")
    if path.startswith("/scan"):
        page.evaluate(_DRAWN)
        is_walked_from_its_field(page)
    else:
        is_walked_well(page)
    page.set_viewport_size(ENLARGED)
    keeps_the_rules(page)
    assert page.evaluate(_CUT) == []
    faults, desk.faults[:] = list(desk.faults), []
    expected = [fault for fault in faults if path in ("/nowhere", "/verify/none") and "404" in fault]
    assert faults == expected


@pytest.mark.parametrize(
    ("network", "region", "what", "lines"),
    [
        ("sichuan", "510104", "转递", 8),
        ("southwest", "520102", "批次", 10),
        ("interprovincial", "440103", "转递", 6),
    ],
)
def test_what_we_have_signed_for_a_real_network_can_be_read_line_by_line(desks, system, network, region, what, lines):
    clerk = Caller(system.kuayu, "clerk")
    item = clerk.get("/api/v1/items/YZ-HRSS-001")
    clerk.post("/api/v1/cases", in_city(clerk, item, 860 + lines) | {"handlings": [{"region": region}]})
    page = desks(Role.SUPERVISOR).open(f"/partner?network={network}")
    sent = page.locator(".log tbody tr", has_text=what).filter(has_text="发").filter(has=page.locator(".chip-done"))
    deadline = time.monotonic() + WAIT_MS / 1000
    while sent.count() == 0:
        assert time.monotonic() < deadline, f"nothing went to {network}"
        page.reload()
    sent.last.get_by_role("link").click()
    expect(page.locator(".steps > li")).to_have_count(lines)
    expect(page.locator("#signed ~ dl")).to_contain_text("签名算法")
