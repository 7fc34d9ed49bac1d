"""The plan of one attempt at a door, and how scripts bend it."""

import pytest

from sandbox.couriers.geo import Pace, Place
from sandbox.couriers.journeys import Job, World, plan
from sandbox.couriers.papers import one_less
from sandbox.couriers.scripts import Script

HALL = Place(29.5530, 106.5560)
DOOR = HALL.moved(1000, 0)
PAPERS = ({"name": "户口簿", "form": "original", "count": 2}, {"name": "申请表", "form": "form", "count": 1})


def job(leg: str = "PICKUP", stage: str = "ASSIGNED") -> Job:
    return Job(
        outlet_id="1",
        leg_id=f"50010320261123000001X-{leg}-1",
        leg=leg,
        tracking_no="1200000000001",
        epoch=1,
        stage=stage,
        courier_id="c1",
        planned_at="",
        door=DOOR,
        datum="WGS-84",
        phone_tail="1234",
        papers=PAPERS,
        seal_no=None,
        time_scale=1,
    )


def steps(leg="PICKUP", stage="ASSIGNED", attempt=0, **script):
    world = World(HALL, HALL, Pace(speed_kmh=3.6, detour=1, door_s=100, hall_s=10), attempt)
    return plan(job(leg, stage), Script(**script), world)


def kinds(*args, **kwargs):
    return [step.kind for step in steps(*args, **kwargs)]


def test_a_pickup_goes_from_the_outlet_over_the_door_to_the_hall():
    way = steps()
    assert [(step.kind, round(step.at_s), step.where) for step in way] == [
        ("EN_ROUTE", 0, "start"),
        ("ARRIVED_DOOR", 1000, "door"),
        ("PICKED_UP", 1100, "door"),
        ("DELIVERED", 2100, "hall"),
    ]
    assert way[2].manifest == PAPERS and way[3].signer_kind == "hall"
    assert max(step.at_s for step in way if step.busy) == way[2].at_s  # free for the next door


def test_a_delivery_is_fetched_at_the_hall_first():
    way = steps("DELIVERY")
    assert [(step.kind, round(step.at_s)) for step in way] == [
        ("EN_ROUTE", 0),
        ("PICKED_UP", 10),
        ("OUT_FOR_DELIVERY", 10),
        ("ARRIVED_DOOR", 1010),
        ("DELIVERED", 1110),
    ]
    assert way[-1].signer_kind == "self" and way[-1].proof


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"stage": "PICKED_UP"}, ["DELIVERED"]),
        ({"stage": "HALL_CHECKED"}, []),
        ({"stop_after": "EN_ROUTE"}, ["EN_ROUTE"]),
        ({"no_arrival_scan": True}, ["EN_ROUTE", "PICKED_UP", "DELIVERED"]),
        ({"refuse_at_door": True}, ["EN_ROUTE", "ARRIVED_DOOR", "PICKUP_FAILED"]),
        ({"lost": True}, ["EN_ROUTE", "ARRIVED_DOOR", "PICKED_UP", "LOST"]),
        ({"leg": "DELIVERY", "stage": "RETURNING"}, ["RETURNED"]),
        ({"leg": "DELIVERY", "attempt": 1}, ["OUT_FOR_DELIVERY", "ARRIVED_DOOR", "DELIVERED"]),
        (
            {"leg": "DELIVERY", "fail_first_delivery": "NOBODY_HOME"},
            ["EN_ROUTE", "PICKED_UP", "OUT_FOR_DELIVERY", "ARRIVED_DOOR", "DELIVERY_FAILED"],
        ),
        (
            {"leg": "DELIVERY", "fail_first_delivery": "NOBODY_HOME", "attempt": 1},
            ["OUT_FOR_DELIVERY", "ARRIVED_DOOR", "DELIVERED"],
        ),
        (
            {"leg": "DELIVERY", "wrong_address": True, "attempt": 1},
            ["OUT_FOR_DELIVERY", "ARRIVED_DOOR", "DELIVERY_FAILED"],
        ),
        (
            {"leg": "DELIVERY", "damaged": True},
            ["EN_ROUTE", "PICKED_UP", "OUT_FOR_DELIVERY", "ARRIVED_DOOR", "DAMAGED", "DELIVERED"],
        ),
    ],
)
def test_what_comes_and_what_does_not(given, expected):
    assert kinds(**given) == expected


def test_a_failed_attempt_says_why_and_shows_it():
    last = steps("DELIVERY", fail_first_delivery="NOBODY_HOME")[-1]
    assert (last.note, last.proof, last.signer_kind) == ("NOBODY_HOME", True, None)


def test_a_lost_parcel_turns_up_and_goes_on():
    way = steps("DELIVERY", lost=True, found_after_s=600)
    kinds = [step.kind for step in way]
    assert kinds == ["EN_ROUTE", "PICKED_UP", "OUT_FOR_DELIVERY", "LOST", "ARRIVED_DOOR", "DELIVERED"]
    assert way[4].at_s - way[3].at_s >= 600


def test_a_late_courier_is_late_at_the_door_only():
    assert steps(late_s=500)[1].at_s - steps()[1].at_s == 500


def test_a_paper_may_be_missing_at_the_door():
    assert steps(missing_at_door=True)[2].manifest[0]["count"] == 1
    assert one_less(({"name": "x", "form": "copy", "count": 1},)) == () == one_less(())
