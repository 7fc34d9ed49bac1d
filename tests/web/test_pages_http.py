"""Pages without a browser: who sees which, what the cookie is worth, what is sent along, no script in the page."""

import hashlib
import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from domain.dossier import Contact
from domain.tasks import TaskKind
from domain.terms import Role
from storage.parcels.legs import LegRow
from storage.tasks.rows import open_task
from web.pages.rendering import START

PAGES = [
    "/window",
    "/window/new",
    "/officer",
    "/scan",
    "/scan?outlet=hall",
    "/supervisor",
    "/partner",
    "/status",
    "/track",
    "/login",
]
ROLE_OF = {"/window": "clerk", "/window/new": "clerk", "/officer": "officer", "/scan": "outlet", "/status": "operator"}
STATIC = Path(str(resources.files("web"))) / "static"


@pytest.fixture
def browser(office):
    """Cookies are kept, every unsafe request says where it comes from."""

    class Browser:
        def get(self, path):
            return office.client.get(path)

        def post(self, path, origin="http://kuayu.test", **more):
            headers = {"Origin": origin} if origin else {}
            return office.client.post(path, headers=headers, **more)

        def log_in(self, name, **more):
            office.client.cookies.clear()
            return self.post("/login", data={"username": name, "password": "demo", **more})

    office.client.cookies.clear()
    yield Browser()
    office.client.cookies.clear()


@pytest.mark.parametrize("role", Role)
def test_each_role_begins_where_its_work_is(browser, role):
    answer = browser.log_in(role.value)
    assert (answer.status_code, answer.headers["location"]) == (303, START[role])
    assert browser.get("/").headers["location"] == START[role]
    assert browser.get(START[role]).status_code == 200


def test_a_login_goes_on_to_where_one_wanted_to_go(browser):
    asked = browser.get("/window?q=身份证")
    assert asked.headers["location"].startswith("/login?next=%2Fwindow%3Fq")
    assert browser.log_in("clerk", next="/window?q=1").headers["location"] == "/window?q=1"


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:x", "/a\nb"])
def test_a_login_never_leads_to_another_site(browser, elsewhere):
    assert browser.log_in("clerk", next=elsewhere).headers["location"] == "/window"


def test_a_wrong_password_keeps_the_name_and_says_so(browser):
    answer = browser.post("/login", data={"username": "<b>clerk", "password": "no"})
    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text
    assert "错误：" in answer.text
    assert 'value="&lt;b&gt;clerk"' in answer.text


def test_the_cookie_is_strict_and_secure_behind_https(office, browser):
    plain = browser.log_in("clerk").headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=strict" in plain
    assert "Secure" not in plain
    office.client.cookies.clear()
    answer = office.client.post(
        "https://kuayu.test/login",
        data={"username": "clerk", "password": "demo"},
        headers={"Origin": "https://kuayu.test"},
    )
    assert "Secure" in answer.headers["set-cookie"]


