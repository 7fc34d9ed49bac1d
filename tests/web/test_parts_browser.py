"""The parts of which pages are made: looked at on a page of their own."""

import pytest

from tests.web.desks import desk_of
from tests.web.looks import photographed

pytestmark = [pytest.mark.browser, pytest.mark.e2e]


def test_each_part_keeps_the_rules_of_the_house(chromium, system):
    with desk_of(chromium, system.kuayu) as desk:
        page = desk.open("/dev/parts")
        photographed(page, "parts")
        page.get_by_role("button", name="撤回").click()
        assert page.locator("dialog[open] h2").inner_text() == "撤回这件办件吗？"
        assert page.evaluate("document.activeElement.textContent") == "再想想"
        page.keyboard.press("Escape")
        assert page.locator("dialog[open]").count() == 0
