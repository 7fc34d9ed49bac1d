"""拨打电话 in a real browser on the whole running system: a number after a reason, a line for the supervisor."""

import pytest
from playwright.sync_api import expect

from demo.client import Caller
from demo.people import applicant
from tests.web.desks import WAIT_MS, desk_of
from tests.web.test_browser import desk, in_city

__all__ = ["desk"]

pytestmark = [pytest.mark.browser, pytest.mark.e2e]


def test_a_clerk_dials_and_the_supervisor_sees_who_did(desk, chromium, system):
    clerk = Caller(system.kuayu, "clerk")
    body = in_city(clerk, clerk.get("/api/v1/items/YZ-HRSS-001"), 871)
    body["consent"]["messages"] = True
    case_no = clerk.post("/api/v1/cases", body, "calls-871")["caseNo"]
    phone = applicant(871, "personal")["phone"]
    page = desk.log_in("clerk", "/window")
    desk.open(f"/window/{case_no}")
    expect(page.locator("body")).not_to_contain_text(phone)
    page.click("#contact > summary")
    page.click("form[data-phone] > button")  # without a reason nothing is asked for
    page.fill("#call-reason", "邮件破损，商量怎么补")
    page.click("form[data-phone] > button")
    asked = page.locator("form[data-phone] dialog")
    expect(asked).to_contain_text(f"办件 {case_no[-5:-1]}")
    asked.get_by_role("button", name="显示号码").click()
    dial = page.locator("form[data-phone] a.number")
    expect(dial).to_have_text(phone, timeout=WAIT_MS)
    expect(dial).to_have_attribute("href", f"tel:{phone}")
    expect(page.locator("[data-live='messages']")).to_contain_text("材料已收齐", timeout=WAIT_MS)
    with desk_of(chromium, system.kuayu) as overseer:
        seen = overseer.log_in("supervisor", "/supervisor")
        overseer.open(f"/window/{case_no}")
        seen.click("text=电话查看记录（1）")
        expect(seen.locator("[data-live='messages']")).to_contain_text("clerk 查看申请人电话：邮件破损，商量怎么补")
