"""A parcel as a line of stations: what is behind it, where it is, and what is ahead."""

from datetime import UTC, datetime

import pytest

from domain.terms import Leg, ParcelStage
from storage.parcels.legs import LegRow
from web.views.lanes import lanes_of
from web.views.parcel_stations import stations_of

ORDERED = datetime(2026, 11, 23, 2, tzinfo=UTC)


def a_leg(leg, stage, **more):
    usual = {"leg_id": "L", "case_no": "C", "handling_no": "C", "region": "510104", "ordered_at": ORDERED, "state": {}}
    return LegRow(leg=leg, stage=stage, **usual | more)


def states(leg):
    return [one["state"] for one in stations_of(leg)]


@pytest.mark.parametrize("leg", list(Leg))
@pytest.mark.parametrize("stage", list(ParcelStage))
def test_a_parcel_is_at_one_place_with_the_rest_behind_or_ahead(leg, stage):
    line = states(a_leg(leg, stage))
    (here,) = [n for n, state in enumerate(line) if state in ("here", "wrong")]
    assert set(line[:here]) <= {"past"} and set(line[here + 1 :]) <= {"ahead"}
    assert (line[here] == "wrong") is (stage.rank is None)


def test_what_goes_wrong_goes_wrong_where_the_parcel_was():
    lost = a_leg("FORWARD", "LOST", state={"stage": "IN_TRANSIT"})
    assert states(lost) == ["past", "past", "wrong", "ahead", "ahead"]


def test_what_has_arrived_is_behind_altogether_with_its_times():
    picked = {"at": "2026-11-23T03:00:00+00:00", "not_after": "2026-11-23T03:00:00+00:00"}
    implied = {"at": None, "not_after": "2026-11-23T05:00:00+00:00"}
    state = {"stage": "DELIVERED", "picked_up": picked, "delivered": implied, "hall_checked": None}
    line = stations_of(a_leg("DELIVERY", "DELIVERED", state=state, ended_at=ORDERED))
    assert {one["state"] for one in line} == {"past"}
    assert [one["at"] for one in line] == [ORDERED.isoformat(), None, picked["at"], None, implied["not_after"]]


def test_a_lane_says_after_whom_it_comes_and_what_runs_in_it():
    def handling(number, status, step, *after):
        return {"handlingNo": number, "status": status, "step": step, "role": None, "region": "440103", "after": after}

    clocks = [{"handlingNo": "B", "dueAt": "1"}, {"handlingNo": "B", "dueAt": "2"}]
    parcels = [{"handlingNo": "B", "endedAt": "1"}, {"handlingNo": "B", "endedAt": None}]
    both = [handling("A", "APPROVED", "准迁"), handling("B", "WAITING", None, "A")]
    first, second = lanes_of({"handlings": both, "deadlines": clocks, "parcels": parcels})
    assert (first["title"], first["after"], first["clock"], first["parcel"]) == ("准迁", [], None, None)
    assert (second["title"], second["after"], second["waits"]) == ("第 2 地", ["准迁"], True)
    assert (second["clock"], second["parcel"]) == (clocks[0], parcels[1])
    assert lanes_of({"handlings": both[:1], "deadlines": [], "parcels": []}) == []
