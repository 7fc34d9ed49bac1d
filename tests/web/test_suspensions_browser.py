"""Service stopped and started again on the supervisor's page: one declares, another confirms, ends, withdraws."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from storage.parcels.suspensions import SuspensionRow
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import photographed
from tests.web.office import open_office

pytestmark = pytest.mark.browser

PART = "details:has(> summary > #suspensions-h)"


@pytest.fixture
def office(tmp_path):
    opened = open_office(tmp_path)
    yield opened
    opened.database.close()


def declare(page, outlet, hours):
    """Fill in the form: from in an hour, for so many hours, of Beijing's clock."""
    begins = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=9)
    page.locator(PART).get_by_text("登记暂停").click()
    page.get_by_label("哪里").select_option(label=outlet)
    page.get_by_label("从（北京时间）").fill(f"{begins:%Y-%m-%dT%H:%M}")
    page.get_by_label("到（北京时间）").fill(f"{begins + timedelta(hours=hours):%Y-%m-%dT%H:%M}")
    page.get_by_label("原因").last.fill("暴雨红色预警")
    page.get_by_label("预警或通知文号").fill("渝气预〔2026〕118号")
    page.get_by_role("button", name="登记", exact=True).click()


def kept(office):
    with office.database.read() as session:
        return [
            (row.outlet_id, row.by, row.confirmed_by, row.ended_by, row.withdrawn, row.to_at - row.from_at)
            for row in session.scalars(select(SuspensionRow).order_by(SuspensionRow.id))
        ]


def test_one_declares_the_district_and_another_confirms_ends_and_withdraws(office, chromium):
    with served_alone(office.app) as base, desk_of(chromium, base) as first, desk_of(chromium, base) as second:
        page = first.log_in("supervisor", "/supervisor")
        declare(page, "全区", 2)
        line = page.locator("[data-suspension]")
        expect(line).to_contain_text("另一名督办人员确认之前不生效")
        expect(line.get_by_role("button", name="确认")).to_have_count(0)
        photographed(page, "supervisor-suspended")
        assert kept(office) == [(None, "supervisor", None, None, False, timedelta(hours=2))]

        other = second.log_in("supervisor2", "/supervisor")
        other.locator("[data-suspension]").get_by_role("button", name="确认").click()
        other.locator("dialog[open] button.main").click()
        expect(other.locator("[data-suspension]")).to_contain_text("supervisor2")
        expect(other.locator("[data-suspension]")).not_to_contain_text("不生效")

        page.reload()
        line.locator("summary", has_text="提前结束").click()
        line.get_by_label("原因").first.fill("雨停")
        line.get_by_role("button", name="提前结束").click()
        expect(page.locator(PART)).to_contain_text("现在没有暂停服务的网点")
        assert kept(office)[0][2:5] == ("supervisor2", "supervisor", False)

        declare(page, "大坪", 4)
        line.locator("summary", has_text="撤销").click()
        line.get_by_label("原因").last.fill("登错网点")
        line.get_by_role("button", name="撤销").click()
        expect(page.locator(PART)).to_contain_text("现在没有暂停服务的网点")
        assert kept(office)[1] == ("daping", "supervisor", None, "supervisor", True, timedelta(hours=4))


def test_what_is_out_of_bounds_is_said_in_the_form(office, chromium):
    with served_alone(office.app) as base, desk_of(chromium, base) as desk:
        page = desk.log_in("supervisor", "/supervisor")
        declare(page, "大坪", 24 * 15)
        expect(page.locator(PART)).to_contain_text("一次最多 14 天")
        assert kept(office) == []
        desk.faults.clear()  # the browser notes the 422 as an error of the page
