"""Bags: written by scans alone, in any order; what does not agree asks a person, once."""

import pytest
from sqlalchemy import select

from domain.tasks import TaskKind
from storage.base import Database
from storage.parcels.bags import BagLineRow, BagRow, bags_to
from tests.sealing import SEALER
from tests.unit.parcels.scan_desk import CLERK, LEG, NUMBER, open_desk, scan

NUMBERS = (NUMBER, "1200000000002", "1200000000003")
LEGS = (LEG, LEG.replace("0001X", "0002X"), LEG.replace("0001X", "0003X"))


@pytest.fixture
def desk(tmp_path):
    opened = open_desk(Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER))
    for leg, number in zip(LEGS[1:], NUMBERS[1:], strict=True):
        opened.order(leg, number)
    opened.take("c1", *(scan("PICKED_UP", 90 + at, 900, code=number) for at, number in enumerate(NUMBERS)))
    return opened


def bag(side, count, seal="F0001", **more):
    return {
        "no": "BG261123-0001",
        "side": side,
        "origin": "shiyoulu",
        "destination": "hall",
        "sealNo": seal,
        "count": count,
    } | more


def closing(count=3, numbers=NUMBERS):
    at = enumerate(numbers, 1)
    return [scan("IN_TRANSIT", seq, 500, code=number, bag=bag("closed", count)) for seq, number in at]


def opening(numbers=NUMBERS, missing=(), seal="F0001", seq=11):
    said = bag("opened", len(numbers), seal, missing=list(missing))
    at = enumerate(numbers, seq)
    return [scan("DELIVERED", place, 100, code=number, signerKind="hall", bag=said) for place, number in at]


def kept(desk):
    with desk.database.read() as session:
        row = session.scalar(select(BagRow))
        lines = session.scalars(select(BagLineRow).order_by(BagLineRow.number)).all()
        return row, [(line.put_event is not None, line.found_event is not None, line.missing) for line in lines]


def asked(desk):
    return [
        (task.leg_id, task.data["findings"])
        for task in desk.tasks()
        if task.kind == TaskKind.DISCREPANCY and task.resolved_at is None
    ]


def coming(desk, place="hall"):
    with desk.database.read() as session:
        return [row.bag_no for row in bags_to(session, place, 10) if row.closed_at is not None]


def test_a_bag_goes_and_comes(desk):
    desk.take("c1", *closing())
    row, lines = kept(desk)
    assert (row.origin, row.destination, row.seal_no, row.expected, row.closed_by) == (
        "shiyoulu",
        "hall",
        "F0001",
        3,
        "c1",
    )
    assert lines == [(True, False, False)] * 3
    assert coming(desk) == ["BG261123-0001"]
    assert coming(desk, "datongjie") == []
    desk.take("hall-1", *opening(), scanner=CLERK)
    row, lines = kept(desk)
    assert lines == [(True, True, False)] * 3
    assert (row.opened_by, row.seal_found) == ("clerk", "F0001")
    assert coming(desk) == []
    assert asked(desk) == []
    assert desk.leg().stage == "DELIVERED"


def test_what_is_missing_at_the_other_end_asks_a_person(desk):
    desk.take("c1", *closing())
    desk.take("hall-1", *opening(NUMBERS[:2], missing=NUMBERS[2:]), scanner=CLERK)
    assert asked(desk) == [(LEGS[2], ["BAG_SHORT"])]
    assert kept(desk)[1][2] == (True, False, True)
    desk.take("hall-1", *opening(NUMBERS[2:], seq=21), scanner=CLERK)  # it was under the flap
    assert asked(desk) == []
    assert kept(desk)[1][2] == (True, True, False)


def test_a_parcel_that_nobody_put_in(desk):
    desk.take("c1", *closing(2, NUMBERS[:2]))
    desk.take("hall-1", *opening(), scanner=CLERK)
    assert asked(desk) == [(LEGS[2], ["BAG_EXTRA"])]


def test_another_seal(desk):
    desk.take("c1", *closing())
    desk.take("hall-1", *opening(seal="F0009"), scanner=CLERK)
    assert [findings for _, findings in asked(desk)] == [["BAG_SEAL"]]  # once per bag


def test_opened_before_the_closing_was_uploaded(desk):
    desk.take("hall-1", *opening(), scanner=CLERK)
    assert kept(desk)[0].closed_at is None
    assert coming(desk) == []
    desk.take("c1", *closing())
    row, lines = kept(desk)
    assert (row.expected, row.opened_by) == (3, "clerk")
    assert lines == [(True, True, False)] * 3
    assert asked(desk) == []
    assert coming(desk) == []


def test_a_scan_of_a_bag_out_of_form_is_refused_alone(desk):
    odd = scan("IN_TRANSIT", 1, bag=bag("closed", 3) | {"no": "b 1"})
    fine = closing()[1]
    assert desk.told("c1", odd, fine) == [("rejected", "FORM:bag.no"), ("accepted", None)]
