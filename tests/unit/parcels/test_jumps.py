"""A device that was in two places at once: kept, said, proves nothing, and a person is asked once a day."""

from datetime import timedelta

import pytest

from domain.tasks import TaskKind
from parcels.projection import rebuild
from storage.base import Database
from storage.parcels.legs import CourierRow, LegRow
from tests.sealing import SEALER
from tests.unit.parcels.scan_desk import LEG, NOW, open_desk, scan

DOOR = (29.5400, 106.5100)
FAR = (29.5650, 106.5850)  # 7.8 km away


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'k.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = Database(url, SEALER)
    opened = open_desk(database)
    with database.write() as session:
        leg = session.get_one(LegRow, LEG)
        leg.lat, leg.lon = DOOR
    yield opened
    database.close()


def at(place, **more):
    return {"gps": {"lat": place[0], "lon": place[1], "accuracyM": 10, "datum": "WGS-84"}, **more}


def arrival(desk):
    return desk.leg().state["arrived_door"]["verified"]


def test_who_says_that_he_is_at_the_door_a_second_later_is_not_believed(desk):
    said = [scan("EN_ROUTE", 1, 61, **at(FAR)), scan("ARRIVED_DOOR", 2, 60, **at(DOOR))]
    assert desk.told("c1", *said) == [("accepted", None), ("accepted", "JUMPED")]
    assert arrival(desk) is False
    assert desk.leg().arrived_at is None
    (task,) = desk.tasks()
    assert (task.kind, task.owner, task.data) == (
        *(TaskKind.SCAN_JUMPED, "supervisor", {"deviceId": "c1", "day": "2026-11-23", "count": 1}),
    )
    assert rebuild(desk.database) == []


def test_the_same_way_in_its_time_is_believed(desk):
    desk.take("c1", scan("EN_ROUTE", 1, 960, **at(FAR)))
    assert desk.told("c1", scan("ARRIVED_DOOR", 2, 60, **at(DOOR))) == [("accepted", None)]
    assert arrival(desk) is True
    assert desk.tasks() == []


def test_over_two_batches_and_other_scans_without_a_place_it_is_seen_too(desk):
    desk.take("c1", scan("EN_ROUTE", 1, 62, **at(FAR)))
    desk.take("c1", *[scan("LOST", number, 61, code="JUNK") for number in range(2, 6)])
    assert desk.told("c1", scan("ARRIVED_DOOR", 6, 60, **at(DOOR))) == [("accepted", "JUMPED")]


def test_what_comes_late_is_held_against_what_was_scanned_after_it(desk):
    desk.take("c1", scan("ARRIVED_DOOR", 2, 60, **at(DOOR)))
    assert desk.told("c1", scan("EN_ROUTE", 1, 61, **at(FAR))) == [("accepted", "JUMPED")]
    assert arrival(desk) is True


def test_another_device_in_a_couriers_name_is_held_against_where_he_was_seen(desk):
    """P1: any login with his device's name, or his own login on another device."""
    with desk.database.write() as session:
        courier = session.get_one(CourierRow, "c1")
        courier.lat, courier.lon, courier.seen_at = *FAR, NOW - timedelta(seconds=90)
    assert desk.told("c1", scan("ARRIVED_DOOR", 1, 60, **at(DOOR))) == [("accepted", "JUMPED")]
    with desk.database.read() as session:
        kept = session.get_one(CourierRow, "c1")
        assert (round(kept.lat, 4), round(kept.lon, 4)) == FAR  # the dispatcher does not follow it either


def test_a_jump_is_no_place_to_jump_from(desk):
    """One position that was wrong costs itself alone."""
    said = [
        scan("EN_ROUTE", 1, 64, **at(DOOR)),
        scan("ON_HOLD", 2, 62, note="applicant_wait", **at(FAR)),
        scan("ARRIVED_DOOR", 3, 60, **at(DOOR)),
    ]
    assert [code for _, code in desk.told("c1", *said)] == [None, "JUMPED", None]
    assert arrival(desk) is True


def test_one_task_a_day_counts_them(desk):
    for number in range(1, 6):
        desk.take("c1", scan("EN_ROUTE", number, 70 - number, **at(DOOR if number % 2 else FAR)))
    (task,) = desk.tasks()
    assert task.data["count"] == 2


def test_what_a_device_says_of_it_is_not_heard(desk):
    desk.take("c1", scan("EN_ROUTE", 1, 960, jumped=True, **at(FAR)))
    assert desk.told("c1", scan("ARRIVED_DOOR", 2, 60, jumped=True, **at(DOOR))) == [("accepted", None)]
    assert arrival(desk) is True


def test_played_couriers_fly(desk):
    with desk.database.write() as session:
        session.get_one(LegRow, LEG).time_scale = 300
    said = [scan("EN_ROUTE", 1, 61, **at(FAR)), scan("ARRIVED_DOOR", 2, 60, **at(DOOR))]
    assert desk.told("c1", *said) == [("accepted", None), ("accepted", None)]
