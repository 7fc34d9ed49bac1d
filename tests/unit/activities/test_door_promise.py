"""The promise end to end, from a scan on a device to what is kept with the leg: courier.md §4 over the real parts."""

from datetime import timedelta

import pytest

from domain.messages import LegEnd, LegOutcome, LookReason
from domain.terms import Leg
from logistics.promise_rules import PromiseRules
from parcels.outlets import ask_for_dispatch
from storage.cases.rows import CaseEventRow
from storage.parcels.legs import CourierRow, LegRow
from storage.parcels.suspensions import SuspensionRow
from storage.tasks.rows import TaskRow
from tests.postgresql import fresh_database
from tests.unit.activities.post_office import DOOR, FAR, OUTSIDE, TEN, PostOffice


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def minutes(count):
    return TEN + timedelta(minutes=count)


def test_a_door_in_the_district_is_promised_within_the_hour(office):
    leg = office.leg(office.order())
    assert (leg.promise["promised"], leg.promise["obstacle"]) == (True, None)
    assert (leg.deadline_at, leg.promise["verdict"]) == (minutes(60), "ON_TRACK")
    assert leg.courier_id and leg.planned_arrival_at <= minutes(60)


@pytest.mark.parametrize(
    ("door", "rules", "obstacle"),
    [
        (OUTSIDE, PromiseRules(), "outside_district"),
        (None, PromiseRules(), "needs_person"),
        (DOOR, PromiseRules(pickup_minutes=0), "switched_off"),
        (FAR, PromiseRules(pickup_minutes=3), "plan_too_late"),
    ],
)
def test_where_nothing_can_be_promised_it_says_why_and_somebody_goes_all_the_same(tmp_path, door, rules, obstacle):
    office = PostOffice(tmp_path, rules)
    leg = office.leg(office.order(door=door))
    assert (leg.promise["promised"], leg.promise["obstacle"], leg.deadline_at) == (False, obstacle, None)
    assert "verdict" not in leg.promise
    assert (leg.courier_id is None) is (door is None)
    office.clock.at(120)
    office.look(leg.leg_id)
    assert "PROMISE_BROKEN" not in office.tasks()
    office.database.close()


def test_each_kind_has_its_own_minutes_and_keeps_those_of_its_day(tmp_path):
    office = PostOffice(tmp_path, PromiseRules(pickup_minutes=45, delivery_minutes=90))
    pickup, delivery = office.order(Leg.PICKUP), office.order(Leg.DELIVERY)
    assert (office.leg(pickup).deadline_at, office.leg(delivery).deadline_at) == (minutes(45), minutes(90))
    office.promises._rules = PromiseRules(pickup_minutes=0, delivery_minutes=10)
    for leg_id in (pickup, delivery):
        office.look(leg_id)
    assert (office.leg(pickup).deadline_at, office.leg(delivery).deadline_at) == (minutes(45), minutes(90))
    office.database.close()


def test_an_address_that_a_person_places_is_promised_from_then_on(office):
    leg_id = office.order(door=None)
    assert office.tasks() == ["PLACE_ADDRESS"]
    office.clock.at(30)
    with office.database.write() as session:
        leg = session.get_one(LegRow, leg_id)
        leg.lat, leg.lon = DOOR
        task = session.query(TaskRow).one()
        task.resolved_at = office.clock()
    office.clock.at(31)
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).deadline_at == minutes(90)


def test_a_late_upload_turns_a_breach_into_kept(office):
    """Golden: at the door at 10:40 without a network; the hour passes; the device comes back at 11:30."""
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(3)
    office.scan(leg_id, "EN_ROUTE", 2)
    office.look(leg_id, LookReason.MOVED)

    office.clock.at(61)
    office.look(leg_id)
    broken = office.promise(leg_id)
    assert (broken.verdict, broken.provisional) == ("BREACHED", True)  # the device was last heard of at 10:03
    assert "PROMISE_BROKEN" in office.tasks()

    office.clock.at(90)
    office.scan(leg_id, "ARRIVED_DOOR", 40, device=courier)
    office.look(leg_id, LookReason.MOVED)
    kept = office.promise(leg_id)
    assert (kept.verdict, kept.verified, kept.provisional) == ("KEPT_LATE_UPLOAD", True, False)
    assert (kept.stopped_at, round(kept.adjusted_minutes)) == (minutes(40), 40)
    assert not {"PROMISE_BROKEN", "PROMISE_AT_RISK"} & set(office.tasks())


def test_a_visit_that_will_be_late_goes_to_another_courier_while_he_can_still_help(office):
    """He is heard of, far away and not on his way yet; another one stands idle nearer by."""
    leg_id = office.order(door=FAR)
    first = office.leg(leg_id).courier_id
    office.clock.at(20)
    with office.database.write() as session:
        late = session.get_one(CourierRow, first)
        late.lat, late.lon, late.seen_at = 29.62, 106.62, office.clock()
    office.look(leg_id)
    assert office.leg(leg_id).courier_id not in (first, None)
    assert office.leg(leg_id).planned_arrival_at <= minutes(45)
    assert office.promise(leg_id).verdict == "ON_TRACK"
    assert len(office.assigned(leg_id)) == 2
    with office.database.read() as session:
        told = session.query(CaseEventRow).filter_by(kind="REDISPATCHED").one()
    assert told.data["courierId"] == office.leg(leg_id).courier_id


