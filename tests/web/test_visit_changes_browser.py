"""Changes of a visit in a real browser: clerk at a desk, applicant on an old phone without scripts, courier."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from storage.parcels.legs import LegRow
from tests.unit.web.visits import ADDRESS, ELSEWHERE, a_visit
from tests.web.desks import NARROW, desk_of
from tests.web.following import served_alone
from tests.web.looks import photographed
from tests.web.scanning import RECORDS, shown
from tests.web.test_track_browser import COLD_BYTES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def visit(office):
    case_no = office.start(next(NUMBERS))["caseNo"]
    yield case_no, a_visit(office, case_no, datetime.now(UTC))
    with office.database.write() as session:
        session.get_one(LegRow, f"{case_no}-PICKUP-1").ended_at = datetime.now(UTC)


NUMBERS = iter(range(801, 900))


def leg_of(office, leg_id):
    with office.database.read() as session:
        return session.get_one(LegRow, leg_id)


@pytest.fixture
def clerk(chromium, base):
    with desk_of(chromium, base) as opened:
        opened.log_in("clerk", "/window")
        yield opened


def wants(page, name, within="[data-live=parcels]"):
    page.locator(within).get_by_text(name, exact=True).first.click()
    return page.locator(f"{within} details[open] form")


def test_the_clerk_changes_the_address_after_the_question(office, clerk, visit):
    page = clerk.open(f"/window/{visit[0]}")
    form = wants(page, "改地址")
    expect(form).to_contain_text("改地址后重新派员")
    photographed(page, "case-visit-changes")
    form.get_by_label("新的地址").fill(ELSEWHERE)
    form.get_by_label("纬度").fill("29.548")
    form.get_by_label("经度").fill("106.533")
    form.locator("> button.main").click()
    question = form.locator("dialog")
    expect(question).to_contain_text(f"办件 {visit[0][-5:-1]}")
    expect(question).to_contain_text("改地址后重新派员")
    assert leg_of(office, visit[1]).changes == 0
    question.get_by_role("button", name="确定改地址").click()
    expect(page.locator("[data-live=history]")).to_contain_text("已改上门地址")
    assert (leg_of(office, visit[1]).lat, leg_of(office, visit[1]).changes) == (29.548, 1)
    page = clerk.open(f"/window/{visit[0]}")
    page.get_by_text("改过 1 次").click()
    expect(page.locator("[data-live=parcels]")).to_contain_text(f"{ADDRESS} → {ELSEWHERE}")


def test_a_colleague_was_quicker_and_both_values_are_seen(office, clerk, visit):
    page = clerk.open(f"/window/{visit[0]}")
    form = wants(page, "改联系人")
    form.get_by_label("联系人", exact=True).fill("张三丰")
    form.get_by_label("联系电话").fill("13900000009")
    body = {"kind": "ADDRESS", "version": 0, "address": ELSEWHERE}
    assert office.call("POST", f"/api/v1/cases/{visit[0]}/legs/{visit[1]}/changes", "clerk", body).status_code == 200
    form.locator("> button.main").click()
    form.get_by_role("button", name="确定改联系人").click()
    theirs = page.locator(".theirs")
    expect(theirs).to_contain_text(f"改地址：{ELSEWHERE}")
    expect(theirs).to_contain_text("张三丰")
    photographed(page, "case-visit-conflict")
    clerk.faults.clear()  # the browser notes 409 as an error of the page


def test_the_applicant_moves_the_visit_on_a_small_phone_without_scripts(chromium, base, office, visit):
    with desk_of(chromium, base, java_script_enabled=False) as desk:
        page = desk.page
        page.set_viewport_size(NARROW)
        desk.open(office.scanned(visit[0]))
        expect(page.locator("#parcel-1")).to_have_text("上门取件")
        form = wants(page, "改时间", "main")
        expect(form).to_contain_text("原来的安排取消")
        form.get_by_label("上门时段").select_option(index=3)
        form.get_by_role("button", name="确定改时间").click()
        expect(page.locator(".done")).to_contain_text("已改约")
        expect(page.locator("main")).to_contain_text("已约好")
        assert leg_of(office, visit[1]).window_from is not None
        form = wants(page, "改联系人", "main")
        form.get_by_label("联系人", exact=True).fill("张三丰")
        form.get_by_label("联系电话").fill("12")
        form.get_by_role("button", name="确定改联系人").click()
        expect(page.locator(".summary a")).to_have_attribute("href", f"#contact-{visit[1]}-phone")
        wants(page, "取消上门", "main").get_by_role("button", name="确定取消上门").click()
        expect(page.locator(".done")).to_have_text("已取消上门。")
        assert leg_of(office, visit[1]).halted == "CANCELLED"
        desk.faults.clear()  # the browser notes 422 as an error of the page


def test_the_applicants_forms_keep_the_rules_and_stay_small(chromium, base, office, visit):
    with desk_of(chromium, base) as desk:
        came = []
        desk.page.on("response", lambda answer: came.append(answer))
        page = desk.open(office.scanned(visit[0]))
        page.wait_for_load_state("networkidle")
        sizes = [answer.request.sizes() for answer in came]
        assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes) <= COLD_BYTES
        for name in ("改地址", "改时间", "改联系人", "取消上门"):
            page.get_by_text(name, exact=True).click()
        photographed(page, "track-visit-changes")


def test_the_courier_is_told_what_was_changed(chromium, base, office, visit):
    path = f"/api/v1/cases/{visit[0]}/legs/{visit[1]}/changes"
    body = {"kind": "ADDRESS", "version": 0, "address": ELSEWHERE, "lat": 29.54, "lon": 106.518}
    assert office.call("POST", path, "clerk", body).status_code == 200
    outlet = leg_of(office, visit[1]).outlet_id
    with desk_of(chromium, base) as desk:
        page = desk.page
        page.set_viewport_size(NARROW)
        page.add_init_script(RECORDS)
        desk.log_in("courier", "/scan")
        desk.open(f"/scan?outlet={outlet}#stops")
        shown(page)
        expect(page.locator(".stop .told")).to_have_text("! 地址已改")
        expect(page.locator(".stop .lead")).to_have_text(ELSEWHERE)
        assert office.call("POST", path, "clerk", {"kind": "CANCEL", "version": 1}).status_code == 200
        expect(page.locator(f'.told[data-leg="{visit[1]}"]')).to_contain_text("已取消上门")
        expect(page.locator(".stop")).to_have_count(0)
        photographed(page, "scan-visit-cancelled")
