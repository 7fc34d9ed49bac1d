"""A whole running system: an applicant collects at the hall's counter with the code that his page shows."""

import time

import pytest
from playwright.sync_api import expect

from demo.client import Caller
from demo.people import applicant
from demo.scans import with_files
from tests.receipts import printed_code, receipt_of
from tests.web.desks import WAIT_MS, desk_of
from tests.web.scanning import shown

pytestmark = pytest.mark.browser

DECIDED = {"result": {"name": "失业登记证明", "form": "paper", "documentNo": "渝办〔2026〕871号"}}


def decided_in_city(system, number):
    """A case with a result on paper, as our own officer decides it; its number."""
    clerk, officer = Caller(system.kuayu, "clerk"), Caller(system.kuayu, "officer")
    item = clerk.get("/api/v1/items/YZ-HRSS-001")
    usual = {"original": "original", "copy": "copy", "form": "original", "electronic": "electronic"}
    body = {
        "itemCode": item["code"],
        "handlings": [{"region": "500112"}],
        "applicant": applicant(number, "personal"),
        "materials": with_files(clerk, [{"seq": m["seq"], "provided": usual[m["form"]]} for m in item["materials"]]),
        "consent": {"version": "2026-11", "accepted": True},
    }
    case_no = clerk.post("/api/v1/cases", body)["caseNo"]
    steps = (("RECEIVED", "SUBMITTED", {}), ("ACCEPTED", "RECEIVED", {}), ("APPROVED", "ACCEPTED", DECIDED))
    for event, after, payload in steps:
        until(lambda after=after: clerk.get(f"/api/v1/cases/{case_no}")["status"] == after)
        officer.post(f"/api/v1/handlings/{case_no}/decisions", {"event": event, "payload": payload})
    return clerk, case_no


def until(holds, seconds=90):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(0.3)


def test_a_case_closes_when_its_applicant_has_collected_with_his_code(chromium, system):
    clerk, case_no = decided_in_city(system, 871)
    until(lambda: any(task["caseNo"] == case_no for task in clerk.get("/api/v1/tasks?kind=COLLECT_AT_HALL")["tasks"]))
    with desk_of(chromium, system.kuayu) as phone:
        page = phone.open("/track")
        page.fill("#caseNo", case_no)
        page.fill("#code", printed_code(receipt_of(system.kuayu, case_no)))
        page.press("#code", "Enter")
        code = page.locator(".handover-code").inner_text().replace(" ", "")
    with desk_of(chromium, system.kuayu) as desk:
        page = desk.log_in("clerk", "/window")
        desk.open("/scan?outlet=hall#counter")
        shown(page)
        page.click(f"[data-give='{case_no}']", timeout=WAIT_MS)
        page.locator("#handover-code").press_sequentially(code)
        page.click("#give-out")
        expect(page.locator("#receipt")).to_contain_text(case_no, timeout=WAIT_MS)
    until(lambda: clerk.get(f"/api/v1/cases/{case_no}")["closedAt"] is not None)