def test_nobody_is_changed_who_will_be_in_time(office):
    leg_id = office.order(door=FAR)
    for at in (5, 10, 15):
        office.clock.at(at)
        office.hear(office.leg(leg_id).courier_id)
        office.look(leg_id)
    assert len(office.assigned(leg_id)) == 1


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path):
    url = fresh_database(request.getfixturevalue("postgresql")) if request.param == "postgresql" else None
    opened = PostOffice(tmp_path, url=url)
    yield opened
    opened.database.close()


def test_a_late_upload_counts_even_when_the_leg_is_over(either):
    office = either
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(70)
    office.look(leg_id)
    office.scan(leg_id, "DELIVERED", 65, device="hall-window", signerKind="hall")
    office.scan(leg_id, "HALL_CHECKED", 69, device="hall-window")
    office.ending.end_leg(LegEnd(leg_id=leg_id, outcome=LegOutcome.DELIVERED, at=office.clock()))
    assert office.promise(leg_id).verdict == "BREACHED"  # an inferred pickup at its latest: 11:05
    office.clock.at(200)
    office.scan(leg_id, "ARRIVED_DOOR", 35, device=courier)
    office.scan(leg_id, "PICKED_UP", 38, device=courier)
    assert office.late_uploads.look() == 1
    assert (office.promise(leg_id).verdict, office.promise(leg_id).verified) == ("KEPT_LATE_UPLOAD", True)
    assert office.late_uploads.look() == 0


def test_a_breach_is_final_once_the_device_has_said_everything(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(3)
    office.scan(leg_id, "EN_ROUTE", 2)
    office.clock.at(62)
    office.look(leg_id)
    assert office.promise(leg_id).provisional
    office.clock.at(63)
    office.hear(courier)
    office.look(leg_id)
    for sent in set(office.assigned(leg_id)):
        office.hear(sent)
    office.look(leg_id)
    assert (office.promise(leg_id).verdict, office.promise(leg_id).provisional) == ("BREACHED", False)


def test_a_gap_in_a_devices_sequence_keeps_a_breach_provisional(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(3)
    office.scan(leg_id, "EN_ROUTE", 2)
    next(office._sequences[courier])  # one scan is still on the device
    office.clock.at(65)
    office.scan(leg_id, "ON_HOLD", 64, device=courier, note="traffic")
    office.look(leg_id)
    assert (office.promise(leg_id).verdict, office.promise(leg_id).provisional) == ("BREACHED", True)


def test_no_version_is_lost_when_a_pause_is_taken_back(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(11)
    office.scan(leg_id, "EN_ROUTE", 2)
    office.scan(leg_id, "ON_HOLD", 10, note="applicant_wait")
    office.look(leg_id, LookReason.MOVED)
    moved = office.leg(leg_id).promise["versions"]
    assert [v["cause"] for v in moved] == ["accepted", "pause"]
    office.clock.at(12)
    office.scan(leg_id, "VOID", 12, device=courier, voids=f"{courier}-000002")
    office.look(leg_id, LookReason.MOVED)
    after = office.leg(leg_id).promise["versions"]
    assert after[:2] == moved
    assert [v["cause"] for v in after] == ["accepted", "pause", "corrected"]
    assert office.leg(leg_id).deadline_at == minutes(60)


def test_a_suspension_moves_the_deadline_whoever_carries_it(office):
    leg_id = office.order()
    area = office.leg(leg_id).promise["area"]
    office.clock.at(10)
    with office.database.write() as session:
        session.add(
            SuspensionRow(
                outlet_id=area,
                from_at=minutes(10),
                to_at=minutes(40),
                declared_at=minutes(10),
                reason="暴雨红色预警 12 号",
                by="outlet",
            )
        )
        ask_for_dispatch(session, "suspension-1", office.clock())
    assert office.looks_asked() == [f"leg-{leg_id}"]
    office.look(leg_id, LookReason.ASKED)
    assert office.leg(leg_id).deadline_at == minutes(90)
    assert [v["cause"] for v in office.leg(leg_id).promise["versions"]] == ["accepted", "suspension"]


def test_risk_is_said_a_quarter_of_an_hour_ahead_and_another_courier_is_sent(office):
    """The first courier never starts: found out by his plan, well before the hour is over."""
    leg_id = office.order()
    first = office.leg(leg_id).courier_id
    look_at = office.look(leg_id)
    while office.leg(leg_id).courier_id == first:
        office.clock.now = look_at
        look_at = office.look(leg_id)
        assert office.clock.now < minutes(45)
    assert office.assigned(leg_id)[0] == first
    assert office.promise(leg_id).verdict in ("ON_TRACK", "AT_RISK")


def test_who_is_on_his_way_and_not_there_is_at_risk_a_quarter_of_an_hour_ahead(office):
    leg_id = office.order()
    office.clock.at(2)
    office.scan(leg_id, "EN_ROUTE", 2)
    look_at = office.look(leg_id, LookReason.MOVED)
    while office.clock.now < minutes(45):
        office.clock.now = min(look_at, minutes(60))
        look_at = office.look(leg_id)
    assert office.clock.now <= minutes(45)
    assert office.promise(leg_id).verdict == "AT_RISK" or office.leg(leg_id).planned_arrival_at < minutes(60)
