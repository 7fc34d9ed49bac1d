"""Nobody home, a wrong address, refused at the door: each with its state, its promise, its message and its task."""

import pytest

from domain.messages import LookReason
from domain.terms import Leg, ParcelStage
from logistics.wording import failure_of, stage_sentence
from relay.parcels import state_of
from storage.cases import CaseEventRow
from storage.legs import LegRow
from storage.tasks import TaskRow
from tests.unit.activities.post_office import FAR, PostOffice

FAILED = {Leg.PICKUP: "PICKUP_FAILED", Leg.DELIVERY: "DELIVERY_FAILED"}


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def attempt(office, leg_id, why, minutes):
    """One visit that comes to nothing."""
    office.clock.at(minutes)
    leg = Leg(office.leg(leg_id).leg)
    if leg is Leg.DELIVERY and office.leg(leg_id).epoch == 1:
        office.scan(leg_id, "PICKED_UP", minutes - 3)
    office.scan(leg_id, "ARRIVED_DOOR", minutes - 1)
    office.look(leg_id, LookReason.MOVED)
    office.scan(leg_id, FAILED[leg], minutes, note=why)
    return office.look(leg_id, LookReason.ATTEMPT_FAILED)


def told(office, leg_id):
    with office.database.read() as session:
        leg = session.get_one(LegRow, leg_id)
        return stage_sentence(Leg(leg.leg), ParcelStage(leg.stage), failure_of(state_of(session, leg)))


def resolve(office, kind):
    with office.database.write() as session:
        for task in session.query(TaskRow).filter_by(kind=kind, resolved_at=None):
            task.resolved_at = office.clock()


def history(office):
    with office.database.read() as session:
        return [row.kind for row in session.query(CaseEventRow).order_by(CaseEventRow.id)]


@pytest.mark.parametrize("leg", list(FAILED))
@pytest.mark.parametrize("why", ["NOBODY_HOME", "ID_MISMATCH", "COURIER_UNAVAILABLE"])
def test_another_visit_may_help(office, leg, why):
    leg_id = office.order(leg)
    attempt(office, leg_id, why, 20)
    row = office.leg(leg_id)
    assert (row.stage, row.epoch, row.courier_id is not None) == (FAILED[leg], 2, True)
    assert row.planned_arrival_at >= office.clock()
    assert office.promise(leg_id).verdict == "KEPT"  # he stood at the door within the hour, and it is proved
    assert office.tasks() == []
    assert "ATTEMPT_FAILED" in history(office)
    assert told(office, leg_id) not in ("", "本次上门没有完成，我们会尽快再次安排。")  # it says why


def test_after_the_third_a_person_decides_and_nobody_goes_meanwhile(office):
    leg_id = office.order()
    for minutes in (20, 50, 80):
        attempt(office, leg_id, "NOBODY_HOME", minutes)
    assert office.tasks() == ["DELIVERY_FAILED"]
    assert office.leg(leg_id).courier_id is None
    office.order(Leg.PICKUP, 2)  # another job's decision does not send anybody here
    assert office.leg(leg_id).courier_id is None
    resolve(office, "DELIVERY_FAILED")
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id is not None


@pytest.mark.parametrize("leg", list(FAILED))
def test_what_was_refused_is_not_tried_again_unasked(office, leg):
    leg_id = office.order(leg)
    attempt(office, leg_id, "REFUSED", 20)
    assert (office.tasks(), office.leg(leg_id).courier_id) == (["DELIVERY_FAILED"], None)
    assert office.promise(leg_id).verdict == "KEPT"
    if leg is Leg.DELIVERY:
        office.scan(leg_id, "RETURNED", 40, device="daping-1")
        assert office.leg(leg_id).stage == "RETURNED"  # back in the hall, where it can be collected


def test_a_wrong_address_is_placed_by_a_person_before_anybody_goes_again(office):
    leg_id = office.order(Leg.DELIVERY)
    attempt(office, leg_id, "WRONG_ADDRESS", 20)
    assert (office.tasks(), office.leg(leg_id).courier_id) == (["PLACE_ADDRESS"], None)
    office.order(Leg.PICKUP, 2)
    assert office.leg(leg_id).courier_id is None
    with office.database.write() as session:
        leg = session.get_one(LegRow, leg_id)
        leg.lat, leg.lon = FAR
    resolve(office, "PLACE_ADDRESS")
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id is not None
    assert office.promise(leg_id).verdict == "ON_TRACK"  # it was another door: the applicant still waits


def test_an_applicant_who_asks_to_wait_stops_the_clock_up_to_the_cap(office):
    leg_id = office.order()
    office.clock.at(11)
    office.scan(leg_id, "EN_ROUTE", 2)
    office.scan(leg_id, "ON_HOLD", 10, note="applicant_wait")
    office.look(leg_id, LookReason.MOVED)
    assert office.promise(leg_id).clock == "PAUSED"
    office.clock.at(75)
    office.scan(leg_id, "ARRIVED_DOOR", 74)
    office.look(leg_id, LookReason.MOVED)
    promise = office.promise(leg_id)
    assert (promise.verdict, promise.over_cap) == ("KEPT", True)
    assert promise.excused == {"applicant": 30.0}
