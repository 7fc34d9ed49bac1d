"""Interregional legs move by the carrier's own lines, polled."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from activities.carrier_tracking import CarrierTracking
from domain.errors import CarrierRefused, CarrierUnavailable
from logistics.carrier import CHINA, CarrierOp
from logistics.scans import ScanUse
from parcels.projection import rebuild, state_of
from storage.base import Base, Database
from storage.parcels.legs import LegRow
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.sealing import SEALER

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FORWARD, BACK = "50010320261123000001X-FORWARD-1", "50010320261123000001X-BACK-1"


def op(code, minutes_ago=60, occurrence=1, org="四川揽投部", text="x"):
    at = (NOW - timedelta(minutes=minutes_ago)).astimezone(CHINA)
    return CarrierOp(op_code=code, org=org, at=at, text=text, occurrence=occurrence, tz_assumed=True)


class Carrier:
    """Stands in for the client: what it says is a table of the test."""

    def __init__(self):
        self.traces, self.asked = {}, []

    def trace(self, tracking_no):
        self.asked.append(tracking_no)
        said = self.traces[tracking_no]
        if isinstance(said, Exception):
            raise said
        return tuple(said)


@pytest.fixture
def carrier():
    return Carrier()


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        for leg_id, number in ((FORWARD, "EA000000005CN"), (BACK, "EA000000019CN")):
            session.add(
                LegRow(
                    leg_id=leg_id,
                    case_no=leg_id[:21],
                    handling_no=leg_id[:21],
                    leg=leg_id.split("-")[1],
                    region="510100",
                    tracking_no=number,
                    stage="ORDERED",
                    ordered_at=NOW - timedelta(hours=3 if leg_id == FORWARD else 2),
                )
            )
    yield database
    database.close()


@pytest.fixture
def poll(database, carrier):
    carrier.traces = {"EA000000005CN": [], "EA000000019CN": []}
    seconds = itertools.count()
    return CarrierTracking(database, carrier, lambda: NOW + timedelta(seconds=next(seconds))).look


def stage(database, leg_id):
    with database.read() as session:
        return session.get(LegRow, leg_id).stage


def told(database):
    with database.read() as session:
        return list(session.scalars(select(UpdateRow.update_id).order_by(UpdateRow.id)))


def test_a_parcel_moves_with_its_trace_and_each_stage_is_told_once(database, carrier, poll):
    assert poll() == 0
    carrier.traces["EA000000005CN"] = [op("203", 60), op("305", 59), op("954", 50), op("989", 50)]
    assert poll() == 1
    assert stage(database, FORWARD) == "IN_TRANSIT"
    carrier.traces["EA000000005CN"] += [op("306", 40), op("702", 30), op("704", 20, text="代签收【家人】")]
    assert (poll(), poll()) == (1, 0)
    assert stage(database, FORWARD) == "DELIVERED"
    assert [update.removeprefix(f"{FORWARD}-1-") for update in told(database)] == [
        "PICKED_UP",
        "IN_TRANSIT",
        "AT_DEST_OUTLET",
        "OUT_FOR_DELIVERY",
        "DELIVERED",
    ]
    with database.read() as session:
        last = session.scalar(select(UpdateRow).order_by(UpdateRow.id.desc()))
        assert last.argument["signer_kind"] == "agent"
    assert rebuild(database) == []


def test_an_unknown_code_is_shown_raises_one_task_and_moves_nothing(database, carrier, poll):
    carrier.traces["EA000000005CN"] = [op("203"), op("977", 50, text="其他")]
    poll()
    carrier.traces["EA000000005CN"].append(op("305", 40))
    poll()
    with database.read() as session:
        task = session.scalars(select(TaskRow)).one()
        assert (task.kind, task.data["opCode"]) == ("UNKNOWN_OP_CODE", "977")


def test_a_line_sent_again_with_another_time_replaces_the_first(database, carrier, poll):
    carrier.traces["EA000000005CN"] = [op("203", 60), op("306", 10)]
    poll()
    carrier.traces["EA000000005CN"] = [op("203", 60), op("306", 20)]
    poll()
    with database.read() as session:
        state = state_of(session, session.get(LegRow, FORWARD))
    arrivals = [(scan.use, scan.at) for scan in state.scans if scan.event.stage == "AT_DEST_OUTLET"]
    assert arrivals == [
        (ScanUse.EFFECTIVE, NOW - timedelta(minutes=20)),
        (ScanUse.SUPERSEDED, NOW - timedelta(minutes=10)),
    ]
    assert len(told(database)) == 2


def test_a_carrier_that_is_away_ends_the_round(carrier, poll):
    carrier.traces["EA000000005CN"] = CarrierUnavailable("x", code="BUSY")
    assert poll() == 0
    assert carrier.asked == ["EA000000005CN"]


def test_a_number_of_another_carrier_does_not_stop_the_others(database, carrier, poll):
    carrier.traces["EA000000005CN"] = CarrierRefused("x", code="NOT_FOUND")
    carrier.traces["EA000000019CN"] = [op("203")]
    assert poll() == 1
    assert stage(database, BACK) == "PICKED_UP"
