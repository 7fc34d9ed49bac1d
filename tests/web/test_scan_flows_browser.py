"""The flows of the scanning tool in a real browser: the door with and without a network, bags, the hall's counter."""

import hashlib
import io
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import expect
from pypdf import PdfReader
from sqlalchemy import select

from domain.dossier import Contact
from domain.tasks import TaskKind
from logistics.holders import HolderKind
from logistics.tracking import make_s10
from parcels.scan_intake import ScanIntake
from storage.cases.rows import CaseEventRow
from storage.documents.store import DocumentRow
from storage.parcels.bags import BagRow, lines_of
from storage.parcels.code_checks import CodeCheckRow, at_hall, code_of, handing_of
from storage.parcels.legs import LegRow
from storage.parcels.papers import papers_of
from storage.parcels.scans import ScanEventRow, ScanProofRow
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow, open_task
from tests.unit.storage.casework import give_case
from tests.web.desks import WAIT_MS, desk_of
from tests.web.following import served_alone
from tests.web.looks import photographed
from tests.web.scanning import OTHER, OUTLET, RECORDS, device, parcels, sent, shown, waiting, wedge, without_network

pytestmark = pytest.mark.browser

PAPERS = [
    {"name": "居民身份证", "form": "original", "count": 1},
    {"name": "失业登记申请表", "form": "form", "count": 2},
]
LONG = "迁入地房屋所有权证或者公有住房租赁合同原件及全部共有人同意落户的书面说明"
SMALL = """
  () => [...document.querySelectorAll("#view :is(button, a.button, summary, input:not(.hush, [type=checkbox]))")]
    .filter((one) => one.checkVisibility())
    .map((one) => [one.textContent.trim() || one.id, one.getBoundingClientRect()])
    .filter(([, box]) => box.width < 56 || box.height < 56)
    .map(([name, box]) => `${name} ${box.width}x${box.height}`)
"""
"""What a thumb would miss: name and size of each."""

serials = iter(range(1, 1000))


@pytest.fixture(scope="module")
def base(office):
    with served_alone(office.app) as url:
        yield url


@contextmanager
def tool(chromium, base, name="courier", view="stops", outlet=OUTLET):
    """A phone on which somebody has logged in and opened one of the flows."""
    with desk_of(chromium, base) as desk:
        desk.page.set_viewport_size({"width": 360, "height": 640})
        desk.page.add_init_script(RECORDS)
        desk.log_in(name, "/window" if name == "clerk" else "/scan")
        desk.open(f"/scan?outlet={outlet}#{view}")
        shown(desk.page)
        yield desk


def at_a_door(office, leg="PICKUP", stage="ASSIGNED", **more):
    """A case of its own with a parcel; (case number, tracking number, leg id)."""
    serial = next(serials)
    case_no = office.start(serial, pickup=leg == "PICKUP", delivery=leg == "DELIVERY")["caseNo"]
    number, leg_id = make_s10("EA", 70_000_000 + serial), f"{case_no}-{leg}-1"
    contact = Contact(address=f"渝中区中山三路{serial}号12楼", contact_name="王秀兰", contact_phone=f"138{serial:08d}")
    now = datetime.now(UTC)
    values = {
        "leg_id": leg_id,
        "case_no": case_no,
        "handling_no": case_no,
        "leg": leg,
        "region": "500103",
        "tracking_no": number,
        "stage": stage,
        "state": {},
        "outlet_id": OUTLET,
        "courier_id": f"{OUTLET}-1",
        "lat": 29.5520,
        "lon": 106.5450,
        "ordered_at": now - timedelta(minutes=20),
        "planned_arrival_at": now + timedelta(minutes=serial),
        "deadline_at": now + timedelta(minutes=23),
        "manifest": PAPERS,
        "contact": office.app.state.context.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}"),
    }
    with office.database.write() as session:
        session.add(LegRow(**(values | more)))
    return case_no, number, leg_id


@pytest.fixture(autouse=True)
def put_away(office):
    """What was under way is over: the next test begins with its own."""
    yield
    with office.database.write() as session:
        for leg in session.scalars(select(LegRow).filter_by(ended_at=None)):
            leg.ended_at = datetime.now(UTC)


def code_for(office, leg_id):
    with office.database.read() as session:
        handing = handing_of(session.get_one(LegRow, leg_id))
    return code_of(office.handover_key(handing.case_no), handing)


