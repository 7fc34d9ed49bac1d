"""The officer at a browser: the queue by keyboard, papers beside the decision, the question before it, two people."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from playwright.sync_api import expect

from domain.messages import DeadlineKind
from domain.terms import CaseStatus, Role
from domain.units import FIRST_UNIT
from storage.cases.rows import CaseRow, DeadlineRow, HandlingRow
from storage.documents.uploads import bind
from storage.people.passwords import hashed
from storage.people.users import put_user
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import photographed
from tests.web.many import case_values, fill, handling_values, number
from tests.web.ofd_made import ofd
from tests.web.office import MATERIALS, open_office
from tests.web.scans_made import pdf, photograph

pytestmark = [pytest.mark.browser]

OTHER = "zhou.min"
LONG = "夫妻投靠、父母投靠子女、子女投靠父母的户口迁移审批（含集体户口、农业转移人口落户）"


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """An office where two officers decide a refusal, at its usual pace."""
    with patch.dict("os.environ", {"FOUR_EYES": "NOT_ACCEPTED,REJECTED", "TIME_SCALE": "1"}):
        office = open_office(tmp_path_factory.mktemp("hall"))
    with office.database.write() as session:
        put_user(session, OTHER, Role.OFFICER, hashed("demo"), FIRST_UNIT[Role.OFFICER])
    yield office
    office.database.close()


@pytest.fixture(scope="module")
def base(hall):
    with served_alone(hall.app) as address:
        yield address


@pytest.fixture
def desk(chromium, base):
    with desk_of(chromium, base) as opened:
        opened.log_in("officer", "/officer")
        yield opened


def came(hall, serial, **later):
    """A handling that has come to the officer, with the clock of its acceptance."""
    no = hall.submitted(serial, item=MATERIALS)
    ends = datetime.now(UTC) + timedelta(**(later or {"days": 4}))

    def started(row):
        row.status, row.legal_due_at = CaseStatus.RECEIVED, ends

    hall.change(no, started)
    with hall.database.write() as session:
        session.add(
            DeadlineRow(
                case_no=no, handling_no=no, key="1-SUBMITTED/ACCEPTANCE", kind=DeadlineKind.ACCEPTANCE,
                start_at=datetime.now(UTC), warn_at=ends, due_at=ends, responsible="authority", stopped_at=None,
            )
        )  # fmt: skip
    return no


def with_papers(hall, no, *files):
    """Its first papers have these files."""
    from storage.cases.rows import read_dossier, write_dossier

    sealer, now = hall.app.state.context.sealer, datetime.now(UTC)
    names = [hall.uploaded(data=data) for data in files]
    with hall.database.write() as session:
        case = session.get_one(CaseRow, no)
        dossier = read_dossier(case, sealer)
        brought = [
            m.model_copy(update={"sha256": names[place]}) if place < len(names) else m
            for place, m in enumerate(dossier.materials)
        ]
        write_dossier(case, sealer, dossier.model_copy(update={"materials": tuple(brought)}))
        bind(session, no, names, now)


def test_an_empty_queue_says_what_will_be_there(desk):
    expect(desk.page.locator("h1")).to_have_text("没有等待审批的办件")
    expect(desk.page.locator(".empty")).to_contain_text("法定期限")
    photographed(desk.page, "officer-empty")


def test_the_queue_is_walked_by_keyboard(hall, desk):
    late, today, later = came(hall, 1, days=-2), came(hall, 2, minutes=1), came(hall, 3, days=6)
    page = desk.open("/officer")
    expect(page.locator("h1")).to_contain_text("1 件已超过法定期限")
    rows = page.locator(".officer-rows a.whole")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(1)).to_be_focused()
    assert [no for no in listed(page) if no in (late, today, later)] == [late, today, later]
    assert "已超期 2 天" in page.locator(f"[data-handling='{late}'] .deadline").inner_text()
    assert "个工作日" in page.locator(f"[data-handling='{later}'] .deadline").inner_text()
    photographed(page, "officer-usual")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/officer/{today}")


def listed(page):
    return [row.get_attribute("data-handling") for row in page.locator("[data-handling]").all()]


def test_papers_are_turned_rotated_and_compared(hall, desk):
    no = came(hall, 11)
    with_papers(hall, no, pdf(3), photograph(), ofd(sealed=True))
    page = desk.open(f"/officer/{no}")
    canvas = page.locator("#panes canvas")
    expect(canvas).to_be_visible()
    count = page.locator(".pane-count")
    expect(count).to_have_text("1 / 3")
    photographed(page, "officer-case-papers")
    before = canvas.evaluate("c => c.toDataURL()")
    page.get_by_role("button", name="下一页").click()
    expect(count).to_have_text("2 / 3")
    expect(canvas).to_have_attribute("data-page", "2")
    assert canvas.evaluate("c => c.toDataURL()") != before
    size = canvas.evaluate("c => [c.width, c.height]")
    page.get_by_role("button", name="旋转").click()
    expect(canvas).to_have_attribute("data-turned", "90")
    assert canvas.evaluate("c => [c.height, c.width]") == size
    wide = canvas.bounding_box()["width"]
    page.get_by_role("button", name="放大").click()
    assert canvas.bounding_box()["width"] == pytest.approx(1.5 * wide, rel=0.01)
    page.locator("[data-beside]").nth(1).click()
    expect(page.locator("#panes .pane")).to_have_count(2)
    expect(page.locator("#panes canvas").nth(1)).to_be_visible()
    page.locator("[data-beside]").nth(2).click()
    expect(page.locator("#panes .pane").nth(1)).to_contain_text("电子印章")
    expect(page.locator("#panes canvas").nth(1)).to_be_visible()
    photographed(page, "officer-case-compared")
    readings = hall.call("GET", f"/api/v1/cases/{no}/readings", "auditor").json()["readings"]
    assert len(readings) == 3


def test_a_decision_names_case_person_and_consequence_before_it_is_sent(hall, desk):
    no = came(hall, 21)
    page = desk.open(f"/officer/{no}")
    page.locator("[data-decide=ACCEPTED]").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text(no[16:20])
    expect(dialog).to_contain_text("*的居民身份证换领将被受理")
    expect(page.get_by_role("button", name="再想想").locator("visible=true")).to_be_focused()
    page.keyboard.press("Escape")
    assert hall.call("GET", f"/officer/{no}", "officer").text.count('data-decide="ACCEPTED"') == 1
    page.locator("[data-decide=ACCEPTED]").click()  # closes its part
    page.locator("[data-decide=ACCEPTED]").click()
    dialog.get_by_role("button", name="确定受理").click()
    page.wait_for_url(f"**/officer/{no}?said=ACCEPTED")
    expect(page.locator(".good")).to_contain_text("已办：受理")
    expect(page.locator("[data-decide=APPROVED]")).to_be_visible()
    expect(page.locator("#said + *")).to_contain_text("受理")


def test_what_lacks_is_said_beside_its_field(hall, desk):
    no = came(hall, 22)
    page = desk.open(f"/officer/{no}")
    page.locator("[data-decide=NEED_SUPPLEMENT]").click()
    form = page.locator("#decide-NEED_SUPPLEMENT form")
    expect(form.locator("textarea").nth(1)).to_have_value("所附材料不齐全，请一次补齐下列材料。")
    form.locator("textarea").nth(1).fill("")
    form.locator("button.main").click()
    expect(form.locator(".summary")).to_be_focused()
    expect(form.locator("[aria-invalid=true]")).to_have_count(2)
    photographed(page, "officer-error")
    form.locator("[data-line]").first.check()
    expect(form.locator("textarea").first).to_have_value("居民身份证申领登记表")
    form.locator("textarea").nth(1).fill("第二页看不清")
    page.get_by_role("button", name="预览文书").click()
    expect(page.locator("#letter[open]")).to_contain_text("第二页看不清")
    photographed(page, "officer-letter")
    page.get_by_role("button", name="看好了").click()
    form.locator("button.main").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("[data-echo]")).to_contain_text("第二页看不清")
    dialog.get_by_role("button", name="确定补正告知").click()
    page.wait_for_url("**?said=NEED_SUPPLEMENT")


def test_a_refusal_waits_for_a_second_officer(hall, desk, chromium, base):
    no = came(hall, 31)
    page = desk.open(f"/officer/{no}")
    page.locator("[data-decide=NOT_ACCEPTED]").click()
    photographed(page, "officer-decision")
    form = page.locator("#decide-NOT_ACCEPTED form")
    form.locator("[data-templates]").select_option("不符合受理条件")
    expect(form.locator("[name='payload.reason']")).to_have_value("经审核，申请人不符合本事项的受理条件。")
    form.locator("button.danger").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("将不予受理，决定书今天发出")
    expect(dialog).to_contain_text("复核同意后才发出")
    photographed(page, "officer-confirm")
    dialog.get_by_role("button", name="提交复核").click()
    page.wait_for_url("**?said=NOT_ACCEPTED")
    expect(page.locator(".good")).to_contain_text("已提交复核")
    expect(page.locator("h1")).to_contain_text("等复核")
    expect(page.get_by_role("button", name="同意，发出决定")).to_have_count(0)
    with desk_of(chromium, base) as other:
        second = other.log_in(OTHER, "/officer")
        other.open("/officer?state=second")
        second.locator(f"[data-handling='{no}'] a.whole").click()
        second.wait_for_url(f"**/officer/{no}")
        photographed(second, "officer-second")
        second.get_by_role("button", name="同意，发出决定").click()
        expect(second.locator("dialog[open]")).to_contain_text("立即发出")
        second.get_by_role("button", name="同意发出").click()
        expect(second.locator("h1")).to_contain_text("已决定")


def test_a_colleague_s_handling_is_taken_over_with_a_reason(hall, desk, chromium, base):
    no = came(hall, 41)
    page = desk.open(f"/officer/{no}")
    with page.expect_navigation():
        page.get_by_role("button", name="认领").click()
    expect(page.locator(".holder")).to_contain_text("由我办理")
    with desk_of(chromium, base) as other:
        second = other.log_in(OTHER, "/officer")
        other.open(f"/officer/{no}")
        expect(second.locator("[data-decide=ACCEPTED]")).to_be_disabled()
        second.locator(".holder summary").click()
        second.fill("#take-reason", "同事今天休假")
        with second.expect_navigation():
            second.get_by_role("button", name="接手").click()
        expect(second.locator(".holder")).to_contain_text("由我办理")
    page.locator("[data-decide=ACCEPTED]").click()
    page.get_by_role("button", name="确定受理").click()
    expect(page.locator("#decide-ACCEPTED .summary")).to_contain_text(f"这件由 {OTHER} 办理")
    page.context.clear_cookies()
    desk.faults.clear()  # the refusal's own line in the console


def test_five_hundred_handlings_are_a_queue_like_any_other(hall, desk):
    now = datetime.now(UTC)
    serials = range(1, 501)
    fill(hall.database, CaseRow, (case_values(s, item_name=LONG if s % 9 == 0 else f"事项{s % 40}") for s in serials))
    held = (None, "officer", OTHER)
    values = (
        handling_values(
            s,
            legal_due_at=now + timedelta(hours=5 * s - 200),
            held_by=held[s % 3],
            wire_state=("SUBMITTED", "UNDER_REVIEW", "SUSPENDED")[s % 3],
        )
        for s in serials
    )
    fill(hall.database, HandlingRow, values)
    page = desk.open("/officer")
    expect(page.locator("h1")).to_contain_text("件已超过法定期限")
    expect(page.locator(".pager")).to_contain_text("共 200 件以上")
    assert number(1) in listed(page)
    photographed(page, "officer-full")
    page.get_by_role("link", name="下一页").click()
    page.wait_for_url("**handlings=*")
    assert number(1) not in listed(page)
    page.get_by_role("link", name="特别程序").click()
    expect(page.locator("[aria-current=true]", has_text="特别程序")).to_be_visible()
