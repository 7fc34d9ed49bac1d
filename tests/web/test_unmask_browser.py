"""查看明文 in Chromium: ticked, given, counted down and gone; nothing of it stays in the page or on the way back."""

import pytest
from playwright.sync_api import expect

from demo.people import applicant
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import keeps_the_rules, photographed
from tests.web.office import open_office

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    office = open_office(tmp_path_factory.mktemp("looked"))
    with office.client:
        yield office


def test_values_in_clear_stand_for_a_minute_and_then_nowhere(chromium, looked):
    case_no, person = looked.start(7)["caseNo"], applicant(7, "personal")
    with served_alone(looked.app) as url, desk_of(chromium, url) as desk:
        desk.log_in("clerk", "/window")
        desk.page.clock.install()
        page = desk.open(f"/window/{case_no}")
        assert person["idNumber"] not in page.content()
        page.locator("#unmask summary").click()
        page.get_by_label("证件号码").check()
        page.get_by_label("电话", exact=True).check()
        page.get_by_label("为什么看").select_option("IDENTITY")
        page.locator("#unmask").get_by_role("button", name="查看明文").click()
        shown = page.locator(".unmasked")
        expect(shown).to_contain_text(person["idNumber"])
        expect(shown).to_contain_text(person["phone"])
        expect(page.locator("#unmask")).to_contain_text("秒后隐藏")
        photographed(page, "case-unmasked")  # takes some seconds of the minute
        page.clock.run_for(35_000)
        expect(shown).to_be_visible()
        page.clock.run_for(26_000)
        expect(shown).to_have_count(0)
        assert person["idNumber"] not in page.content()
        keeps_the_rules(page)
