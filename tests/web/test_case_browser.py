"""The page of one case in real Chromium: looked at in its states, and what a person does there."""

from io import BytesIO
from unicodedata import normalize

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from domain.tasks import TaskKind
from tests.web.case_states import STATES
from tests.web.desks import desk_of
from tests.web.following import served_alone
from tests.web.looks import keeps_the_rules, photographed

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@pytest.fixture
def desk(chromium, base):
    with desk_of(chromium, base) as opened:
        opened.log_in("clerk", "/window")
        yield opened


@pytest.mark.parametrize(("number", "state"), list(enumerate(STATES, start=601)))
def test_each_state_keeps_the_rules_of_the_house(office, desk, number, state):
    case = STATES[state](office, number)
    page = desk.open(f"/window/{case.no}")
    expect(page.locator("h1")).not_to_be_empty()
    photographed(page, f"case-{state.replace('_', '-')}")


def test_a_number_is_copied_whole_and_read_by_its_last_four(office, desk):
    case = STATES["fresh"](office, 621)
    page = desk.open(f"/window/{case.no}")
    shown = page.locator("[data-live=head] .no").first
    expect(shown.locator("b")).to_have_text(case.no[-5:-1])
    copied = """element => {
      getSelection().selectAllChildren(element);
      return getSelection().toString();
    }"""
    assert shown.evaluate(copied) == case.no


def test_what_cannot_be_taken_back_is_asked_with_case_person_and_consequence(office, desk):
    case = STATES["accepted"](office, 622)
    page = desk.open(f"/window/{case.no}")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.click("#act-withdraw > summary")
    page.fill("#w-reason", "申请人要改在户籍地办理")
    page.press("#w-reason", "Enter")  # the question comes in any way
    question = page.locator("#ask-withdraw")
    expect(question).to_be_visible()
    name = page.locator("[data-live=head] .person").first.evaluate("element => element.firstChild.data.trim()")
    for words in (f"办件 {case.no[-5:-1]}", name, "撤回后不能恢复"):
        expect(question).to_contain_text(words)
    assert "*" in name
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert sent == []
    assert page.input_value("#w-reason") == "申请人要改在户籍地办理"
    page.click("#act-withdraw button.danger >> nth=0")
    question.get_by_role("button", name="确定撤回").click()
    expect(page.locator("[data-live=head]")).to_contain_text("等待撤回答复")
    expect(page.locator("h1")).to_contain_text("申请人要求撤回")
    expect(page.locator("#act-withdraw")).to_have_count(0)
    assert len([url for url in sent if url.endswith("/withdraw")]) == 1


def test_a_supplement_takes_exactly_the_named_papers_and_asks_first(office, desk):
    case = STATES["supplement"](office, 623)
    page = desk.open(f"/window/{case.no}")
    form = page.locator("form[data-api$='/supplements']")
    assert form.locator("legend").all_inner_texts()[1] == "居住证明"
    expect(form.locator("legend")).to_have_count(2)
    form.locator("> button.main").click()
    question = form.locator("dialog")
    expect(question).to_contain_text("同一次补正只能提交一次")
    with page.expect_response(lambda answer: answer.url.endswith("/supplements")) as said:
        question.get_by_role("button", name="提交补正").click()
    assert said.value.status == 202


def test_a_task_is_decided_on_the_page_after_a_question(office, desk):
    case = STATES["accepted"](office, 628)
    case.task(TaskKind.DEADLINE_WARNING, 0, handling_no=case.no)
    page = desk.open(f"/window/{case.no}")
    tasks = page.locator("[data-live=tasks]")
    tasks.locator("summary").click()
    tasks.get_by_label("说明").fill("已电话提醒")
    tasks.locator("form > button.main").click()
    expect(tasks.locator("dialog")).to_contain_text(f"办件 {case.no[-5:-1]}")
    with page.expect_navigation():
        tasks.locator("dialog button[value=yes]").click()
    expect(page.locator("[data-live=tasks]")).to_have_text("")
    expect(page.locator("[data-live=history]")).to_contain_text("已处理：已电话提醒")


def test_news_takes_nothing_out_of_ones_hands(office, desk):
    """Typing, an open question, open details and the place of what is pointed at stay while events come."""
    case = STATES["under_way"](office, 624)
    page = desk.open(f"/window/{case.no}")
    expect(page.locator("#live-state")).to_have_text("正在实时更新")
    page.set_viewport_size({"width": 1366, "height": 400})
    page.click("#act-withdraw > summary")
    page.fill("#w-reason", "写到一半")
    page.locator("[data-live=history] details summary").first.click()
    link = page.locator("[data-live=history] a.paper").first
    link.scroll_into_view_if_needed()
    link.hover()
    before = link.bounding_box()["y"]
    case.task(TaskKind.DEADLINE_WARNING, 0, handling_no=case.no).note("SECOND-LOOK", 30)
    expect(page.locator("[data-live=history]")).to_contain_text("SECOND-LOOK")
    expect(page.locator("[data-live=tasks]")).to_contain_text("时限将到")
    assert abs(link.bounding_box()["y"] - before) < 2
    assert page.input_value("#w-reason") == "写到一半"
    assert page.locator("#act-withdraw").get_attribute("open") is not None
    expect(page.locator("[data-live=history] details[open]")).to_have_count(1)


def test_f8_opens_the_receipt(office, desk):
    case = STATES["closed"](office, 625)
    page = desk.open(f"/window/{case.no}")
    with page.context.expect_page() as opened:
        page.keyboard.press("F8")
    opened.value.close()
    assert page.locator("[data-key-f8]").get_attribute("href").endswith("/papers/receipt.pdf")


def test_the_record_prints_on_a4_with_everything_unfolded(office, desk):
    case = STATES["long"](office, 626)
    page = desk.open(f"/window/{case.no}")
    pdf = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert [round(float(side)) for side in pdf.pages[0].mediabox[2:]] == [595, 842]
    words = normalize("NFKC", "".join("".join(sheet.extract_text() for sheet in pdf.pages).split()))
    assert "窗口已核对原件" in words  # folded on the screen
    assert "撤回" not in words and "拨打电话" not in words
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})
    keeps_the_rules(page)


def test_without_scripts_the_page_reads_to_the_end(office, chromium, base):
    case = STATES["joint"](office, 627)
    token = office.tokens["clerk"]
    with desk_of(
        chromium, base, java_script_enabled=False, extra_http_headers={"Authorization": f"Bearer {token}"}
    ) as own:
        page = own.open(f"/window/{case.no}")
        expect(page.locator("h1")).to_contain_text("“落户”等前一步办成")
        assert page.locator(".lanes > li").count() == 3
        expect(page.locator(".lanes > li").nth(2)).to_contain_text("迁出办成后才转递，这一步的时限还没有开始")
        expect(page.locator("dialog").first).to_be_hidden()
