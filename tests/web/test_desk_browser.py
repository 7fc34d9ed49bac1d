"""The clerk's day in a real browser: live rows that stay, many at once, two who are at the same thing, going back.

In-process, so that each event comes when the test says so; nothing is mocked and no other host is asked.
"""

import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from domain.applicant_messages import MessageState
from domain.tasks import TaskKind
from domain.terms import CaseStatus
from storage.cases.applicant_messages import MessageRow
from storage.cases.rows import CaseRow
from storage.tasks.rows import TaskRow, open_task
from tests.web.desks import WAIT_MS, desk_of
from tests.web.district import COLLEAGUE, busy, settle
from tests.web.following import followers, happens, served_alone
from tests.web.looks import photographed
from tests.web.many import number
from tests.web.office import open_office

pytestmark = pytest.mark.browser

ROWS = ".rows > li"
BAR = "[data-updates]"


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture(scope="module")
def settled(office):
    """500 open cases of the clerk, three of them late, and a dozen tasks."""
    numbers = settle(office, 500)
    busy(office, 12)
    return numbers


@contextmanager
def at_desk(chromium, base, name="clerk"):
    with desk_of(chromium, base) as desk:
        desk.log_in(name, "/window")
        yield desk


@pytest.fixture
def desk(chromium, base, settled):
    with at_desk(chromium, base) as opened:
        yield opened


def changed(office, case_no, **values):
    with office.database.write() as session:
        session.execute(update(CaseRow).filter_by(case_no=case_no).values(**values))


def task(office, case_no, key, kind=TaskKind.FILE_MISSING):
    now = office.app.state.context.now()
    with office.database.write() as session:
        return open_task(session, key=key, kind=kind, now=now, case_no=case_no, handling_no=case_no)


def shown(page):
    """Each row's case and where it stands on the screen."""
    rows = page.locator(ROWS)
    return rows.evaluate_all("rows => rows.map((row) => [row.dataset.case, row.getBoundingClientRect().top])")


def test_an_empty_day_says_what_would_be_here(chromium, tmp_path):
    bare = open_office(tmp_path)
    with served_alone(bare.app) as url, at_desk(chromium, url) as desk:
        expect(desk.page.locator("h1")).to_have_text("今天没有到期的办件")
        expect(desk.page.locator(".empty").first).to_contain_text("新登记的、同事转交的都会在这里")
        photographed(desk.page, "window-empty")
        assert desk.page.locator(".waits b").count() == 0  # nothing waits: no number
        settle(bare, 9)
        busy(bare, 3)
        desk.open("/window")
        expect(desk.page.locator(ROWS)).to_have_count(9)
        expect(desk.page.locator(".waits b")).to_have_text("3")
        photographed(desk.page, "window-usual")
    bare.database.close()


def test_a_search_without_scripts_is_a_page(desk, settled):
    page = desk.open("/search")
    photographed(page, "search-page-empty")
    page.fill("#find", settled[70][16:20])
    with page.expect_navigation():
        page.evaluate("document.querySelector('form.find').submit()")
    expect(page.locator("h1")).to_contain_text("找“")
    expect(page.locator(".found-page")).to_contain_text(settled[70][16:20])
    photographed(page, "search-page")


def test_the_day_answers_first_and_every_deadline_is_said_in_words(desk):
    page = desk.page
    assert "件已超期" in page.locator("h1").inner_text()
    photographed(page, "window-full")
    page.emulate_media(forced_colors="active")
    first, later = page.locator(f"{ROWS} .deadline").first, page.locator(f"{ROWS} .deadline").nth(40)
    expect(first).to_contain_text("已超期 2 天")
    expect(later).to_contain_text("个工作日")
    expect(page.locator(ROWS).first.locator(".person")).to_have_text("张*")


