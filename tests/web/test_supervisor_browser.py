"""The supervisor's and the operator's page in a real browser: what they say, what one press does, how they look."""

import io
import re
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader
from sqlalchemy import select

from domain.messages import DeadlineKind, Responsible
from domain.tasks import TaskKind
from domain.terms import Partner
from logistics.promise_model import PromiseVerdict
from parcels.outlets import seed_couriers
from runtime.condition import Engine
from runtime.condition_checks import BACKUP_MARK
from runtime.private_files import make_private
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.conditions import Seen, note
from storage.exchange.breakers import note_failure
from storage.parcels.legs import CourierRow, LegRow
from storage.tasks.rows import open_task
from tests.unit.web.test_reporting import promise
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import SIZES, photographed
from tests.web.office import YUBEI, open_office

pytestmark = pytest.mark.browser

LONG = "生育登记服务证明（夫妻双方户籍均不在本区、需要两地共同核验婚姻登记档案的）"
DOORS = ((29.5571, 106.5772), (29.5532, 106.5655), (29.5480, 106.5350), (29.5440, 106.5190), (29.5585, 106.5520))
A4_LANDSCAPE = (842, 595)
Usage = namedtuple("Usage", "total used free")


class District:
    """An office, served; `due` and `door` make what a workflow would have written."""

    def __init__(self, office):
        self.office = office
        self.now = datetime.now(UTC)
        self.serial = 0

    def case(self, region="510104", **more):
        self.serial += 1
        number = self.office.start(self.serial, region=region)["caseNo"]
        with self.office.database.write() as session:
            row = session.get_one(CaseRow, number)
            for name, value in more.items():
                setattr(row, name, value)
        return number

    def due(self, case_no, responsible, within):
        at = self.now + within
        with self.office.database.write() as session:
            session.add(DeadlineRow(
                case_no=case_no, handling_no=case_no, key="k", kind=DeadlineKind.DECISION_PROMISED,
                start_at=self.now - timedelta(days=4), warn_at=self.now, due_at=at, responsible=responsible,
            ))  # fmt: skip
            session.get_one(CaseRow, case_no).due_at = at

    def door(self, case_no, place, minutes, verdict):
        """A pickup whose courier has still to come."""
        with self.office.database.write() as session:
            seed_couriers(session)
            couriers = session.scalars(select(CourierRow).order_by(CourierRow.courier_id)).all()
            courier = couriers[place % len(couriers)]
            lat, lon = DOORS[place % len(DOORS)]
            session.add(LegRow(
                leg_id=f"{case_no}-PICKUP-1", case_no=case_no, handling_no=case_no, leg="PICKUP", region="500103",
                stage="ASSIGNED", epoch=1, state={}, manifest=[], ordered_at=self.now, outlet_id=courier.outlet_id,
                courier_id=courier.courier_id, lat=lat + place * 1e-4, lon=lon, assignment_version=1,
                planned_arrival_at=self.now + timedelta(minutes=minutes + 10),
                deadline_at=self.now + timedelta(minutes=minutes),
                promise=promise(verdict).model_dump(mode="json"),
            ))  # fmt: skip
        return f"{case_no}-PICKUP-1"

    def told(self, case_no, number):
        """Registered in one of the last months, in any mode; every other one is closed."""
        with self.office.database.write() as session:
            row = session.get_one(CaseRow, case_no)
            row.registered_at = self.now - timedelta(days=number * number % 170)
            row.mode = "异地代收代办" if number % 5 == 1 else row.mode
            row.statutory_days, row.promised_days = 20, 3 + number % 9
            row.item_kind = "承诺件" if number % 2 else "即办件"

    def till_midnight(self, share):
        """A part of what is left of today by the hall's clock."""
        local = self.now + timedelta(hours=8)
        return share * (datetime(local.year, local.month, local.day, tzinfo=UTC) + timedelta(days=1) - local)


@pytest.fixture
def district(tmp_path):
    office = open_office(tmp_path)
    with served_alone(office.app) as base:
        made = District(office)
        made.base = base
        yield made
    office.database.close()


@pytest.fixture
def desk(chromium, district):
    with desk_of(chromium, district.base) as opened:
        yield opened


