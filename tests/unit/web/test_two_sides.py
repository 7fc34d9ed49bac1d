"""A parcel from hand to hand: the two sides are two logins, in whatever order they say it, and however often."""

from itertools import product
from uuid import uuid4

import pytest

from domain.terms import Leg, Role
from parcels.outlets import seed_couriers
from storage.parcels.handovers import HandoverRow
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow
from tests.unit.web.hall import case_body

NUMBER = "EB000717618HK"
COURIER_TO_COURIER = ("daping-1", "jiefangbei-1", Role.COURIER, Role.COURIER)
WAYS = [
    ("daping-1", "hall", Role.COURIER, Role.CLERK),
    ("hall", "daping-1", Role.CLERK, Role.COURIER),
    ("daping-1", "daping", Role.COURIER, Role.OUTLET),
    ("daping", "jiefangbei", Role.OUTLET, Role.OUTLET),
    ("daping", "carrier", Role.OUTLET, Role.OUTLET),
    COURIER_TO_COURIER,
]
ONE_ROLE = [way for way in WAYS if way[2] is way[3]]


@pytest.fixture
def parcel(hall):
    case_no = hall.started(case_body())
    leg_id = f"{case_no}-{Leg.PICKUP}-1"
    with hall.database.write() as session:
        seed_couriers(session)
        session.add(
            LegRow(
                leg_id=leg_id, case_no=case_no, handling_no=case_no, leg=Leg.PICKUP, region="500103", stage="ASSIGNED",
                tracking_no=NUMBER, ordered_at=hall.now, outlet_id="daping", courier_id="daping-1",
            )
        )  # fmt: skip
    return leg_id


def say(client, side, giver, taker, key=None):
    body = {"side": side, "fromParty": giver, "toParty": taker}
    return client.post(f"/api/v1/parcels/{NUMBER}/handover", json=body, headers={"Idempotency-Key": key or uuid4().hex})


def words(hall):
    """Who has said what, and whether it has changed hands."""
    with hall.database.read() as session:
        rows = session.query(HandoverRow).order_by(HandoverRow.number)
        return [(_by(row.given), _by(row.taken), row.event_id is not None) for row in rows]


def _by(word):
    return word["by"] if word else None


def written(hall):
    with hall.database.read() as session:
        return session.query(ScanEventRow).filter_by(source="handover").count()


@pytest.mark.parametrize("way", ONE_ROLE, ids=str)
@pytest.mark.parametrize("first", ["from", "to"])
def test_one_login_never_says_both_sides(hall, parcel, way, first):
    giver, taker, role, _ = way
    one, other = hall.as_(role), hall.as_user("another", role)
    second = "to" if first == "from" else "from"
    assert say(one, first, giver, taker).json()["confirmed"] is False
    before = words(hall)
    for _ in range(2):
        refused = say(one, second, giver, taker)
        assert (refused.status_code, refused.json()["code"]) == (409, "SAME_PERSON")
        assert "两个人" in refused.json()["detail"]
    key = uuid4().hex
    assert say(one, first, giver, taker, key).status_code == 202  # said again: the word that stands
    assert say(one, second, giver, taker, key).json()["code"] == "SAME_PERSON"
    assert (words(hall), written(hall)) == (before, 0)
    assert say(other, second, giver, taker).json()["confirmed"] is True
    assert written(hall) == 1


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("order", [("from", "to"), ("to", "from")], ids=str)
def test_two_logins_do_in_either_order(hall, parcel, way, order):
    giver, taker, *roles = way
    clients = {"from": hall.as_user("giver", roles[0]), "to": hall.as_user("taker", roles[1])}
    answers = [say(clients[side], side, giver, taker).json() for side in order]
    assert [answer["confirmed"] for answer in answers] == [False, True]
    (shown,) = hall.as_().get(f"/api/v1/parcels/{NUMBER}").json()["handovers"]
    assert (shown["givenBy"], shown["takenBy"], shown["confirmed"]) == ("giver", "taker", True)


def test_said_again_with_its_key_it_is_one_word_also_when_all_is_over(hall, parcel):
    giver, taker = hall.as_(Role.COURIER), hall.as_()
    keys = uuid4().hex, uuid4().hex
    for _ in range(2):
        assert say(giver, "from", "daping-1", "hall", keys[0]).json()["confirmed"] is False
    first = say(taker, "to", "daping-1", "hall", keys[1]).json()
    assert first["confirmed"] is True
    with hall.database.write() as session:
        session.get_one(LegRow, parcel).ended_at = hall.now
    assert say(taker, "to", "daping-1", "hall", keys[1]).json() == first
    assert say(giver, "from", "daping-1", "hall", keys[0]).json()["confirmed"] is True
    assert (words(hall), written(hall)) == ([("courier", "clerk", True)], 1)


def test_a_wrong_word_is_taken_over_by_whoever_may_say_it(hall, parcel):
    """The taker had pressed for the giver; the giver says it himself, and the taker may take."""
    one, other = hall.as_(Role.COURIER), hall.as_user("another", Role.COURIER)
    giver, taker, *_ = COURIER_TO_COURIER
    say(one, "from", giver, taker)
    assert say(other, "from", giver, taker).json()["confirmed"] is False
    assert words(hall) == [("another", None, False)]
    with hall.database.read() as session:
        assert session.query(HandoverRow).one().given["instead"]["by"] == "courier"
    assert say(one, "to", giver, taker).json()["confirmed"] is True


@pytest.mark.parametrize("sides", list(product(["from", "to"], repeat=3)), ids=str)
def test_whatever_two_people_say_it_never_is_one_persons_both(hall, parcel, sides):
    giver, taker, role, _ = COURIER_TO_COURIER
    people = [hall.as_(role), hall.as_user("another", role)]
    for number, side in enumerate(sides):
        say(people[number % 2], side, giver, taker)
        say(people[0], side, giver, taker)
    assert all(given != taken for given, taken, done in words(hall) if done)


def test_a_courier_with_a_login_of_his_own_speaks_for_himself_and_an_outlet_for_itself(hall, parcel):
    courier = hall.as_user("jiefangbei-1", Role.COURIER, "jiefangbei", "jiefangbei-1")
    refused = say(courier, "from", "daping-1", "hall")
    assert (refused.status_code, refused.json()["code"]) == (403, "OTHER_COURIER")
    assert say(courier, "from", "jiefangbei-1", "hall").status_code == 202
    outlet = hall.as_user("jiefangbei", Role.OUTLET, "jiefangbei")
    refused = say(outlet, "to", "daping-1", "daping")
    assert (refused.status_code, refused.json()["code"]) == (403, "OTHER_OUTLET")
    assert say(outlet, "to", "daping-1", "jiefangbei").status_code == 202
    assert say(outlet, "to", "jiefangbei", "carrier").status_code == 202
