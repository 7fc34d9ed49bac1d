"""Parcels over HTTP: labels that are read again, hand-over by two people, couriers and outlets that change."""

from io import BytesIO
from uuid import uuid4

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from domain.dossier import Contact
from domain.terms import Leg, Role
from logistics.label_code import LabelCode, code_text
from parcels.outlets import seed_couriers
from runtime.container import label_key
from storage.parcels.legs import CourierRow, LegRow
from tests.unit.web.hall import case_body

NUMBER = "EB000717618HK"
BOOK = {"name": "户口簿", "form": "original", "count": 1}
ADDRESS = "重庆市渝中区中山三路131号希尔顿商务中心3栋12-3"


@pytest.fixture
def case_no(hall):
    return hall.started(case_body())


@pytest.fixture
def parcel(hall, case_no):
    """Books a leg as its workflow would."""
    with hall.database.write() as session:
        seed_couriers(session)

    def book(leg=Leg.PICKUP, number=NUMBER, **more):
        leg_id = f"{case_no}-{leg}-1"
        contact = Contact(address=ADDRESS, contact_name="欧阳小明", contact_phone="13800001234")
        fields = {
            "leg_id": leg_id,
            "case_no": case_no,
            "handling_no": case_no,
            "leg": leg,
            "region": "510104" if leg in (Leg.FORWARD, Leg.BACK) else "500103",
            "tracking_no": number,
            "seal_no": "YZ0000007" if leg in (Leg.FORWARD, Leg.DELIVERY) else None,
            "stage": "ASSIGNED",
            "epoch": 1,
            "state": {},
            "manifest": [BOOK],
            "ordered_at": hall.now,
            "outlet_id": "daping",
            "courier_id": "daping-1",
            "lat": 29.54,
            "lon": 106.518,
        }
        if leg in (Leg.PICKUP, Leg.DELIVERY):
            fields["contact"] = hall.context.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}")
        with hall.database.write() as session:
            session.add(LegRow(**fields | more))
        return leg_id

    return book


def label(hall, number=NUMBER, role=Role.CLERK, **query):
    return hall.as_(role).get(f"/api/v1/parcels/{number}/label.pdf", params=query)


def decoded(png):
    return {found.text for found in zxingcpp.read_barcodes(Image.open(BytesIO(png)).convert("L"))}


@pytest.mark.parametrize("leg", list(Leg))
@pytest.mark.parametrize("number", [NUMBER, "1272448151316"])
def test_a_waybill_is_read_again_at_203_dpi(hall, parcel, leg, number):
    parcel(leg, number)
    png = label(hall, number, format="png")
    assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
    assert Image.open(BytesIO(png.content)).size == (608, 1040)
    key = label_key(hall.context.settings)
    code = LabelCode(number=number, leg=leg)
    assert decoded(png.content) == {number, code_text(code, key)}


def test_a_label_names_nobody_in_full(hall, parcel):
    parcel(Leg.DELIVERY)
    answer = label(hall)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    (page,) = PdfReader(BytesIO(answer.content)).pages
    width, height = (round(float(side) / 72 * 25.4) for side in (page.mediabox.width, page.mediabox.height))
    assert (width, height) == (76, 130)
    said = page.extract_text()
    assert "138****1234" in said and "大坪网点" in said
    for hidden in ("欧阳小明", "13800001234", "131号", "户口簿"):
        assert hidden not in said


def test_the_dossiers_seal_is_read_again(hall, parcel):
    parcel(Leg.FORWARD)
    png = label(hall, kind="seal", format="png").content
    key = label_key(hall.context.settings)
    assert decoded(png) == {"YZ0000007", code_text(LabelCode(number=NUMBER, leg=Leg.FORWARD), key)}


def test_a_label_that_cannot_be_printed_says_why(hall, parcel):
    parcel(Leg.PICKUP)
    assert label(hall, kind="seal").json()["code"] == "NO_SEAL"
    assert label(hall, "9999999999999").status_code == 404
    assert label(hall, kind="poster").status_code == 422
    assert label(hall, role=Role.AUDITOR).status_code == 403


def say(hall, role, side, giver, taker, manifest=(BOOK,), **more):
    body = {"side": side, "fromParty": giver, "toParty": taker, "manifest": list(manifest), **more}
    headers = {"Idempotency-Key": uuid4().hex}
    return hall.as_(role).post(f"/api/v1/parcels/{NUMBER}/handover", json=body, headers=headers)


def scanned(hall, kind, sequence, **more):
    event = {
        "eventId": f"daping-1-{sequence:04d}",
        "deviceSeq": sequence,
        "occurredAt": hall.now.isoformat(),
        "kind": kind,
        "code": NUMBER,
        **more,
    }
    body = {"deviceId": "daping-1", "events": [event]}
    return hall.as_(Role.COURIER).post("/api/v1/scans:batch", json=body).json()["results"][0]["result"]


