"""A visit to come at somebody's door, as its workflow would have left it."""

from domain.dossier import Contact
from domain.terms import Leg
from parcels.outlets import seed_couriers
from storage.parcels.legs import CourierRow, LegRow

ADDRESS = "渝中区大坪正街1号"
ELSEWHERE = "渝中区中山三路131号8-3"


def a_visit(where, case_no, now, leg=Leg.PICKUP, **more):
    """Ordered, and not looked at yet; `where`: with a database and a context. Returns the leg's id."""
    leg_id = f"{case_no}-{leg}-1"
    contact = Contact(address=ADDRESS, lat=29.54, lon=106.518, contact_name="王秀兰", contact_phone="13800000001")
    sealed = where.app.state.context.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}")
    fields = {
        "leg_id": leg_id, "case_no": case_no, "handling_no": case_no, "leg": leg, "region": "500103",
        "stage": "ORDERED", "epoch": 1, "state": {}, "manifest": [], "ordered_at": now,
        "tracking_no": f"12{case_no[-11:]}",
        "outlet_id": "daping", "courier_id": "daping-1", "lat": 29.54, "lon": 106.518, "assignment_version": 1,
        "contact": sealed,
    }  # fmt: skip
    with where.database.write() as session:
        seed_couriers(session)
        session.get_one(CourierRow, "daping-1").seen_at = None
        session.add(LegRow(**fields | more))
    return leg_id