def events(office, number):
    with office.database.read() as session:
        rows = session.scalars(select(ScanEventRow).filter_by(code=number).order_by(ScanEventRow.device_seq))
        return [(row.kind, row.payload) for row in rows]


def verdicts(office, leg_id):
    with office.database.read() as session:
        return [row.verdict for row in session.scalars(select(CodeCheckRow).filter_by(leg_id=leg_id))]


def open_tasks(office, kind, **of):
    with office.database.read() as session:
        return list(session.scalars(select(TaskRow).filter_by(kind=kind, resolved_at=None, **of)))


def told(page, press):
    """Press, and wait until the server has answered the scans that follow from it."""
    with page.expect_response("**/scans:batch"):
        page.click(press)
    uploaded(page)


def uploaded(page):
    expect(waiting(page)).to_have_text("已全部上传", timeout=WAIT_MS)


def keyed(page, code):
    for digit in code:
        page.click(f"[data-key='{digit}']")


def signed(page):
    pad = page.locator(".sign-pad")
    pad.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 70, steps=5)
    page.mouse.up()


def counted(page):
    for at in range(len(PAPERS)):
        page.click(f"#right-{at}")


def fits_a_thumb(page):
    assert page.evaluate(SMALL) == []


def to_the_code(page, number, seal=None):
    """From the card to the keypad: at the door, counted, document seen, label and seal scanned."""
    expect(page.locator("#stops .lead").first).to_be_visible()
    page.click("#arrived")
    counted(page)
    page.click("#next")
    page.click("#id-seen")
    wedge(page, number)
    expect(page.locator(".checks li").first).to_have_attribute("data-done", "true")
    if seal:
        expect(page.locator("#answer")).to_be_hidden()
        wedge(page, seal)
        expect(page.locator(".checks li").nth(1)).to_have_attribute("data-done", "true")
    page.click("#next")


def test_a_courier_at_the_door_without_a_network(chromium, base, office):
    _, number, leg_id = at_a_door(office)
    code = code_for(office, leg_id)
    with tool(chromium, base) as desk:
        page = desk.page
        expect(page.locator(".stop .lead")).to_contain_text("中山三路")
        expect(page.locator(".stop")).to_contain_text("王** · 尾号")
        expect(page.locator(".stop")).to_contain_text("剩 22 分")
        expect(page.locator(".stop")).to_contain_text("3 份材料 · 1 个办件")
        fits_a_thumb(page)
        photographed(page, "scan-stops")
        page.context.set_offline(True)
        page.click("#arrived")
        expect(page.locator("#step")).to_be_visible()
        expect(page.locator("#answer")).to_be_hidden()
        photographed(page, "scan-counting-open")
        page.click("#right-0")
        page.click("#less-1")
        expect(page.locator(".tally-lines li").nth(1)).to_have_attribute("data-state", "differs")
        page.locator("#photo-1").set_input_files({"name": "p.png", "mimeType": "image/png", "buffer": picture()})
        expect(page.locator(".tally-photo")).to_contain_text("已拍 1 张")
        fits_a_thumb(page)
        photographed(page, "scan-counting")
        page.click("#next")
        page.click("#id-seen")
        wedge(page, number)
        expect(page.locator(".checks li").first).to_have_attribute("data-done", "true")
        expect(page.locator("#answer")).to_be_hidden()
        wedge(page, "F7654321")
        expect(page.locator(".checks")).to_contain_text("封签 F7654321")
        expect(page.locator("#answer")).to_be_hidden()
        photographed(page, "scan-door")
        page.click("#next")
        keyed(page, code[:3])
        expect(page.locator("#next")).to_be_disabled()
        keyed(page, code[3:])
        fits_a_thumb(page)
        photographed(page, "scan-code")
        page.click("#next")
        signed(page)
        photographed(page, "scan-signature")
        page.click("#next")
        expect(page.locator(".warn-box")).to_contain_text("失业登记申请表：应有 2 份，数到 1 份")
        photographed(page, "scan-confirm-differs")
        page.click("#take")
        receipt = page.locator("#receipt")
        expect(receipt).to_contain_text(number)
        expect(receipt).to_contain_text("共 2 份")
        expect(page.locator("#answer")).to_be_hidden()
        photographed(page, "scan-receipt")
        assert code not in page.content()
        expect(waiting(page)).to_contain_text("待上传 2")
        page.click("#go-on")
        expect(page.locator("#stops")).to_contain_text("没有要上门的")
        expect(page.locator("#proofs")).to_have_text("2 张照片和签名存在本机，联网后上传")
        photographed(page, "scan-stops-empty")
        assert events(office, number) == []
        page.context.set_offline(False)
        uploaded(page)
        without_network(desk)
        (arrived, _), (kind, said) = events(office, number)
        assert (arrived, kind, said["sealNo"]) == ("ARRIVED_DOOR", "PICKED_UP", "F7654321")
        assert [line["count"] for line in said["manifest"]] == [1, 1]
        assert "handoverCode" not in said
        assert verdicts(office, leg_id) == ["RIGHT"]
        proofs_are_there(page, office, leg_id, 2)


