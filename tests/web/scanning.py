"""An outlet's work and a person who scans it: parcels made in the database, a browser that records what it is told."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from weakref import WeakKeyDictionary

from playwright.sync_api import expect
from sqlalchemy import select

from domain.dossier import Contact
from domain.identifiers import make_case_number
from logistics.tracking import make_s10
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow
from tests.web.desks import NARROW, WAIT_MS, desk_of

OUTLET, OTHER = "shiyoulu", "datongjie"
PEOPLE = ("王秀兰", "李建国", "古丽·买买提", "欧阳晓燕")
DOORS = (
    "渝中区中山三路131号希尔顿商务中心12楼",
    "渝中区民权路28号英利国际3楼",
    "渝中区石油路1号",
    "渝中区大坪正街19号",
)
RECORDS = """
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.heard.push(["tone", this.frequency.value, performance.now()]);
    return start.apply(this, when);
  };
  Navigator.prototype.vibrate = (pattern) => { window.heard.push(["shake", pattern, performance.now()]); return true; };
"""
"""What a person would hear and feel, in the order in which it came."""


def parcel_number(serial):
    """The tracking number of the `serial`th parcel made here."""
    return make_s10("EA", 50_000_000 + serial)


def parcels(office, count, *, outlet=OUTLET, leg="DELIVERY", stage="AT_DEST_OUTLET", first=0, **more):
    """So many parcels of an outlet, each of a case of its own number; their tracking numbers."""
    with office.database.write() as session:
        session.add_all(_leg(office, serial, outlet, leg, stage, more) for serial in range(first, first + count))
    return [parcel_number(serial) for serial in range(first, first + count)]


def _leg(office, serial, outlet, leg, stage, more):
    context = office.app.state.context
    case_no = make_case_number("500103", date(2026, 11, 2), serial + 1)
    leg_id = f"{case_no}-{leg}-1"
    contact = Contact(
        address=DOORS[serial % len(DOORS)],
        contact_name=PEOPLE[serial % len(PEOPLE)],
        contact_phone=f"138{serial:08d}",
    )
    values = {
        "leg_id": leg_id,
        "case_no": case_no,
        "handling_no": case_no,
        "leg": leg,
        "region": "500103",
        "tracking_no": parcel_number(serial),
        "stage": stage,
        "outlet_id": outlet,
        "ordered_at": datetime.now(UTC),
        "deadline_at": datetime.now(UTC) + timedelta(hours=1),
        "planned_arrival_at": datetime.now(UTC) + timedelta(minutes=serial),
        "state": {},
        "contact": context.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}"),
        "manifest": [
            {"name": "户口簿", "form": "original", "count": 1},
            {"name": "申请表", "form": "form", "count": 2},
        ],
    }
    return LegRow(**(values | more))


def cancelled(office, serial):
    """A parcel of the outlet that the applicant has called off."""
    (number,) = parcels(office, 1, first=serial, stage="CANCELLED", ended_at=datetime.now(UTC), outcome="CANCELLED")
    return number


def stored(office):
    """Events in the log, as (said id, code, kind), in the order in which they came."""
    with office.database.read() as session:
        rows = session.scalars(select(ScanEventRow).order_by(ScanEventRow.recorded_at, ScanEventRow.device_seq)).all()
        return [(row.said_id, row.code, row.kind) for row in rows]


@contextmanager
def scanner(chromium, base, name="courier", outlet=OUTLET, *, logs_in=False, **more):
    """A phone on which somebody has opened the tool; having no network is no fault of the page.

    `logs_in`: with a session of its own, for who logs out again.
    """
    known = {} if logs_in else {"storage_state": logged_in(chromium, base, name)}
    with desk_of(chromium, base, **known, **more) as desk:
        desk.page.set_viewport_size(NARROW)
        desk.page.add_init_script(RECORDS)
        if logs_in:
            desk.log_in(name, "/scan")
        look_at(desk, outlet)
        yield desk
        desk.page.context.close()
        desk.faults[:] = [fault for fault in desk.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def logged_in(chromium, base, name):
    """The cookies of somebody who has logged in, once per browser: every phone after the first begins with them."""
    known = _sessions.setdefault(chromium, {})
    if (base, name) not in known:
        with desk_of(chromium, base) as desk:
            desk.log_in(name, "/scan")
            known[base, name] = {"cookies": desk.page.context.cookies(), "origins": []}
    return known[base, name]


_sessions = WeakKeyDictionary()


def open_tool(desk, name="courier", outlet=OUTLET):
    desk.log_in(name, "/scan")
    look_at(desk, outlet)


def look_at(desk, outlet):
    """The tool at a place, as far as it knows who has opened it."""
    desk.open(f"/scan?outlet={outlet}#scan" if outlet else "/scan#scan")
    shown(desk.page)
    if outlet:
        expect(desk.page.locator("#card")).to_contain_text("更新")


def shown(page):
    expect(page.locator("html[data-ready]")).to_have_count(1, timeout=WAIT_MS)
    expect(page.locator("#code")).to_be_focused()


def wedge(page, code, suffix="Enter"):
    """As a scanner that is a keyboard: a key down and up per character, then what it is set to send behind."""
    for character in code:
        page.keyboard.press("Space" if character == " " else character)
    if suffix:
        page.keyboard.press(suffix)


def waiting(page):
    """What the header says."""
    return page.locator("#waiting")


def sent(page, number):
    """The last scan of a parcel is at the server."""
    last = page.locator("#lately li", has_text=number).first
    expect(last).to_have_attribute("data-state", "sent", timeout=WAIT_MS)


def without_network(desk):
    """Failed requests are no faults of the page while there is no network."""
    desk.faults[:] = [fault for fault in desk.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def device(page, expression):
    """Something of the device's own database: `expression` of `db` (idb)."""
    return page.evaluate(
        f"""async () => {{
          const {{ openDB }} = await import("/static/vendor/idb/index.js");
          const db = await openDB("kuayu-scan");
          try {{ return await ({expression}); }} finally {{ db.close(); }}
        }}"""
    )