def test_from_the_courier_to_the_hall_both_confirm(hall, parcel):
    parcel(Leg.PICKUP)
    assert scanned(hall, "PICKED_UP", 1, manifest=[BOOK]) == "accepted"
    first = say(hall, Role.COURIER, "from", "daping-1", "hall")
    assert (first.status_code, first.json()["confirmed"]) == (202, False)
    second = say(hall, Role.CLERK, "to", "daping-1", "hall", manifest=())
    assert second.json() == {"number": 1, "confirmed": True, "holder": None, "findings": ["PAPERS_DIFFER"]}
    shown = hall.as_().get(f"/api/v1/parcels/{NUMBER}").json()
    assert shown["stage"] == "DELIVERED"
    assert [h["confirmed"] for h in shown["handovers"]] == [True]
    kinds = [task["kind"] for task in hall.as_().get("/api/v1/tasks").json()["tasks"]]
    assert "DISCREPANCY" in kinds


@pytest.mark.parametrize(
    ("role", "side", "giver", "taker", "status"),
    [
        (Role.COURIER, "to", "daping-1", "hall", 403),  # the hall speaks for itself
        (Role.CLERK, "from", "daping-1", "hall", 403),
        (Role.OUTLET, "to", "daping-1", "daping", 202),
        (Role.COURIER, "from", "daping-1", "nowhere", 404),
        (Role.COURIER, "from", "daping-1", "daping-1", 422),
    ],
)
def test_each_side_speaks_for_itself(hall, parcel, role, side, giver, taker, status):
    parcel(Leg.PICKUP)
    assert say(hall, role, side, giver, taker).status_code == status


def test_a_case_shows_where_its_papers_are(hall, parcel, case_no):
    before = hall.as_().get(f"/api/v1/cases/{case_no}").json()["papers"]
    assert before and {paper["holder"]["label"] for paper in before} == {"区政务服务大厅"}
    name = before[0]["name"]
    parcel(Leg.DELIVERY, manifest=[{"name": name, "form": before[0]["form"], "count": 1}])
    assert scanned(hall, "PICKED_UP", 1) == "accepted"
    after = hall.as_().get(f"/api/v1/cases/{case_no}").json()["papers"]
    moved = [paper for paper in after if paper["name"] == name and paper["form"] == before[0]["form"]]
    assert [paper["holder"] for paper in moved] == [{"kind": "courier", "id": "daping-1", "label": "投递员 daping-1"}]


def test_an_ill_courier_is_taken_off_duty_by_his_outlet(hall, parcel):
    leg_id = parcel(Leg.PICKUP)
    answer = hall.as_(Role.OUTLET).patch("/api/v1/couriers/daping-1", json={"onDuty": False})
    assert (answer.status_code, answer.json()["onDuty"], answer.json()["available"]) == (200, False, False)
    with hall.database.read() as session:
        assert session.get(CourierRow, "daping-1").off_since == hall.now
        from storage.pending_updates import UpdateRow

        assert [row.workflow_id for row in session.query(UpdateRow).filter_by(name="task_resolved")] == [
            f"leg-{leg_id}"
        ]
    assert hall.as_(Role.COURIER).patch("/api/v1/couriers/daping-1", json={"onDuty": True}).status_code == 403
    assert hall.as_(Role.OUTLET).patch("/api/v1/couriers/nobody", json={"onDuty": True}).status_code == 404
    back = hall.as_(Role.SUPERVISOR).patch("/api/v1/couriers/daping-1", json={"onDuty": True}).json()
    assert (back["onDuty"], back["available"]) == (True, True)


def test_an_outlet_as_changed_is_what_everybody_reads(hall):
    keeper = hall.as_(Role.OUTLET)
    change = {"hours": ["08:30-12:00", "13:00-17:30"], "lat": 29.55, "lon": 106.55, "datum": "GCJ-02", "accuracyM": 15}
    answer = keeper.patch("/api/v1/outlets/daping", json=change)
    assert answer.status_code == 200, answer.text
    (daping,) = [o for o in keeper.get("/api/v1/outlets").json()["outlets"] if o["id"] == "daping"]
    assert {name: daping[name] for name in change} == change
    wrong = keeper.patch("/api/v1/outlets/daping", json={"hours": ["18:00-09:00"]})
    assert wrong.status_code == 422
    assert keeper.patch("/api/v1/outlets/nowhere", json={"open": False}).status_code == 404


def test_what_a_pickup_would_be_promised_is_said_before(hall):
    inside = hall.as_().post("/api/v1/pickups", json={"lat": 29.54, "lon": 106.518}).json()
    assert (inside["promised"], inside["outletId"]) == (True, "daping")
    assert inside["sentence"].endswith("前上门取件。")
    outside = hall.as_().post("/api/v1/pickups", json={"lat": 29.65, "lon": 106.58}).json()
    assert (outside["promised"], outside["obstacle"]) == (False, "outside_district")
    assert "不在渝中区" in outside["sentence"]
    hall.as_(Role.OUTLET).patch("/api/v1/outlets/daping", json={"open": False})
    elsewhere = hall.as_().post("/api/v1/pickups", json={"lat": 29.54, "lon": 106.518}).json()
    assert elsewhere["outletId"] != "daping"