def picture():
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(made, "PNG")
    return made.getvalue()


def proofs_are_there(page, office, leg_id, count):
    """Named by the scan, uploaded, gone from the device, and counted as evidence."""
    expect(page.locator("#proofs")).to_have_attribute("data-count", "0", timeout=WAIT_MS)
    context = office.app.state.context
    ScanIntake(office.database, context.now, lambda: None).note_proofs()
    with office.database.read() as session:
        rows = session.scalars(select(ScanProofRow).filter_by(leg_id=leg_id)).all()
        assert len(rows) == count
        assert all(row.uploaded_at is not None for row in rows)
        kinds = {session.get_one(DocumentRow, row.sha256).media_type for row in rows}
    assert kinds <= {"image/jpeg", "image/png"}
    for row in rows:
        assert hashlib.sha256(context.documents.read(row.sha256)).hexdigest() == row.sha256


def test_a_wrong_code_is_kept_and_never_silently_fine(chromium, base, office):
    _, number, leg_id = at_a_door(office)
    wrong = f"{(int(code_for(office, leg_id)) + 1) % 10**6:06}"
    with tool(chromium, base) as desk:
        page = desk.page
        to_the_code(page, number)
        keyed(page, wrong)
        page.click("#next")
        page.click("#sign-skip")
        page.click("#take")
        red = page.locator(".answer-bad")
        expect(red).to_contain_text("交接码不对", timeout=WAIT_MS)
        photographed(page, "scan-code-wrong")
        page.click(".answer-seen")
    assert verdicts(office, leg_id) == ["WRONG"]
    (task,) = open_tasks(office, TaskKind.CODE_WRONG, leg_id=leg_id)
    assert task.owner == "clerk"
    with office.database.read() as session:
        leg = session.get_one(LegRow, leg_id)
        assert (leg.stage, leg.state["picked_up"]["verified"]) == ("PICKED_UP", False)


def test_a_paper_that_is_missing_at_the_door_stops_the_case_and_everybody_reads_it(chromium, base, office):
    case_no, number, leg_id = at_a_door(office)
    names = listed(office, case_no, leg_id)
    with tool(chromium, base) as desk:
        page = desk.page
        page.click("#arrived")
        page.click("#less-0")
        page.click("#all-right")
        page.click("#next")
        page.click("#id-seen")
        page.click("#next")
        keyed(page, code_for(office, leg_id))
        page.click("#next")
        page.click("#sign-skip")
        expect(page.locator(".warn-box")).to_contain_text(f"{names[0]}：应有 1 份，数到 0 份")
        expect(page.locator("#take")).to_have_text("按实数收下")
        told(page, "#take")
        expect(page.locator("#receipt .differs")).to_contain_text(names[0])
        expect(page.locator("#answer")).to_be_hidden()
    kind, said = events(office, number)[-1]
    assert kind == "PICKED_UP"
    assert [line["count"] for line in said["manifest"]] == [0] + [1] * (len(names) - 1)
    assert all(line["paperNo"].startswith(case_no) for line in said["manifest"])
    (task,) = open_tasks(office, TaskKind.PAPERS_SHORT, leg_id=leg_id)
    assert [(p["name"], p["said"], p["counted"]) for p in task.data["papers"]] == [(names[0], 1, 0)]
    with desk_of(chromium, base) as desk:
        desk.log_in("clerk", "/window")
        expect(desk.open(f"/window/{case_no}").locator("main")).to_contain_text("请与申请人商定")
        page = desk.open("/track")
        page.fill("#caseNo", case_no)
        page.fill("#code", office.code(case_no))
        page.press("#code", "Enter")
        expect(page.locator(".lead")).to_have_text("商定以后，大厅接着办理，您现在不用跑。")
        expect(page.locator("section", has=page.locator("#counted"))).to_contain_text("应有 1 份，清点 0 份")
        photographed(page, "track-short")


