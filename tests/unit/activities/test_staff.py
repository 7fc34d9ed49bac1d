"""Couriers fall ill, outlets close, the district moves a centre: who goes follows at once."""

import pytest

from domain.errors import BadInput, NotFound
from domain.messages import LookReason
from domain.terms import Datum, Leg
from logistics.geo import Point
from logistics.outlets import nearest
from parcels.handover import HandoverSaid, Side, confirm
from parcels.outlets import change_outlet, outlet_now, outlets_now, seed_couriers, set_on_duty
from storage.parcels.legs import CourierRow, LegRow, lock_leg
from tests.unit.activities.post_office import DOOR, PostOffice
from web.views.legs import leg_sentence


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def duty(office, courier, on_duty):
    with office.database.write() as session:
        set_on_duty(session, courier, on_duty, office.clock())


def read(office, leg_id):
    """What the applicant reads."""
    with office.database.read() as session:
        return leg_sentence(session, session.get_one(LegRow, leg_id))


def change(office, outlet, **changes):
    with office.database.write() as session:
        return change_outlet(session, outlet, changes, "outlet", office.clock())


def test_an_ill_couriers_jobs_go_to_another_and_a_late_scan_does_not_bring_him_back(office):
    leg_id = office.order()
    first = office.leg(leg_id).courier_id
    office.clock.at(5)
    duty(office, first, on_duty=False)
    assert office.looks_asked() == [f"leg-{leg_id}"]
    office.look(leg_id, LookReason.ASKED)
    second = office.leg(leg_id).courier_id
    assert second not in (None, first)
    office.scan(leg_id, "EN_ROUTE", 4, device=first)  # it was still on his device
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id == second
    other = office.order(Leg.PICKUP, 2)
    assert office.leg(other).courier_id != first
    duty(office, first, on_duty=True)
    third = office.order(Leg.PICKUP, 3)
    assert office.leg(third).courier_id == first


def test_who_falls_ill_on_the_way_is_replaced_and_the_other_one_still_has_to_set_out(office):
    leg_id = office.order()
    first = office.leg(leg_id).courier_id
    office.clock.at(4)
    office.scan(leg_id, "EN_ROUTE", 3)
    duty(office, first, on_duty=False)
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id != first
    assert office.leg(leg_id).planned_arrival_at > office.clock()
    # He does not set out either: found out like anybody who does not start.
    second = office.leg(leg_id).courier_id
    look_at = office.look(leg_id)
    for _ in range(6):
        office.clock.now = look_at
        look_at = office.look(leg_id)
    assert len(office.assigned(leg_id)) > 2 and office.assigned(leg_id)[1] == second


def test_what_an_ill_courier_has_in_his_bag_is_a_persons_matter(office):
    leg_id = office.order(Leg.DELIVERY)
    office.clock.at(5)
    office.scan(leg_id, "PICKED_UP", 3)
    duty(office, office.leg(leg_id).courier_id, on_duty=False)
    office.look(leg_id, LookReason.ASKED)
    assert office.tasks() == ["TAKE_OVER"]
    assert "安排他人接手" in read(office, leg_id)


def test_what_is_in_a_bag_is_planned_again_when_somebody_has_taken_it_over(office):
    leg_id = office.order(Leg.DELIVERY)
    ill = office.leg(leg_id).courier_id
    office.clock.at(5)
    office.scan(leg_id, "PICKED_UP", 3)
    duty(office, ill, on_duty=False)
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).planned_arrival_at is None  # nobody knows
    other = "jiefangbei-1"
    for side in Side:
        said = HandoverSaid(side=side, from_party=ill, to_party=other, by=f"somebody-{side}")
        with office.database.write() as session:
            confirm(session, lock_leg(session, leg_id), said, office.clock())
    assert (office.tasks(), office.leg(leg_id).courier_id) == ([], other)
    office.look(leg_id, LookReason.MOVED)
    office.look(leg_id)
    assert office.leg(leg_id).courier_id == other
    assert office.leg(leg_id).planned_arrival_at > office.clock()


def test_a_closed_outlets_courier_brings_what_he_has_in_his_bag(office):
    leg_id = office.order(Leg.DELIVERY)
    carrier = office.leg(leg_id)
    office.clock.at(5)
    office.scan(leg_id, "PICKED_UP", 3)
    change(office, carrier.outlet_id, open=False)
    office.look(leg_id, LookReason.ASKED)
    assert (office.leg(leg_id).courier_id, office.tasks()) == (carrier.courier_id, [])