def test_rows_stay_where_they_are_while_twenty_things_happen(desk, office, settled):
    page = desk.page
    for place in (1, 3, 4):
        page.locator(f"{ROWS} a.whole").nth(place).focus()
        page.keyboard.press("Space")
    page.locator(f"{ROWS} a.whole").nth(5).focus()
    before, focused = shown(page), page.evaluate("document.activeElement.closest('li').dataset.case")
    for place in range(20):
        changed(office, settled[place], status=CaseStatus.SUPPLEMENTED)
        happens(office, settled[place], f"NEWS-{place}")
    expect(page.locator(BAR)).to_have_text("20 条更新，点这里刷新", timeout=WAIT_MS)
    assert shown(page) == before
    assert page.evaluate("document.activeElement.closest('li').dataset.case") == focused
    assert page.locator(f"{ROWS} input:checked").count() == 3
    expect(page.locator("#picked")).to_have_text("已选 3 件")
    photographed(page, "window-updates")
    page.locator(BAR).click()
    expect(page.locator(ROWS).first).to_contain_text("已补正")
    expect(page.locator(BAR)).to_be_hidden()
    assert page.locator(f"{ROWS} input:checked").count() == 3
    assert [row for row, _ in shown(page)] == [row for row, _ in before]


def test_ten_tabs_are_live_over_one_stream_and_the_tenth_is_quick(chromium, base, office, settled):
    with at_desk(chromium, base) as desk:
        context, tabs = desk.page.context, [desk.page]
        for _ in range(9):
            began = time.monotonic()
            tabs.append(context.new_page())
            tabs[-1].goto(f"{base}/cases")
        assert time.monotonic() - began < 2.0
        expect(tabs[-1].locator(ROWS)).to_have_count(50)
        until(desk.page, lambda: followers(office) == 1)
        changed(office, settled[30], status=CaseStatus.REVIEWING, on_hold=True)
        happens(office, settled[30], "FOR-ALL")
        tabs[-1].bring_to_front()
        expect(tabs[-1].locator(BAR)).to_contain_text("条更新", timeout=WAIT_MS)
        changed(office, settled[30], on_hold=False)


def until(page, holds):
    ends = time.monotonic() + WAIT_MS / 1000
    while not holds():
        assert time.monotonic() < ends
        page.wait_for_timeout(50)


def messages(office, numbers, state):
    with office.database.write() as session:
        session.execute(update(MessageRow).where(MessageRow.case_no.in_(numbers)).values(state=state))


def asked_again(office):
    with office.database.read() as session:
        return list(session.scalars(select(MessageRow.case_no).where(MessageRow.asked_by == "clerk")))


def test_fifty_are_reminded_three_fail_with_their_reason_and_only_those_are_tried_again(desk, office):
    page = desk.open("/cases?view=all")
    rows = [case_no for case_no, _ in shown(page)]
    stuck = rows[5:8]
    messages(office, stuck, MessageState.QUEUED)
    page.check("#pick-page")
    expect(page.locator("#picked")).to_have_text("已选 50 件")
    page.click("[data-confirm=bulk-remind]")
    expect(page.locator("#bulk-remind .picked-named")).to_contain_text("选中 50 件")
    page.click("#bulk-remind [value=yes]")
    expect(page.locator("#bulk-said")).to_have_text("47 件已办好，3 件没有办成")
    expect(page.locator(".results li").nth(0)).to_contain_text("这条提醒还在发送，或已过时，不能再发")
    assert page.locator(".results .not").count() == 3
    photographed(page, "window-bulk-error")
    assert sorted(asked_again(office)) == sorted(set(rows) - set(stuck))
    messages(office, stuck, MessageState.SENT)
    page.get_by_role("button", name="再试没办成的 3 件").click()
    expect(page.locator("#bulk-said")).to_have_text("3 件都已办好")
    assert sorted(asked_again(office)) == sorted(rows)