def usual(district):
    """A day as most are: three cases end today, one is late, one door is in danger."""
    mine, theirs, ours = district.case(), district.case(), district.case(region=YUBEI)
    district.due(mine, Responsible.WINDOW, district.till_midnight(0.4))
    district.due(theirs, Responsible.AUTHORITY, district.till_midnight(0.6))
    district.due(ours, Responsible.AUTHORITY, district.till_midnight(0.8))
    late = district.case()
    district.due(late, Responsible.APPLICANT, timedelta(days=-2))
    at_door = district.case()
    leg_id = district.door(at_door, 0, 12, PromiseVerdict.AT_RISK)
    district.door(district.case(), 1, 45, PromiseVerdict.ON_TRACK)
    with district.office.database.write() as session:
        open_task(session, key="x", kind=TaskKind.SECOND_SUPPLEMENT, case_no=late, now=district.now)
        for number in (mine, theirs):
            session.get_one(CaseRow, number).closed_at = None
    return mine, theirs, leg_id


def test_a_day_without_risks(desk):
    page = desk.log_in("supervisor", "/supervisor")
    expect(page.locator("h1")).to_have_text("今天没有会超期的办件")
    photographed(page, "supervisor-empty")
    desk.open("/supervisor/cases?risk=never")
    expect(page.locator("main")).to_contain_text("可选的清单")
    photographed(page, "supervisor-error")
    desk.faults.clear()  # the browser notes the 422 as an error of the page


def test_one_press_reminds_sends_and_gives_away(desk, district, chromium):
    mine, theirs, leg_id = usual(district)
    page = desk.log_in("supervisor", "/supervisor")
    expect(page.locator("h1")).to_have_text("1 趟上门可能赶不上；3 件今天到期，现在催还来得及；1 件已超期")
    photographed(page, "supervisor-usual")
    row = page.locator(".risks > li", has=page.locator(f"a[href='/window/{mine}']"))
    row.get_by_role("button", name="催办").click()
    expect(row.locator(".risk-holder")).to_contain_text("已催")

    called = page.locator(".risks > li", has=page.locator(f"a[href='/window/{theirs}']"))
    called.locator("summary").click()
    called.get_by_label("对方怎么说").fill("对方答复明天上午办结")
    called.get_by_role("button", name="记下").click()
    expect(called.locator(".risk-holder")).to_contain_text("已催")

    page.get_by_role("button", name="加派").click()
    expect(page.locator("dialog[open]")).to_contain_text("改派另一名投递员")
    page.locator("dialog[open] button.main").click()
    expect(page.locator(".risks")).not_to_contain_text("菜园坝 1 号")
    with district.office.database.read() as session:
        assert session.get_one(LegRow, leg_id).courier_id not in (None, "caiyuanba-1")

    task = page.locator(".todo > li", has_text="对方再次要求补正")
    task.locator("summary").click()
    task.get_by_label("转派给").select_option("clerk")
    task.get_by_label("转派原因").fill("请窗口先问清楚")
    task.get_by_role("button", name="转派").click()
    expect(page.locator(".todo > li", has_text="对方再次要求补正")).to_contain_text("窗口处理")
    with desk_of(chromium, district.base) as other:
        window = other.log_in("clerk", "/window")
        expect(window.locator("main")).to_contain_text("督办催办，请今天办理并回复")
        expect(window.locator("main")).to_contain_text("对方再次要求补正")


def test_a_phone_shows_first_what_can_still_be_helped_and_folds_the_rest(desk, district):
    usual(district)
    page = desk.log_in("supervisor", "/supervisor")
    assert page.locator("details.fold:not([open])").count() == 0
    page.set_viewport_size(SIZES["phone"])
    page.reload()
    expect(page.locator("details.fold[open]")).to_have_count(0)
    below = page.locator(".risks > li").nth(2).bounding_box()
    assert below["y"] + below["height"] < SIZES["phone"]["height"], below
    assert page.evaluate("document.documentElement.scrollHeight") < 2.5 * SIZES["phone"]["height"]
    page.get_by_role("link", name=re.compile("待办 1 条")).click()
    expect(page.locator(".todo > li", has_text="对方再次要求补正")).to_be_visible()
    page.goto(f"{district.base}/supervisor?month={district.now:%Y-%m}#measures-h")
    expect(page.locator(".measure").first).to_be_visible()


def test_a_number_leads_to_its_cases_and_back(desk, district):
    usual(district)
    page = desk.log_in("supervisor", "/supervisor")
    card = page.locator(".measure", has_text="全程网办率")
    count = int(re.search(r"全程网办 (\d+) 件", card.inner_text())[1])
    card.get_by_role("link", name="全程网办", exact=False).nth(1).click()
    expect(page.locator(".ids > li")).to_have_count(count)
    photographed(page, "supervisor-drill-down")
    page.get_by_role("link", name="← 督办").click()
    expect(page.locator("h2#measures-h")).to_be_visible()
    page.locator(".measure", has_text="平均跑动次数").get_by_role("link", name="跑两次").click()
    expect(page.locator(".empty")).to_have_text("没有办件。 回到督办")
    photographed(page, "supervisor-drill-down-empty")