def test_who_is_sent_instead_is_said_to_the_applicant(office):
    leg_id = office.order()
    assert read(office, leg_id) == "已安排投递员上门取件，请备好材料和身份证件。"
    change(office, "daping", open=False)
    office.look(leg_id, LookReason.ASKED)
    assert read(office, leg_id) == "已为您改派投递员，请备好材料和身份证件。"
    assert office.promise(leg_id).verdict == "ON_TRACK"


def test_a_closed_outlet_sends_nobody_and_its_jobs_are_planned_anew(office):
    leg_id = office.order()
    assert office.leg(leg_id).outlet_id == "daping"
    change(office, "daping", open=False)
    assert office.looks_asked() == [f"leg-{leg_id}"]
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).outlet_id != "daping"
    other = office.order(Leg.PICKUP, 2)
    assert office.leg(other).outlet_id != "daping"
    change(office, "daping", open=True)
    third = office.order(Leg.PICKUP, 3)
    assert office.leg(third).outlet_id == "daping"


def test_with_nobody_left_the_job_waits_unassigned_and_goes_to_the_first_who_comes(office):
    leg_id = office.order()
    with office.database.read() as session:
        everybody = [row.courier_id for row in session.query(CourierRow)]
    for courier in everybody:
        duty(office, courier, on_duty=False)
    office.look(leg_id, LookReason.ASKED)
    assert (office.leg(leg_id).courier_id, office.leg(leg_id).planned_arrival_at) == (None, None)
    other = office.order(Leg.PICKUP, 2)
    assert office.leg(other).promise["obstacle"] == "plan_too_late"
    duty(office, "qixinggang-1", on_duty=True)
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).courier_id == "qixinggang-1"


def test_more_couriers_are_seeded_and_fewer_are_not_sent_any_more(office):
    change(office, "daping", couriers=2)
    with office.database.read() as session:
        assert session.get(CourierRow, "daping-2") is not None
    change(office, "daping", couriers=0)
    leg_id = office.order()
    assert not office.leg(leg_id).courier_id.startswith("daping-")
    with office.database.write() as session:
        seed_couriers(session)  # again: harmless
        assert session.query(CourierRow).filter_by(outlet_id="daping").count() == 2


def test_a_moved_centre_ranks_where_it_is_now_in_whatever_datum_it_was_given(office):
    here = Point(lat=DOOR[0], lon=DOOR[1], datum=Datum.WGS84)
    there = here.to(Datum.GCJ02)
    outlet = change(office, "chaotianmen", lat=there.lat, lon=there.lon, datum="GCJ-02", accuracyM=20)
    assert outlet.point == there
    with office.database.read() as session:
        (first,) = nearest(here, 1, outlets_now(session))
    assert first.outlet.id == "chaotianmen"
    assert first.distance_m < 0.5


@pytest.mark.parametrize("wrong", [{"hours": ["18:00-09:00"]}, {"couriers": -1}, {"radiusM": 0}])
def test_a_change_that_makes_no_sense_changes_nothing(office, wrong):
    with pytest.raises(BadInput):
        change(office, "daping", **wrong)
    with office.database.read() as session:
        assert outlet_now(session, "daping").open


def test_an_outlets_hours_are_the_promises_hours(office):
    change(office, "daping", hours=["14:00-18:00"])
    leg_id = office.order()  # at ten: before the opening
    promise = office.promise(leg_id)
    assert promise.clock == "WAITING"
    assert f"{promise.deadline:%H:%M}" == "07:00"  # 15:00 in Chongqing


def test_whom_nobody_knows_cannot_be_changed(office):
    with pytest.raises(NotFound):
        duty(office, "nobody-1", on_duty=False)
    with pytest.raises(NotFound):
        change(office, "nowhere", open=False)


def test_looking_again_without_news_changes_nobody(office):
    legs = [office.order(Leg.PICKUP, number) for number in range(1, 6)]
    before = [office.leg(leg_id).courier_id for leg_id in legs]
    for leg_id in legs:
        office.look(leg_id)
    assert [office.leg(leg_id).courier_id for leg_id in legs] == before
    with office.database.read() as session:
        assert {leg.assignment_version for leg in session.query(LegRow)} == {1}