def test_a_case_is_handed_to_a_colleague_and_taken_back_within_ten_seconds(desk, office):
    page = desk.page
    chosen = [case_no for case_no, _ in shown(page)][10:13]
    page.locator(f"{ROWS} input").nth(10).click()
    page.locator(f"{ROWS} input").nth(12).click(modifiers=["Shift"])
    page.click("[data-confirm=bulk-assign]")
    page.select_option("#bulk-to", COLLEAGUE)
    page.click("#bulk-assign [value=yes]")
    expect(page.locator("#bulk-said")).to_have_text("3 件都已办好")
    page.click("#bulk-result [data-close]")
    assert keepers(office, chosen) == [COLLEAGUE] * 3
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".undo")).to_contain_text("已撤销，3 件还给原来的经办人")
    assert keepers(office, chosen) == ["clerk"] * 3


def keepers(office, numbers):
    with office.database.read() as session:
        return [session.get_one(CaseRow, case_no).keeper for case_no in numbers]


def test_all_of_a_view_are_chosen_by_their_number_and_never_more_than_fit(desk, settled):
    page = desk.open("/cases?view=all&scheme=quanyu&status=ACCEPTED")
    there = page.locator("h1").inner_text().split()[1]
    assert 90 < int(there) <= 100
    page.locator(f"{ROWS} input").first.check()
    page.get_by_role("button", name=f"选中全部 {there} 件").click()
    expect(page.locator("#picked")).to_have_text(f"已选 {there} 件")
    page.get_by_role("button", name="不选了").click()
    expect(page.locator("#picked")).to_have_text("空格选中，Shift 连选")
    desk.open("/cases?view=all")
    page.locator(f"{ROWS} input").first.check()
    expect(page.get_by_role("button", name="全部超过 200 件，请先筛选")).to_be_disabled()


def test_who_comes_second_sees_both_and_overwrites_nothing(chromium, base, office, settled):
    task_id = task(office, settled[60], "conflict")
    form = f"form[data-api='/api/v1/tasks/{task_id}/resolve']"
    with at_desk(chromium, base) as one, at_desk(chromium, base, COLLEAGUE) as two:
        for desk, reason in ((one, "文件已从对方平台下载"), (two, "已电话催对方补发")):
            page = desk.open("/window?kind=FILE_MISSING")
            page.locator(f"[data-task='{task_id}'] summary").first.click()
            page.fill(f"{form} [name=reason]", reason)
        with one.page.expect_navigation():
            one.page.click(f"{form} button.main")
        two.page.click(f"{form} button.main")
        told = two.page.locator(f"{form} .theirs")
        expect(told).to_be_focused()
        for words in ("别人刚改过", "clerk", "文件已从对方平台下载", "已电话催对方补发"):
            expect(told).to_contain_text(words)
        assert two.page.input_value(f"{form} [name=reason]") == "已电话催对方补发"
        photographed(two.page, "window-conflict")
        two.faults.clear()  # the browser itself writes the 409 to its console
        with office.database.read() as session:
            row = session.get_one(TaskRow, task_id)
        assert (row.resolved_by, row.reason) == ("clerk", "文件已从对方平台下载")


def test_what_came_meanwhile_is_read_before_a_task_is_resolved(desk, office, settled):
    task_id = task(office, settled[61], "more")
    page = desk.open("/window?kind=FILE_MISSING")
    page.locator(f"[data-task='{task_id}'] summary").first.click()
    page.fill(f"[data-task='{task_id}'] [name=reason]", "已与对方核对，重新发送")
    with office.database.write() as session:
        matter = session.get_one(TaskRow, task_id).matter
        open_task(session, key="more-2", kind=TaskKind.FILE_MISSING, now=office.app.state.context.now(),
                  case_no=settled[61], handling_no=settled[61], matter=matter)  # fmt: skip
    page.click(f"[data-task='{task_id}'] button.main")
    expect(page.locator(".theirs")).to_contain_text("新增 1 条情况")
    expect(page.locator(".theirs")).to_contain_text("已与对方核对，重新发送")
    desk.faults.clear()
    with office.database.read() as session:
        assert session.get_one(TaskRow, task_id).resolved_at is None