def test_after_leaving_the_cookie_is_worth_nothing(office, browser):
    browser.log_in("clerk")
    cookie = office.client.cookies["kuayu_session"]
    assert browser.post("/logout").headers["location"] == "/login"
    office.client.cookies.set("kuayu_session", cookie, domain="kuayu.test")
    assert browser.get("/window").status_code == 303


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://kuayu.test.evil.test", None])
def test_another_site_cannot_act_with_our_cookie(office, browser, origin):
    browser.log_in("clerk")
    case_no = office_case(office)
    relogin(office, browser)
    before = office.rows()
    path = f"/api/v1/cases/{case_no}/withdraw"
    answer = browser.post(path, origin=origin, json={"reason": "x"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "ORIGIN"
    assert office.rows() == before


def relogin(office, browser):
    assert browser.log_in("clerk").status_code == 303


def office_case(office):
    return office.start(1)["caseNo"]


def test_our_own_pages_may_act_with_the_cookie(office, browser):
    case_no = office_case(office)
    relogin(office, browser)
    answer = office.client.post(
        f"/api/v1/cases/{case_no}/withdraw",
        json={"reason": "不办了"},
        headers={"Origin": "http://kuayu.test", "Idempotency-Key": "page-0001"},
    )
    assert answer.status_code == 202


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_chinese_and_has_no_script_in_it(office, browser, path):
    browser.log_in(ROLE_OF.get(path.split("?")[0], "supervisor"))
    answer = browser.get(path)
    assert answer.status_code == 200
    assert '<html lang="zh-CN">' in answer.text
    assert re.findall(r"<script(?![^>]*\bsrc=)", answer.text) == []
    assert re.findall(r"\son[a-z]+=|\sstyle=|<style|javascript:", answer.text) == []
    assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', answer.text)) <= {
        office.app.state.context.settings.temporal_ui_url
    }
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_case_s_page_shows_it_masked(office, browser):
    case_no = office.start(3)["caseNo"]
    browser.log_in("clerk")
    page = browser.get(f"/window/{case_no}").text
    assert case_no in page
    assert "已登记" in page
    assert "13800000003" not in page
    assert "138****0003" in page
    assert "申请撤回" in page
    part = browser.get(f"/window/{case_no}/live").text
    assert "<html" not in part
    assert "已登记" in part
    browser.log_in("auditor")
    assert "申请撤回" not in browser.get(f"/window/{case_no}").text


@pytest.mark.parametrize("number", ["", "渝〔2026〕1号"])
def test_a_result_is_shown_with_or_without_a_number(office, browser, number):
    case_no = office.start(7)["caseNo"]
    office.change(
        case_no, lambda row: setattr(row, "result", {"name": "某某证", "form": "paper", "document_no": number})
    )
    browser.log_in("clerk")
    assert f"结果：某某证 {number}" in browser.get(f"/window/{case_no}").text


def test_an_unknown_case_is_said_kindly(browser):
    browser.log_in("clerk")
    answer = browser.get("/window/5001")
    assert answer.status_code == 404
    assert "没有这个办件" in answer.text


def test_the_officer_s_page_offers_only_what_may_follow(office, browser):
    handling_no = office.submitted(4)
    browser.log_in("officer")
    assert f'href="/officer/{handling_no}"' in browser.get("/officer").text
    page = browser.get(f"/officer/{handling_no}").text
    assert re.findall(r'name="event" value="([A-Z_]+)"', page) == [
        "RECEIVED",
        "ACCEPTED",
        "NOT_ACCEPTED",
        "NEED_SUPPLEMENT",
    ]


def test_who_places_an_address_can_read_it_and_cannot_open_the_case(office, browser):
    case_no = office.start(6, delivery=True)["caseNo"]
    leg_id = f"{case_no}-DELIVERY-1"
    contact = Contact(address="渝中区某某巷 7 号", contact_name="李小明", contact_phone="13800000006")
    context = office.app.state.context
    with office.database.write() as session:
        session.add(
            LegRow(
                leg_id=leg_id,
                case_no=case_no,
                handling_no=case_no,
                leg="DELIVERY",
                region="500103",
                stage="ORDERED",
                contact=context.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}"),
                ordered_at=context.now(),
            )
        )
        open_task(session, key="place", kind=TaskKind.PLACE_ADDRESS, case_no=case_no, leg_id=leg_id, now=context.now())
    browser.log_in("outlet")
    page = browser.get("/scan/tasks").text
    assert "渝中区某某巷 7 号" in page
    assert 'name="point.lat"' in page
    assert f'href="/window/{case_no}"' not in page
    browser.log_in("auditor")
    assert "渝中区某某巷 7 号" not in browser.get("/supervisor").text


def test_an_applicant_follows_without_scripts_and_in_few_bytes(office, browser):
    case_no = office.start(5)["caseNo"]
    office.client.cookies.clear()
    page = browser.get(f"/track?caseNo={case_no}")
    assert f'value="{case_no}"' in page.text
    entered = browser.post("/track", data={"caseNo": f" {case_no.lower()} ", "code": office.code(case_no)})
    assert (entered.status_code, entered.headers["location"]) == (303, "/track")
    found = browser.get("/track")
    assert found.status_code == 200
    assert "<h1>大厅已登记您的申请，等材料收齐核对。</h1>" in found.text
    assert "<script" not in page.text + found.text
    sheets = re.findall(r'href="/static/(css/[a-z]+\.css)"', found.text)
    assert len(found.content) + sum((STATIC / sheet).stat().st_size for sheet in sheets) < 60_000
    wrong = browser.post("/track", data={"caseNo": case_no, "code": "0005"})
    assert wrong.status_code == 404
    assert "没有查到" in wrong.text


def test_what_is_served_of_others_is_what_they_published():
    listed = tomllib.loads((STATIC / "vendor/VENDOR.toml").read_text("utf-8"))
    hashes = {name: digest for entry in listed.values() for name, digest in entry["sha256"].items()}
    there = {
        str(file.relative_to(STATIC / "vendor")): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (STATIC / "vendor").rglob("*")
        if file.is_file() and file.name != "VENDOR.toml"
    }
    assert there == hashes


def test_enter_is_never_read_without_asking_the_input_method():
    """An Enter that confirms a Chinese candidate must not send anything."""
    raw = re.compile(r"""key\s*===?\s*["']Enter["']""")
    for file in (STATIC / "js").rglob("*.js"):
        for line in file.read_text("utf-8").splitlines():
            if raw.search(line):
                assert "isImeKey" in line, f"{file.name}: {line.strip()}"