def listed(office, case_no, leg_id):
    """The parcel's list is of the papers that the applicant has at home, as it is when a leg is booked; their names."""
    with office.database.write() as session:
        papers = [paper for paper in papers_of(session, case_no) if paper.place == HolderKind.APPLICANT]
        session.get_one(LegRow, leg_id).manifest = [
            {"name": p.name, "form": p.form, "count": p.there, "paper_no": p.paper_no, "pages": p.pages} for p in papers
        ]
        return [paper.name for paper in papers]


def test_a_label_that_is_not_ours_is_said_and_asked_about(chromium, base, office):
    _, number, leg_id = at_a_door(office, stage="PICKED_UP")
    forged = f"YZ1|{number}|PICKUP|00000000"
    with tool(chromium, base, view="scan") as desk:
        page = desk.page
        expect(page.locator("#card")).to_contain_text("更新")
        page.keyboard.insert_text(forged.replace("|", "｜"))  # as an input method gives it
        page.keyboard.press("Enter")
        page.click("#confirm")
        expect(page.locator(".answer-bad")).to_contain_text("标签不是大厅印的", timeout=WAIT_MS)
        photographed(page, "scan-label-wrong")
        page.click(".answer-seen")
    assert [kind for kind, _ in events(office, number)] == ["AT_OUTLET"]
    (task,) = open_tasks(office, TaskKind.DISCREPANCY, leg_id=leg_id)
    assert task.data["findings"] == ["LABEL_WRONG"]


def test_without_a_code_a_reason_is_said(chromium, base, office):
    _, number, leg_id = at_a_door(office, "DELIVERY", "OUT_FOR_DELIVERY", sign_self=True, seal_no="YZ0000001")
    with tool(chromium, base) as desk:
        page = desk.page
        to_the_code(page, number)
        expect(page.locator("#next")).to_be_disabled()
        page.click("#no-code")
        page.click("[data-reason=ID_SEEN]")
        fits_a_thumb(page)
        expect(page.locator("#answer")).to_be_hidden()
        photographed(page, "scan-no-code")
        page.click("#next")
        page.click("#sign-skip")
        told(page, "#take")
    kind, said = events(office, number)[-1]
    assert (kind, said["noCode"], said["signerKind"]) == ("DELIVERED", "ID_SEEN", "self")
    assert verdicts(office, leg_id) == []


def test_another_seal_than_the_parcel_was_closed_with_stops_the_hand(chromium, base, office):
    at_a_door(office, "DELIVERY", "OUT_FOR_DELIVERY", seal_no="YZ0000001")
    with tool(chromium, base) as desk:
        page = desk.page
        page.click("#arrived")
        counted(page)
        page.click("#next")
        wedge(page, "YZ9999999")
        expect(page.locator(".answer-bad")).to_contain_text("封签不符")
        page.click(".answer-seen")
        expect(page.locator(".checks li").nth(1)).to_have_attribute("data-done", "false")
        page.reload()  # what was counted outlives the page
        shown(page)
        expect(page.locator("#step")).to_have_attribute("data-step", "check")


def test_nobody_is_at_home(chromium, base, office):
    _, number, _ = at_a_door(office)
    with tool(chromium, base) as desk:
        page = desk.page
        page.click("#nobody")
        fits_a_thumb(page)
        photographed(page, "scan-nobody")
        told(page, "[data-note=NOBODY_HOME]")
        expect(page.locator("#stops")).to_contain_text("没有要上门的")
    assert [(kind, said["note"]) for kind, said in events(office, number)] == [("PICKUP_FAILED", "NOBODY_HOME")]


