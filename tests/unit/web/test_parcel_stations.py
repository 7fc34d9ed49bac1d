"""A parcel as a line of stations: what is behind it, where it is, and what is ahead."""

from datetime import UTC, datetime

import pytest

from domain.terms import Leg, ParcelStage
from storage.parcels.legs import LegRow
from web.views.lanes import lanes_of
from web.views.parcel_stations import stations_of
from web.views.stations import stations_of as applicant_stations

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


def test_a_station_on_the_way_says_when_it_was_passed_last():
    """The carrier's lines and couriers' scans between two hand-overs, of the last attempt that came so far."""
    mark = {"epoch": 1, "stage": "OUT_FOR_DELIVERY", "at": "2026-11-23T04:00:00+00:00"}
    again = mark | {"epoch": 2, "at": "2026-11-24T04:00:00+00:00"}
    older = {"epoch": 1, "stage": "ASSIGNED"}  # kept before times were
    side = {"epoch": 1, "stage": "DELIVERY_FAILED", "at": "2026-11-23T05:00:00+00:00"}
    state = {"stage": "OUT_FOR_DELIVERY", "marks": [again, side, older, mark]}
    leg = a_leg("DELIVERY", "OUT_FOR_DELIVERY", state=state)
    assert [one["at"] for one in stations_of(leg)] == [ORDERED.isoformat(), None, None, again["at"], None]
    told = {one["label"]: (one["state"], one["at"]) for one in applicant_stations(leg)}
    assert told["正在派送"] == ("here", again["at"])
    assert told["从大厅取走"] == ("done", None)


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
