"""Who is silent: a courier who was given a job and does not come, but not one who is busy at another door."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.courier_silence import is_silent
from activities.parcel_booking import _rarer
from domain.messages import LegLookOrder, LookReason
from domain.terms import Leg
from storage.base import Base, Database
from storage.parcels.legs import AssignmentRow, CourierRow, LegRow
from tests.sealing import SEALER
from tests.unit.activities.post_office import TEN, PostOffice
from web.views.legs import leg_sentence

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=5)
GIVEN = NOW - timedelta(minutes=30)


def leg(ordinal, stage="ASSIGNED", courier="c1"):
    leg_id = f"5001032026112300000{ordinal}X-PICKUP-1"
    return LegRow(
        leg_id=leg_id,
        case_no=leg_id[:21],
        handling_no=leg_id[:21],
        leg="PICKUP",
        region="500103",
        stage=stage,
        courier_id=courier,
        ordered_at=NOW - timedelta(hours=1),
    )


@pytest.fixture
def session(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'k.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        job = leg(1)
        given = AssignmentRow(
            leg_id=job.leg_id,
            version=1,
            courier_id="c1",
            outlet_id="shiyoulu",
            planned_arrival_at=NOW - timedelta(minutes=20),
            reason="ORDERED",
            at=GIVEN,
        )
        session.add_all([job, given])
        yield session
    database.close()


@pytest.mark.parametrize(
    ("heard_minutes_ago", "busy", "silent"),
    [
        (None, False, True),  # never heard of at all
        (40, False, True),  # not since the job was given
        (10, False, True),  # was at work since, is free, does not come
        (2, False, False),  # has only just become free
        (10, True, False),  # at another door: late, not silent
        (40, True, True),  # set out for another door long ago and not heard of since
    ],
)
def test_silence(session, heard_minutes_ago, busy, silent):
    seen_at = None if heard_minutes_ago is None else NOW - timedelta(minutes=heard_minutes_ago)
    session.add(CourierRow(courier_id="c1", outlet_id="shiyoulu", lat=29.5, lon=106.5, seen_at=seen_at))
    if busy:
        session.add(leg(2, "EN_ROUTE"))
    session.flush()
    assert is_silent(session, session.get(LegRow, leg(1).leg_id), NOW, PATIENCE) is silent


@pytest.fixture
def office(tmp_path):
    opened = PostOffice(tmp_path)
    yield opened
    opened.database.close()


def looked_after(office, leg_id, until):
    """Every look that the leg's own timer asks for, up to `until` minutes past ten, or until somebody else goes."""
    first = office.leg(leg_id).courier_id
    look_at = office.look(leg_id, LookReason.MOVED)
    while look_at <= TEN + timedelta(minutes=until) and office.leg(leg_id).courier_id == first:
        office.clock.now = look_at
        look_at = office.look(leg_id)
    return first


def test_who_set_out_and_says_nothing_more_is_replaced_while_it_can_still_help(office):
    leg_id = office.order()
    office.clock.at(2)
    office.scan(leg_id, "EN_ROUTE", 2)
    silent = looked_after(office, leg_id, 60)
    leg = office.leg(leg_id)
    assert leg.courier_id not in (None, silent)
    assert office.clock.now < TEN + timedelta(minutes=45)
    assert leg.planned_arrival_at < leg.deadline_at
    with office.database.read() as session:
        assert not session.get_one(CourierRow, silent).on_duty
        told_now = leg_sentence(session, session.get_one(LegRow, leg_id))
    assert told_now == "已为您改派投递员，请备好材料和身份证件。"
    # He only had no network: his scan beats the assignment, and he is on duty again.
    office.clock.now += timedelta(minutes=1)
    office.scan(leg_id, "PICKED_UP", 20, device=silent)
    assert office.leg(leg_id).courier_id == silent
    office.order(Leg.PICKUP, 2)
    with office.database.read() as session:
        assert session.get_one(CourierRow, silent).on_duty


def test_who_is_heard_of_on_his_way_is_late_and_not_silent(office):
    leg_id = office.order()
    courier = office.leg(leg_id).courier_id
    office.clock.at(2)
    office.scan(leg_id, "EN_ROUTE", 2)
    office.look(leg_id, LookReason.MOVED)
    for minutes in range(4, 40, 4):
        office.clock.at(minutes)
        office.hear(courier)
        office.look(leg_id)
    assert office.leg(leg_id).courier_id == courier


@pytest.mark.parametrize("last", ["PICKED_UP", "OUT_FOR_DELIVERY"])
def test_who_is_silent_with_a_parcel_in_his_bag_is_a_persons_matter_ahead_of_the_deadline(office, last):
    leg_id = office.order(Leg.DELIVERY)
    office.clock.at(10)
    office.scan(leg_id, "PICKED_UP", 9)
    if last == "OUT_FOR_DELIVERY":
        office.scan(leg_id, last, 10)
    courier = office.leg(leg_id).courier_id
    look_at = office.look(leg_id, LookReason.MOVED)
    while "TAKE_OVER" not in office.tasks():
        assert look_at < TEN + timedelta(minutes=45)
        office.clock.now = look_at
        look_at = office.look(leg_id)
    assert office.leg(leg_id).courier_id == courier  # nobody else has it
    other = office.order(Leg.PICKUP, 2)
    assert office.leg(other).courier_id != courier
    with office.database.read() as session:
        assert "安排他人接手" in leg_sentence(session, session.get_one(LegRow, leg_id))
    office.scan(leg_id, "DELIVERED", (office.clock.now - TEN) / timedelta(minutes=1), signerKind="self")
    assert "TAKE_OVER" not in office.tasks()


def test_papers_that_were_fetched_and_do_not_come_to_the_hall_are_looked_for(office):
    leg_id = office.order()
    office.clock.at(20)
    office.scan(leg_id, "PICKED_UP", 20)
    look_at = office.look(leg_id, LookReason.MOVED)
    assert look_at == TEN + timedelta(minutes=140)  # two hours, all of them business hours
    office.clock.now = look_at
    office.look(leg_id)
    assert office.tasks() == ["TAKE_OVER"]
    office.scan(leg_id, "DELIVERED", 139, signerKind="hall")
    office.scan(leg_id, "HALL_CHECKED", 140, device="hall-window")
    assert office.tasks() == []


def test_looks_grow_rarer_to_eight_hours_and_come_back_when_something_happens():
    minutes = [_rarer(quiet) / timedelta(minutes=1) for quiet in range(9)]
    assert minutes == [5, 10, 20, 40, 80, 160, 320, 480, 480]
    assert _rarer(10_000) == timedelta(hours=8)


def test_a_courier_who_is_silent_for_long_costs_few_looks_a_day(office):
    leg_id = office.order()
    looks, asked = [], 0
    while office.clock.now < TEN + timedelta(days=10):
        order = LegLookOrder(leg_id=leg_id, reason=LookReason.BOUNDARY, at=office.clock(), quiet_looks=asked)
        office.clock.now = max(office.carrying.look_after(order).next_look_at, office.clock.now)
        looks.append(office.clock.now)
        asked += 1
        assert asked < 200
    days = [sum(TEN + timedelta(days=day) <= at < TEN + timedelta(days=day + 1) for at in looks) for day in range(1, 9)]
    assert max(days) < 10