def test_a_household_is_one_stop_and_its_map_needs_no_service(chromium, base, office):
    one, other = at_a_door(office), at_a_door(office)
    at_a_door(office, deadline_at=datetime.now(UTC) - timedelta(minutes=7))
    with office.database.write() as session:
        first, second = (session.get_one(LegRow, leg_id) for leg_id in (one[2], other[2]))
        told = office.app.state.context.sealer.open(first.contact, f"leg/{first.leg_id}")
        second.contact = office.app.state.context.sealer.seal(told, f"leg/{second.leg_id}")
    with tool(chromium, base) as desk:
        page = desk.page
        expect(page.locator(".stop")).to_contain_text("6 份材料 · 2 个办件")
        expect(page.locator(".later li")).to_have_count(1)
        expect(page.locator(".later")).to_contain_text("已超 7 分")
        photographed(page, "scan-stops-household")
        page.click("#map")
        expect(page.locator(".district-map .map-pin")).to_have_count(2)
        expect(page.locator(".district-map")).to_contain_text("打铜街")
        fits_a_thumb(page)
        photographed(page, "scan-map")
        page.context.set_offline(True)
        page.click("#back")
        page.click("#map")
        expect(page.locator(".district-map .map-area")).to_be_visible()
        without_network(desk)


def test_a_long_day_and_a_thick_file_stay_readable(chromium, base, office):
    many = [{"name": f"{LONG}{at}", "form": "copy", "count": at + 1} for at in range(12)]
    _, number, _ = at_a_door(office, manifest=many, deadline_at=datetime.now(UTC) - timedelta(minutes=75))
    parcels(office, 30, first=950, stage="OUT_FOR_DELIVERY", courier_id=f"{OUTLET}-1")
    with tool(chromium, base) as desk:
        page = desk.page
        expect(page.locator(".later li")).to_have_count(20)  # a screen's worth; the rest comes as these are made
        expect(page.locator(".later h2")).to_contain_text("30 站")
        wedge(page, number)
        expect(page.locator(".left-late")).to_contain_text("已超 1 小时 15 分")
        expect(page.locator("#answer")).to_be_hidden()
        photographed(page, "scan-stops-full")
        page.click("#arrived")
        expect(page.locator(".tally-lines li")).to_have_count(12)
        expect(page.locator("#answer")).to_be_hidden()
        fits_a_thumb(page)
        photographed(page, "scan-counting-full")


def test_a_bag_cannot_be_closed_while_a_line_is_open(chromium, base, office):
    made = [at_a_door(office, stage="AT_OUTLET", outlet_id=OTHER) for _ in range(4)]
    numbers = [number for _, number, _ in made]
    stray = at_a_door(office, stage="AT_OUTLET")
    with tool(chromium, base, "outlet", "bags", OTHER) as desk:
        page = desk.page
        photographed(page, "scan-bags")
        page.click("[data-pack=hall]")
        page.context.set_offline(True)
        for at, number in enumerate(numbers[:2]):
            wedge(page, number)
            expect(page.locator("#bag-progress")).to_have_text(f"已扫 {at + 1} / 应扫 4")
        wedge(page, stray[1])
        expect(page.locator(".answer-bad")).to_contain_text("不是这里的件")
        page.click(".answer-seen")
        fits_a_thumb(page)
        photographed(page, "scan-bag-open")
        wedge(page, "F1234567")
        expect(page.locator(".answer-bad")).to_contain_text("还有 2 件没有扫")
        photographed(page, "scan-bag-refused")
        page.click(".answer-seen")
        assert device(page, "db.getAll('scans')") == []
        page.reload()  # what is in the bag outlives the page
        shown(page)
        expect(page.locator("#bag-progress")).to_have_text("已扫 2 / 应扫 4")
        wedge(page, numbers[2])
        expect(page.locator("#bag-progress")).to_have_text("已扫 3 / 应扫 4")
        page.click(f"[data-stay={numbers[3]}]")
        expect(page.locator("#bag-lead")).to_have_text("都齐了，扫封签封袋")
        wedge(page, "F1234567")
        expect(page.locator("#bag-label")).to_contain_text("已封袋")
        page.context.set_offline(False)
        uploaded(page)
        without_network(desk)
        expect(page.locator("#answer")).to_be_hidden()
        photographed(page, "scan-bag-closed")
    with office.database.read() as session:
        (bag,) = session.scalars(select(BagRow))
        assert (bag.origin, bag.destination, bag.seal_no, bag.expected) == (OTHER, "hall", "F1234567", 3)
        assert sorted(line.number for line in lines_of(session, [bag.bag_no])) == sorted(numbers[:3])
    label = office.call("GET", f"/api/v1/bags/{bag.bag_no}/label.pdf?size=60x40", "outlet")
    assert label.content.startswith(b"%PDF")
    opened_at_the_hall(chromium, base, office, bag.bag_no, numbers[:3], [leg_id for *_, leg_id in made])


