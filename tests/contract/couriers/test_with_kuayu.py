"""Played couriers and the real postal routes: whatever goes wrong on the way, the same parcel states at the end."""

import time

import pytest
import requests
from sqlalchemy import func, select

from domain.terms import Leg
from logistics.carrier import CarrierClient
from parcels.projection import rebuild
from parcels.scan_intake import ScanIntake
from sandbox.couriers import Options, build
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, ScanProofRow
from storage.pending_updates import UpdateRow
from tests.contract.couriers.kuayu_office import now, open_office
from tests.contract.serving import served

STORIES = {
    "plain": {},
    "offline": {"offline_s": 3000},
    "doubled": {"duplicate": 3, "out_of_order": True},
    "late-proof": {"late_proof_s": 3000},
    "refused-once": {"fail_first_delivery": "NOBODY_HOME"},
    "discrepancy": {"discrepancy": True},
    "lost": {"lost": True},
    "found": {"lost": True, "found_after_s": 600},
    "refused": {"refuse_at_door": True},
    "ill": {"stop_after": "OUT_FOR_DELIVERY"},
    "locker": {"signer_kind": "locker"},
    "damaged": {"damaged": True},
    "unverified": {"unverified": True},
    "clock-ahead": {"clock_off_s": 900},
    "no-arrival": {"no_arrival_scan": True},
}
"""Each with its own courier and phone; all are told at once, each test looks at its own."""
CASE = {name: f"50010320261123{place:06d}X" for place, name in enumerate(STORIES)}
BOTH_WAYS = ("plain", "offline", "doubled", "late-proof", "discrepancy")


def pickup(name):
    return f"{CASE[name]}-PICKUP-1"


def delivery(name):
    return f"{CASE[name]}-DELIVERY-1"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    opened = open_office(tmp_path_factory.mktemp("office"), [f"c-{name}" for name in STORIES])
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def postal(office, tmp_path_factory):
    """URL of the played postal side, at work for this office, all stories ordered."""
    state = tmp_path_factory.mktemp("postal") / "couriers.db"
    with served(office.app) as kuayu, served(build(Options(0, "k", kuayu, state=state, poll_s=0.05))) as url:
        for place, (name, story) in enumerate(STORIES.items()):
            put = requests.put(f"{url}/control/scripts/{1000 + place}", json=story, timeout=5)
            put.raise_for_status()
            order(office, url, pickup(name) if name in BOTH_WAYS else delivery(name), name, place)
        yield url


def order(office, url, leg_id, name, place):
    leg = Leg(leg_id.split("-")[1])
    number = CarrierClient(url, "k", now).book(leg_id, leg, "500103", "500103")
    office.order(leg_id, number, courier=f"c-{name}", tail=f"{1000 + place}")


def until(true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def told(office, leg_id):
    with office.database.read() as session:
        query = select(UpdateRow.update_id).filter_by(workflow_id=f"leg-{leg_id}")
        return sorted(update_id.removeprefix(f"{leg_id}-") for update_id in session.scalars(query))


def scans(postal, case_no):
    parcels = requests.get(f"{postal}/control/parcels", timeout=5).json()["parcels"]
    return [scan for parcel in parcels if parcel["legId"].startswith(case_no) for scan in parcel["scans"]]


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_there_and_back_again(office, postal, name):
    until(lambda: office.leg(pickup(name)).stage == "HALL_CHECKED")
    with office.database.write() as session:
        session.merge(office.leg(pickup(name))).ended_at = now()
    order(office, postal, delivery(name), name, list(STORIES).index(name))
    until(lambda: office.leg(delivery(name)).stage == "DELIVERED")
    mine = CASE[name]
    until(lambda: all(s["result"] == "accepted" and s["proofUploaded"] is not False for s in scans(postal, mine)))
    ScanIntake(office.database, now, lambda: None).note_proofs()
    ways = ["1-ARRIVED_DOOR", "1-DELIVERED", "1-EN_ROUTE", "1-HALL_CHECKED", "1-PICKED_UP"]
    assert told(office, pickup(name)) == ways
    ways = ["1-ARRIVED_DOOR", "1-DELIVERED", "1-EN_ROUTE", "1-OUT_FOR_DELIVERY", "1-PICKED_UP"]
    assert told(office, delivery(name)) == ways
    assert office.leg(delivery(name)).state["delivered"]["verified"]
    assert office.leg(pickup(name)).arrived_at is not None
    with office.database.read() as session:
        stored = select(func.count()).select_from(ScanEventRow).where(ScanEventRow.leg_id.startswith(mine))
        assert session.scalar(stored) == len(scans(postal, mine)) == 10
        assert all(p.uploaded_at for p in session.scalars(select(ScanProofRow)) if p.leg_id.startswith(mine))
    effects = requests.get(f"{postal}/control/effects", timeout=5).json()["waybills"]
    assert [effects[leg_id]["count"] for leg_id in (pickup(name), delivery(name))] == [1, 1]


def test_a_failed_delivery_is_tried_again_in_the_next_epoch(office, postal):
    leg_id = delivery("refused-once")
    until(lambda: office.leg(leg_id).stage == "DELIVERY_FAILED")
    assert office.leg(leg_id).courier_id is None  # nobody goes before it is planned again
    with office.database.write() as session:
        session.get_one(LegRow, leg_id).courier_id = "c-refused-once"
    until(lambda: office.leg(leg_id).stage == "DELIVERED")
    assert told(office, delivery("refused-once")) == [
        "1-ARRIVED_DOOR",
        "1-DELIVERY_FAILED",
        "1-EN_ROUTE",
        "1-OUT_FOR_DELIVERY",
        "1-PICKED_UP",
        "2-ARRIVED_DOOR",
        "2-DELIVERED",
        "2-OUT_FOR_DELIVERY",
    ]


def test_a_paper_less_is_found_by_the_hall(office, postal):
    update_id = f"{pickup('discrepancy')}-1-HALL_CHECKED"
    until(lambda: told(office, pickup("discrepancy"))[-2:-1] == ["1-HALL_CHECKED"])
    with office.database.read() as session:
        checked = session.scalar(select(UpdateRow).filter_by(update_id=update_id))
    assert checked.argument["discrepancy"] is True


@pytest.mark.parametrize(
    ("name", "stage", "last_told"),
    [
        ("lost", "LOST", "1-LOST"),
        ("found", "DELIVERED", "1-DELIVERED"),
        ("refused", "DELIVERY_FAILED", "1-DELIVERY_FAILED"),
        ("ill", "OUT_FOR_DELIVERY", "1-OUT_FOR_DELIVERY"),
        ("locker", "AWAITING_COLLECTION", "1-AWAITING_COLLECTION"),
        ("damaged", "DELIVERED", "1-DAMAGED"),
        ("unverified", "DELIVERED", "1-DELIVERED"),
        ("clock-ahead", "DELIVERED", "1-DELIVERED"),
        ("no-arrival", "DELIVERED", "1-DELIVERED"),
    ],
)
def test_how_else_it_may_end(office, postal, name, stage, last_told):
    until(lambda: office.leg(delivery(name)).stage == stage)
    assert last_told in told(office, delivery(name))
    proved = office.leg(delivery(name)).arrived_at is not None
    assert proved == (name not in ("unverified", "no-arrival", "ill", "lost"))


def test_every_cached_state_can_be_made_anew(office, postal):
    assert rebuild(office.database) == []
