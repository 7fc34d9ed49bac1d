"""Many devices at once on the same parcels, on both databases: nobody waits for ever, nothing is lost or doubled."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from domain.terms import Role
from parcels.projection import rebuild
from parcels.scan_batch import Scanner
from parcels.scan_intake import ScanIntake
from storage.base import Base, Database
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, ScanQuarantineRow
from storage.pending_updates import UpdateRow
from tests.sealing import SEALER

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COURIER = Scanner(username="courier", role=Role.COURIER)
LEGS = [f"50010320261123{place:06d}X-PICKUP-1" for place in range(8)]
KINDS = ["EN_ROUTE", "PICKED_UP", "AT_OUTLET", "IN_TRANSIT", "DELIVERED"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'k.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = Database(url, SEALER)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        for leg_id in LEGS:
            session.add(
                LegRow(
                    leg_id=leg_id,
                    case_no=leg_id[:21],
                    handling_no=leg_id[:21],
                    leg="PICKUP",
                    region="500103",
                    tracking_no=leg_id,
                    stage="ASSIGNED",
                    ordered_at=NOW - timedelta(hours=2),
                )
            )
    yield database
    database.close()


def batch(device):
    """Every device has scanned every parcel, in an order of its own."""
    events = [
        {
            "eventId": f"dev{device}-{place}-{kind}",
            "deviceSeq": place * len(KINDS) + step + 1,
            "occurredAt": (NOW - timedelta(minutes=60 - 10 * step, seconds=61 * device)).isoformat(),
            "kind": kind,
            "code": leg_id,
            "signerKind": "hall",
        }
        for place, leg_id in enumerate(LEGS)
        for step, kind in enumerate(KINDS)
    ]
    random.Random(device).shuffle(events)
    return events


def test_eight_devices_on_the_same_parcels(database):
    intake = ScanIntake(database, lambda: NOW, lambda: None)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: intake.take(f"dev{n % 8}", batch(n % 8), COURIER), range(24)))
    assert {answer.watermark for answer in answers} == {len(LEGS) * len(KINDS)}
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ScanEventRow)) == 8 * len(LEGS) * len(KINDS)
        assert session.scalar(select(func.count()).select_from(UpdateRow)) == len(LEGS) * len(KINDS)
        assert set(session.scalars(select(LegRow.stage))) == {"DELIVERED"}
    assert rebuild(database) == []


def test_one_event_id_from_four_devices_at_once(database):
    """Each has its own: nobody is shut out by who was quicker."""
    intake = ScanIntake(database, lambda: NOW, lambda: None)
    for place in range(10):
        event = {**batch(0)[0], "eventId": f"same-event-{place}", "deviceSeq": place + 1}
        with ThreadPoolExecutor(4) as pool:
            devices = [f"dev{n}" for n in range(4)]
            answers = list(pool.map(lambda device, event=event: intake.take(device, [event], COURIER), devices))
        found = sorted(answer.results[0].result for answer in answers)
        assert found == ["accepted"] * 4
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ScanEventRow)) == 40
        assert session.scalar(select(func.count()).select_from(ScanQuarantineRow)) == 0