def opened_at_the_hall(chromium, base, office, bag_no, numbers, leg_ids):
    with tool(chromium, base, "clerk", "bags", "hall") as desk:
        page = desk.page
        page.click(f"[data-open={bag_no}]")
        wedge(page, "F1234567")
        expect(page.locator("#bag-lead")).to_have_text("打开袋子，逐件扫描")
        for at, number in enumerate(numbers[:2]):
            wedge(page, number)
            expect(page.locator("#bag-progress")).to_have_text(f"已扫 {at + 1} / 应扫 3")
        expect(page.locator("#finish-bag")).to_have_text("报告缺 1 件")
        expect(page.locator("#answer")).to_be_hidden()
        photographed(page, "scan-bag-opening")
        told(page, "#finish-bag")
    (task,) = open_tasks(office, TaskKind.DISCREPANCY, leg_id=leg_ids[2])
    assert task.data["findings"] == ["BAG_SHORT"]
    with office.database.read() as session:
        stages = [session.get_one(LegRow, leg_id).stage for leg_id in leg_ids[:3]]
    assert stages == ["DELIVERED", "DELIVERED", "IN_TRANSIT"]


def test_the_hall_counts_papers_in(chromium, base, office):
    _, number, leg_id = at_a_door(office, stage="DELIVERED")
    with tool(chromium, base, "clerk", "counter", "hall") as desk:
        page = desk.page
        expect(page.locator("[data-take]")).to_have_count(1)
        photographed(page, "scan-counter")
        wedge(page, number)
        expect(page.locator(".tally-lines li")).to_have_count(2)
        expect(page.locator("#take-in")).to_be_disabled()
        page.click("#more-0")
        page.click("#right-1")
        expect(page.locator("#take-in")).to_have_text("按实数入厅")
        expect(page.locator("#answer")).to_be_hidden()
        fits_a_thumb(page)
        photographed(page, "scan-counter-counting")
        told(page, "#take-in")
        expect(page.locator("#receipt")).to_contain_text("清点回执")
    kind, said = events(office, number)[-1]
    assert (kind, [line["count"] for line in said["manifest"]]) == ("HALL_CHECKED", [2, 2])
    assert open_tasks(office, TaskKind.DISCREPANCY, leg_id=leg_id)


def waits_at_the_hall(office):
    case_no = office.start(next(serials))["caseNo"]
    with office.database.write() as session:
        open_task(session, key=f"{case_no}/c/1", kind=TaskKind.COLLECT_AT_HALL, now=datetime.now(UTC), case_no=case_no)
    return case_no


def test_an_applicant_collects_with_the_code_of_his_page(chromium, base, office):
    case_no = waits_at_the_hall(office)
    code = code_of(office.handover_key(case_no), at_hall(case_no, 1))
    with tool(chromium, base, "clerk", "counter", "hall") as desk:
        page = desk.page
        page.click(f"[data-give='{case_no}']")
        keyed(page, f"{(int(code) + 1) % 10**6:06}")
        fits_a_thumb(page)
        photographed(page, "scan-counter-give")
        page.click("#give-out")
        expect(page.locator(".answer-bad")).to_contain_text("交接码不对", timeout=WAIT_MS)
        page.click(".answer-seen")
        keyed(page, code)
        signed(page)
        page.click("[data-signer=agent]")  # pressed by mistake: what was signed stays
        page.click("[data-signer=self]")
        expect(page.locator("[data-signer=self]")).to_have_attribute("aria-pressed", "true")
        page.click("#give-out")
        expect(page.locator("#receipt")).to_contain_text("领取回执")
        desk.faults[:] = [fault for fault in desk.faults if "422" not in fault]  # the refusal, as the browser logs it
    with office.database.read() as session:
        event = session.scalar(select(CaseEventRow).filter_by(case_no=case_no, kind="COLLECTED_BY"))
        assert (event.data["signer"], event.data["code"]) == ("self", "RIGHT")
        (signature,) = event.data["proofs"]
        assert session.scalar(select(UpdateRow).filter_by(update_id=f"{case_no}-handed-over")) is not None
    assert office.call("GET", f"/api/v1/documents/{signature}", "clerk").headers["content-type"] == "image/png"