def test_going_back_shows_what_is_and_not_what_was(desk, office, settled):
    task_id = task(office, settled[62], "back")
    page = desk.open("/window?kind=FILE_MISSING")
    expect(page.locator(f"[data-task='{task_id}']")).to_have_count(1)
    page.locator(f"[data-task='{task_id}'] summary").first.click()
    page.locator(f"[data-task='{task_id}'] a.no").click()
    page.wait_for_url(f"**/window/{settled[62]}")
    page.locator("details", has=page.locator(f"form[data-api$='{task_id}/resolve']")).locator("summary").last.click()
    page.fill(f"form[data-api$='{task_id}/resolve'] [name=reason]", "已取到文件")
    page.locator(f"form[data-api$='{task_id}/resolve']").get_by_role("button", name="确定").first.click()
    with page.expect_navigation():
        page.locator("dialog[open] button[value=yes]").click()
    expect(page.locator(f"form[data-api$='{task_id}/resolve']")).to_have_count(0)
    page.go_back()
    page.wait_for_url("**/window?kind=FILE_MISSING*")
    expect(page.locator(f"[data-task='{task_id}']")).to_have_count(0)


def test_the_box_finds_by_four_digits_by_name_and_items_without_an_address_that_tells(desk, settled):
    page, asked = desk.page, []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("F4")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(settled[70][16:20])
    expect(page.locator("#found [role=option]").first).to_contain_text(settled[70])
    photographed(page, "search-cases")
    page.fill("#find", "")
    page.type("#find", "阿卜杜热合曼·买买提艾力")
    expect(page.locator("#found [role=option] .person").first).to_have_text("阿***")
    page.fill("#find", "")
    page.type("#find", "失业")
    expect(page.get_by_role("group", name="事项")).to_contain_text("失业登记")
    photographed(page, "search-items")
    page.fill("#find", "没有这样的东西")
    expect(page.locator("#found .none")).to_contain_text("没有找到")
    photographed(page, "search-none")
    page.fill("#find", settled[70][16:20])
    expect(page.locator("#found [role=option]").first).to_contain_text(settled[70])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/window/{settled[70]}")
    assert not [url for url in asked if "%E9%98%BF" in url or settled[70][16:20] + "&" in url]


def test_enter_that_confirms_a_candidate_opens_nothing(desk):
    page = desk.page
    page.keyboard.press("F4")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "shiye", "selectionStart": 5, "selectionEnd": 5})
    for kind in ("rawKeyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "windowsVirtualKeyCode": 229})
    assert page.url.endswith("/window")
    session.send("Input.insertText", {"text": "失业"})
    expect(page.locator("#found [role=option]").first).to_be_visible()


def test_keys_lead_to_a_new_case_their_own_list_and_from_row_to_row(desk):
    page = desk.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    second = page.locator(ROWS).nth(1)
    expect(second.locator("a.whole")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.fill("#q", "")
    page.type("#q", "j?k")
    assert page.input_value("#q") == "j?k"
    expect(page.locator("#keys")).to_be_hidden()
    second.locator("a.whole").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/window/{number(1)}")
    page.keyboard.press("F2")
    page.wait_for_url("**/window/new")


def test_filters_are_chips_that_can_be_taken_away_one_by_one(desk):
    page = desk.open("/cases?view=all")
    page.click(".filter summary")
    page.check("[name=status][value=REVIEWING]")
    page.check("[name=status][value=ACCEPTED]")
    page.get_by_role("button", name="查找").click()
    page.wait_for_url("**status=ACCEPTED&status=REVIEWING*")
    states = page.locator(f"{ROWS} .chip:first-child").all_inner_texts()
    assert {state.lstrip("●▲■✓\n") for state in states} == {"审查中", "已受理"}
    photographed(page, "cases-filtered")
    page.locator("a.gone", has_text="已受理").click()
    page.wait_for_url("**/cases?view=all&status=REVIEWING")
    assert page.locator("a.gone").count() == 1
