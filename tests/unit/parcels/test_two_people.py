"""Scans of one login that say both sides: kept, said on the device, asked about, and without effect until another."""

import pytest

from domain.tasks import TaskKind
from domain.terms import Role
from parcels.projection import rebuild
from parcels.scan_batch import Scanner
from storage.base import Database
from storage.parcels.bags import BagRow
from storage.parcels.scans import ScanEventRow
from storage.pending_updates import UpdateRow
from tests.sealing import SEALER
from tests.unit.parcels.scan_desk import CLERK, COURIER, LEG, NUMBER, SUPERVISOR, open_desk, scan

OTHER = Scanner(username="clerk2", role=Role.CLERK, serves_hall=True)
WAY = [scan("PICKED_UP", 1, 900), scan("DELIVERED", 2, 600, signerKind="hall")]
CHECK = scan("HALL_CHECKED", 3, 300)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'k.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = Database(url, SEALER)
    yield open_desk(database)
    database.close()


def asked(desk):
    return [task.resolved_at is None for task in desk.tasks() if task.kind == TaskKind.SAME_PERSON]


def checked(desk):
    return desk.count(UpdateRow, update_id=f"{LEG}-1-HALL_CHECKED")


@pytest.mark.parametrize("late", [False, True])
def test_a_batch_of_one_login_that_says_both_sides_is_kept_and_asked_about(desk, late):
    """Also where two people had used the device, and all of it is sent under one login."""
    batches = [[CHECK], WAY] if late else [[*WAY, CHECK]]
    told = [desk.told("d1", *batch, scanner=CLERK) for batch in batches]
    assert desk.count(ScanEventRow, login="clerk") == 3
    assert (desk.leg().stage, asked(desk)) == ("DELIVERED", [True])
    if not late:
        assert told == [[("accepted", None), ("accepted", None), ("accepted", "SAME_PERSON")]]
        assert checked(desk) == 0
    again = desk.told("d1", *WAY, CHECK, scanner=CLERK)
    assert {result for result, _ in again} == {"duplicate"}
    assert asked(desk) == [True]


def test_another_person_s_check_ends_it(desk):
    desk.take("d1", *WAY, CHECK, scanner=CLERK)
    assert desk.told("d2", scan("HALL_CHECKED", 1, 100), scanner=OTHER) == [("accepted", None)]
    assert (desk.leg().stage, checked(desk), asked(desk)) == ("HALL_CHECKED", 1, [False])
    assert rebuild(desk.database) == []


def test_the_same_person_on_another_device_is_the_same_person(desk):
    desk.take("d1", *WAY, scanner=CLERK)
    assert desk.told("d2", scan("HALL_CHECKED", 1, 100), scanner=CLERK) == [("accepted", "SAME_PERSON")]
    assert checked(desk) == 0


def test_two_logins_on_one_device_are_two_people(desk):
    desk.take("d1", *WAY, scanner=COURIER)
    assert desk.told("d1", CHECK, scanner=CLERK) == [("accepted", None)]
    assert (checked(desk), asked(desk)) == (1, [])


def test_what_the_giver_uploads_late_clears_it(desk):
    """Offline: the hall had taken it over and checked it, and the courier's device comes afterwards."""
    desk.take("d1", scan("DELIVERED", 1, 600, signerKind="hall"), scan("HALL_CHECKED", 2, 300), scanner=CLERK)
    assert asked(desk) == [True]
    desk.take("c1", scan("PICKED_UP", 1, 900), scanner=COURIER)
    assert (desk.leg().stage, checked(desk), asked(desk)) == ("HALL_CHECKED", 1, [False])


def test_a_delivery_is_taken_back_by_two(desk):
    desk.take("c1", *WAY)
    void = scan("VOID", 1, 10, voids=WAY[1]["eventId"])
    assert desk.told("s1", void, scanner=SUPERVISOR) == [("accepted", "VOID_PENDING")]
    assert desk.told("s1", {**void, "deviceSeq": 2, "eventId": "event-again"}, scanner=SUPERVISOR) == [
        ("accepted", "VOID_PENDING")
    ]
    assert desk.leg().stage == "DELIVERED"
    desk.take("c1", scan("VOID", 9, 5, voids=WAY[1]["eventId"]))
    assert desk.leg().stage == "PICKED_UP"


def bagged(kind, seq, side, **more):
    said = {"no": "BG261123-0001", "side": side, "origin": "shiyoulu", "destination": "hall"}
    said |= {"sealNo": "F1", "count": 1}
    return scan(kind, seq, 500 - seq, bag=said, **more)


CLOSING, OPENING = bagged("IN_TRANSIT", 11, "closed"), bagged("DELIVERED", 12, "opened", signerKind="hall")


def bag(desk):
    with desk.database.read() as session:
        row = session.get_one(BagRow, "BG261123-0001")
        return row.closed_by, row.opened_by


@pytest.mark.parametrize("order", [(CLOSING, OPENING), (OPENING, CLOSING)], ids=["in order", "late"])
def test_a_bag_is_not_opened_by_the_login_that_has_closed_it(desk, order):
    for event in order:
        desk.take("d1", event, scanner=CLERK)
    assert (bag(desk), asked(desk)) == (("clerk", None), [True])
    assert desk.count(ScanEventRow, code=NUMBER) == 2
    desk.take("d2", bagged("DELIVERED", 1, "opened", signerKind="hall"), scanner=OTHER)
    assert (bag(desk), asked(desk)) == (("clerk", "clerk2"), [False])


def test_on_the_device_it_is_said(desk):
    told = desk.told("d1", CLOSING, OPENING, scanner=CLERK)
    assert told == [("accepted", None), ("accepted", "SAME_PERSON")]