def test_the_day_of_a_large_district_and_its_print(desk, district):
    for number in range(24):
        case_no = district.case(item_name=LONG if number % 3 == 0 else "失业登记", clerk=f"clerk-{number % 5}")
        district.told(case_no, number)
        share = district.till_midnight((number + 1) / 30) if number % 2 else timedelta(days=-number)
        responsible = (Responsible.WINDOW, Responsible.AUTHORITY, Responsible.POST)[number % 3]
        district.due(case_no, responsible, share)
        verdicts = (PromiseVerdict.AT_RISK, PromiseVerdict.ON_TRACK, PromiseVerdict.BREACHED, PromiseVerdict.KEPT)
        district.door(case_no, number, 5 + 3 * number, verdicts[number % 4])
        with district.office.database.write() as session:
            for kind in (TaskKind.DEADLINE_MISSED, TaskKind.FILE_MISSING, TaskKind.BAD_RATING):
                open_task(session, key=f"{case_no}/{kind}", kind=kind, case_no=case_no,
                          now=district.now - timedelta(hours=number))  # fmt: skip
            if number % 5 == 0:
                session.get_one(HandlingRow, case_no).waiting_since = district.now - timedelta(hours=30)
    page = desk.log_in("supervisor", "/supervisor")
    expect(page.locator(".risks > li")).to_have_count(4 + 6 + 3)
    assert page.locator("svg[role=img] > title").count() == page.locator("svg").count() == 1 + 5 - 1
    expect(page.locator(".measure p.spark")).to_have_text("有两个月的数据后，这里显示走势。")
    photographed(page, "supervisor-full")
    page.emulate_media(media="print")
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    for sheet in printed.pages:
        size = (float(sheet.mediabox.width), float(sheet.mediabox.height))
        assert size == pytest.approx(A4_LANDSCAPE, abs=1.5)
    said = "".join(sheet.extract_text() for sheet in printed.pages)
    assert "五项指标" in said
    page.screenshot(path=photo("supervisor-print"), full_page=True)
    page.emulate_media(media="screen")
    page.goto(f"{district.base}/supervisor/cases?risk=late")
    photographed(page, "supervisor-late")
    quarter = page.goto(f"{district.base}/supervisor/reports/2026Q4")
    assert quarter.ok
    photographed(page, "supervisor-quarter")


def photo(name):
    from tests.web.looks import LOOKS

    LOOKS.mkdir(parents=True, exist_ok=True)
    return LOOKS / f"{name}.png"


def test_the_operator_s_page_well_and_with_faults(desk, district, monkeypatch):
    app, settings = district.office.app, district.office.app.state.context.settings

    async def engine():
        return Engine(serving=True, worker=True)

    app.state.engine = engine
    (settings.data_dir / BACKUP_MARK).touch()
    make_private(settings.data_dir)  # as every process of ours does when it starts
    with district.office.database.write() as session:
        for hours in range(24 * 20, -1, -1):
            level = "fail" if hours in (50, 51) else "warn" if hours % 97 == 5 else "pass"
            at = district.now - timedelta(hours=hours)
            for minutes in range(0, 60, 10) if hours else (0,):
                note(session, [Seen("database", level, "版本 0028"), Seen("disk", "pass", "够")],
                     at + timedelta(minutes=minutes))  # fmt: skip
    page = desk.log_in("operator", "/status")
    expect(page.locator("h1")).to_have_text(re.compile(r"^都在运行(；1 处要留意)?$"))
    expect(page.locator(".components > .fail")).to_have_count(0)
    photographed(page, "status-ok")

    async def away():
        return Engine(serving=False, worker=False)

    app.state.engine = away
    (settings.data_dir / BACKUP_MARK).unlink()
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**12, 10**12, 3 * 1024**2))
    with district.office.database.write() as session:
        for _ in range(2):
            note_failure(session, Partner.SICHUAN, district.now, limit=2, probe_at=district.now)
    page.reload()
    meanwhile = "不可用，办件照常登记、来文照常签收，但都停在原处，恢复后自动往下办，另有 1 处"
    expect(page.locator("h1")).to_have_text(re.compile(rf"^Temporal：127\.0\.0\.1:\d+ {meanwhile}$"))
    expect(page.locator(".components > .fail").first).to_contain_text("先运行 make run")
    expect(page.locator(".components")).to_contain_text("touch last-backup")
    photographed(page, "status-faults")
