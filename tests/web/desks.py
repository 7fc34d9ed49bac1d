"""A person at a browser: what goes wrong in it counts; and what a clerk does again and again."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import expect

from demo.people import applicant
from demo.scans import SCAN

WAIT_MS = 30_000
NARROW = {"width": 360, "height": 640}
WIDE = {"width": 1280, "height": 900}


@dataclass
class Desk:
    """One person's browser, and what went wrong in it."""

    page: object
    base: str
    faults: list[str] = field(default_factory=list)

    def open(self, path):
        self.page.goto(self.base + path)
        return self.page

    def log_in(self, name, start):
        self.open("/")
        self.page.fill("#username", name)
        self.page.fill("#password", "demo")
        self.page.click("button.main")
        self.page.wait_for_url(f"{self.base}{start}")
        return self.page

    def new_case(self):
        """A clerk's page for a new case."""
        self.log_in("clerk", "/window")
        return self.open("/window/new")


@contextmanager
def desk_of(chromium, base, **more):
    context = chromium.new_context(locale="zh-CN", viewport=WIDE, **more)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    opened = Desk(page, base)
    page.on("console", lambda m: opened.faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: opened.faults.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((base, "data:")) else opened.faults.append(r.url))
    yield opened
    context.close()
    assert opened.faults == [], opened.faults


def choose(page, box, text, title):
    """As a clerk does: type, see the list, take the first with Enter."""
    page.fill(box, "")
    page.type(box, text)
    expect(page.locator(f"{box} ~ [role=listbox] [role=option]").first).to_contain_text(title, timeout=WAIT_MS)
    page.press(box, "Enter")


def fill_case(page, number, item, region, place):
    choose(page, "#item", item, "")
    expect(page.locator(".material").first).to_be_visible()
    page.click("#all-there")
    choose(page, "#place-0", region, place)
    expect(page.locator(".route.good")).to_be_visible()
    person = applicant(number, "personal")
    page.fill("#applicant-name", person["name"])
    page.fill("#applicant-id", person["idNumber"])
    page.fill("#applicant-phone", person["phone"])
    if item == "YZ-HRSS-001":
        tell_unemployment(page)
        expect(page.locator(".material").first).to_be_visible()
        page.click("#all-there")
    bring_files(page)


def scan(name="scan.pdf", data=SCAN, kind="application/pdf"):
    return {"name": name, "mimeType": kind, "buffer": data}


def bring_files(page):
    """The file of each material that travels electronically."""
    for row in page.locator(".material").all():
        if row.locator("select").input_value() == "electronic":
            row.locator("input[type=file][multiple]").set_input_files(scan())
            expect(row.locator(".files li")).to_have_count(1)
    expect(page.locator("upload-field:not([hidden]) [role=status]:not(:empty)")).to_have_count(0)


FORM = "form.answers"


def told(page, values):
    """Fields of the item's form by their key; those that are picked from a list begin with `=`."""
    for key, value in values.items():
        field = page.locator(f"[name='{FORM}.values.{key}']")
        field.select_option(value[1:]) if value.startswith("=") else field.fill(value)


def tell_unemployment(page):
    page.select_option(f"[name='{FORM}.situation']", "ended")
    told(page, {"unemployedOn": "2026-06-30", "formerEmployer": "解放碑百货", "endReason": "=合同期满"})
    told(page, {"household": "=城镇", "education": "=本科", "health": "=健康", "livingAddress": "中山三路1号"})
    choose(page, "#f-form-answers-values-livingRegion", "重庆市渝中", "重庆市渝中区")
    told(page, {"wantsJob": "=false", "wantsTraining": "=true"})


def to_its_page(page):
    """From the page after a registration to the case's own; its number."""
    page.wait_for_url("**/window/500103*/done")
    page.click("#case")
    page.wait_for_url("**/window/500103*")
    return page.url.rsplit("/", 1)[1]