def test_the_applicant_reads_his_code_and_the_receipt_prints_it(chromium, base, office):
    case_no, _, leg_id = at_a_door(office)
    code = code_for(office, leg_id)
    with desk_of(chromium, base) as desk:
        page = desk.open("/track")
        page.fill("#caseNo", case_no)
        page.fill("#code", office.code(case_no))
        page.press("#code", "Enter")
        expect(page.locator(".handover-code")).to_have_text(f"{code[:3]} {code[3:]}")
        photographed(page, "track-handover-code")
    for role, has in (("clerk", True), ("auditor", False)):
        data = office.call("GET", f"/api/v1/cases/{case_no}/receipt.pdf", role).content
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
        assert (f"{code[:3]} {code[3:]}" in text) is has


def test_an_address_is_placed_on_the_map_with_keys_or_a_tap(chromium, base, office):
    case_no, _, leg_id = at_a_door(office, lat=None, lon=None, outlet_id=None)
    with office.database.write() as session:
        open_task(
            session,
            key=f"{leg_id}/place",
            kind=TaskKind.PLACE_ADDRESS,
            now=datetime.now(UTC),
            case_no=case_no,
            handling_no=case_no,
            leg_id=leg_id,
        )
    with desk_of(chromium, base) as desk:
        desk.log_in("outlet", "/scan")
        page = desk.open("/scan/tasks")
        page.locator("summary", has_text="处理").first.click()
        chart = page.locator("svg.district-map")
        expect(chart.locator(".map-area")).to_be_visible()
        chart.focus()
        page.keyboard.press("ArrowRight")
        first = page.input_value("[name='point.lon']")
        page.keyboard.press("+")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Shift+ArrowRight")
        assert float(page.input_value("[name='point.lon']")) > float(first)
        chart.click(position={"x": 150, "y": 100})
        tapped = page.input_value("[name='point.lat']")
        photographed(page, "scan-placing")
        page.fill("[name=reason]", "电话核实")
        page.locator("form[data-api*=resolve] button.main").click()
        expect(page.locator("svg.district-map")).to_have_count(0, timeout=WAIT_MS)
    with office.database.read() as session:
        leg = session.get_one(LegRow, leg_id)
        assert leg.lat == pytest.approx(float(tapped))


def test_every_odd_code_gets_a_kind_word_and_nothing_is_lost(chromium, base, office):
    """Unknown, another outlet's, of a case that nobody knows, no parcel at all: recorded anyway where it can be."""
    _, mine, _ = at_a_door(office, stage="AT_OUTLET")
    _, theirs, _ = at_a_door(office, stage="AT_OUTLET", outlet_id=OTHER)
    (nobodys,) = parcels(office, 1, first=999, stage="AT_OUTLET")
    unknown, odd = make_s10("EB", 4_711), "https://example.com/?q=1"
    with tool(chromium, base, view="scan") as desk:
        page = desk.page
        expect(page.locator("#card")).to_contain_text("更新")
        for code, title in ((unknown, "没有这个邮件"), (theirs, "不是本站邮件"), (odd, "没有这个邮件")):
            page.keyboard.insert_text(code)
            page.keyboard.press("Enter")
            expect(page.locator(".answer-bad .answer-title")).to_have_text(title)
            page.click(".answer-also")
            page.click("#more-stages")
            page.click("[data-kind=DAMAGED]")
            with page.expect_response("**/scans:batch") as answer:
                page.click("#confirm")
            assert answer.value.status == 200
            uploaded(page)
        for code in (nobodys, mine):
            wedge(page, code)
            page.click("#more-stages")
            page.click("[data-kind=DAMAGED]")
            with page.expect_response("**/scans:batch") as answer:
                page.click("#confirm")
            assert answer.value.status == 200
            expect(waiting(page)).to_contain_text("待上传 1 ")  # the one of which nothing can be made yet
        sent(page, mine)
        for code in (unknown, theirs, mine, odd.upper()):
            assert [kind for kind, _ in events(office, code)] == ["DAMAGED"], code
        page.click("#sync")
        expect(page.locator("#view")).to_contain_text("系统没能记录，留在本机，稍后自动再试")
        photographed(page, "scan-fault")
        (task,) = open_tasks(office, TaskKind.SCANS_SET_ASIDE)
        assert task.data["count"] == 1
        with office.database.write() as session:
            give_case(session, session.scalars(select(LegRow.case_no).filter_by(tracking_no=nobodys)).one())
        page.get_by_role("button", name="现在上传").click()
        uploaded(page)
    assert [kind for kind, _ in events(office, nobodys)] == ["DAMAGED"]
